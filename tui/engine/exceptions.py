"""An exception as neutral facts, and an outcome that cannot be recorded as it is."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec

from tui.journal.codes import Fact
from tui.journal.line import JournalError, encode_data
from tui.journal.remarks import neutral
from tui.said import Said, said_of
from tui.steps import effects as fx

SCARCE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOBUFS})
"""What the host may have again in a moment: who asks for a fate waits for it."""
_LONGEST: Final = 2000
"""Characters of a text that are kept."""
_SMALL: Final = 4096
"""Bytes of a fact that is kept of evidence that could not be recorded as a whole."""


def facts(error: BaseException) -> dict[str, Any]:
    """Its type, the operating system's number for it by name, the file it is about, and what it says itself."""
    found: dict[str, Any] = {Fact.EXCEPTION: type(error).__name__}
    text: str | Said = said(error)
    if isinstance(error, OSError) and error.errno is not None:
        found[Fact.ERRNO] = errno.errorcode.get(error.errno, str(error.errno))
        text = error.strerror or text
        if isinstance(error.filename, str | bytes):
            found[Fact.PATH] = _plain(str(error.filename))
    else:
        text = said_of(error) or text
    told = neutral(text) if isinstance(text, Said) else _plain(text)
    return found | ({Fact.MESSAGE: told} if told else {})


def said(error: BaseException) -> str:
    """Its own words; empty where it has none, or cannot even tell them."""
    try:
        return str(error)
    except Exception:
        return ""


def _plain(text: str) -> str:
    """What JSON can hold, and not too much of it."""
    return text[:_LONGEST].encode("utf-8", "backslashreplace").decode()


def reduced(outcome: fx.Outcome, error: BaseException) -> fx.Outcome:
    """The outcome with what of its evidence is small, the names of what is not, and why that could not be recorded."""
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for name, value in outcome.evidence.items():
        if _is_small(value):
            kept[name] = value
        else:
            left_out.append(_plain(name))
    outcome = msgspec.structs.replace(outcome, evidence=facts(error) | kept | {Fact.NOT_RECORDED: left_out})
    if isinstance(outcome, fx.Failed) and outcome.error is not None:
        texts = ("message", "detail", "hint", "context", "file")
        cut = {name: _plain(text) for name in texts if isinstance(text := getattr(outcome.error, name), str)}
        outcome = msgspec.structs.replace(outcome, error=msgspec.structs.replace(outcome.error, **cut))
    return outcome


def _is_small(value: object) -> bool:
    try:
        return len(bytes(encode_data({"value": value}))) <= _SMALL
    except Exception:
        return False


async def each(parts: Iterable[Callable[[], Awaitable[None]]], report: Callable[[Exception], None]) -> bool:
    """All of them, whatever becomes of the others; whether all went well. Raises JournalError, behind the last."""
    well, broken = True, None
    for part in parts:
        try:
            await part()
        except JournalError as error:
            broken = error
        except Exception as error:
            well = False
            report(error)
    if broken is not None:
        raise broken
    return well
