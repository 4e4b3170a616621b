"""What one check found, as a fact of the journal."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from tui.journal.remarks import Coded
from tui.steps.answers import answers
from tui.steps.effects import Effect, SqlError

Row = dict[str, Any]
"""`name`, `expected`, `found`, and `holds`, which is null where nobody knows; `unit` where these are `bytes` or seconds
(`s`), `metric` where they are figures of one; further facts, and `error` with `sqlstate` where the question was not
answered."""
_SAID = ("error", "sqlstate", "wanted", "blockers")
Look = Generator[Effect, Any, list[Row]]


def row(
    name: str, expected: Any, found: Any, holds: bool | None, *, error: Mapping[str, Any] | None = None, **facts: Any
) -> Row:
    """`error`: a fact that was asked for; what it says of why nobody knows is taken from it."""
    said = {} if error is None else {key: error[key] for key in _SAID if error.get(key) is not None}
    return {"name": name, "expected": expected, "found": found, "holds": holds} | facts | said


def brief(seconds: float) -> float:
    """As it stands in a sentence: of what takes long no parts of a second."""
    return int(seconds) if seconds >= 10 or seconds == int(seconds) else round(seconds, 1)


def because(*reasons: Coded | None) -> dict[str, Any]:
    """Why it does not hold, or is not known to, as the facts of a row; nothing where there is no reason."""
    why = [reason.neutral() for reason in reasons if reason is not None]
    return {"why": why} if why else {}


def named(names: Sequence[str], most: int = 10) -> str:
    """Some names for a sentence, and how many there are where that is more."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])}, … ({len(names)})"


def of_error(error: SqlError | None) -> tuple[bool | None, dict[str, Any]]:
    """Whether a check holds that the server answered by an error, and what it said."""
    if error is None:
        return False, {}
    return (False if answers(error) else None), {"error": error.message, "sqlstate": error.sqlstate, **error.lock}
