"""What a program tells of a repository."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded, coded
from tui.steps.effects import ChildDone, Effect, RunChild

_KEPT: Final = 4 << 20
"""Characters of a program's output that are read."""


class RepositoryAnswer(Struct, frozen=True):
    """What a program printed, or why nobody knows; `ended`: it was not there, or did not end as it should."""

    text: str = ""
    why: Coded | None = None
    ended: int | None = 0


def program(
    argv: Iterable[str], *, authored: bool, timeout: float | None = None
) -> Generator[Effect, Any, RepositoryAnswer]:
    """Ask one; in English, so that it can be read."""
    arguments = tuple(argv)
    done: ChildDone = yield RunChild(
        argv=arguments, environment={"LC_ALL": "C"}, authored=authored, tail=_KEPT, timeout=timeout
    )
    name = arguments[0]
    if done.status is None:
        return RepositoryAnswer(
            why=Coded(Hindrance.REPOSITORY_SILENT, program=name, reason=coded(done.error)), ended=None
        )
    if done.length > _KEPT:
        return RepositoryAnswer(why=Coded(Hindrance.REPOSITORY_LONG, program=name, bytes=done.length), ended=None)
    if done.status != 0 or done.timed_out:
        said = Coded(Hindrance.REPOSITORY_FAILED, program=name, status=done.status, reason=done.tail.strip()[-300:])
        return RepositoryAnswer(text=done.tail, why=said, ended=done.status)
    return RepositoryAnswer(text=done.tail)


def told(text: str) -> Any:
    """The JSON in what a program printed, warnings in front of it left out; None where there is none."""
    begins = [at for at in (text.find("["), text.find("{")) if at >= 0]
    for at in sorted(begins):
        try:
            return msgspec.json.decode(text[at:].strip())
        except msgspec.DecodeError:
            continue
    return None
