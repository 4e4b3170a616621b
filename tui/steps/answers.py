"""What an error is to a question that was asked: an answer, or none. Pure.

A question that met a lock, found no free connection or lost its own has not been answered, and nothing may be concluded
from it. Where the server says that what was asked about does not exist, that is its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar

import msgspec

from tui.journal.codes import FailReason, WaitReason
from tui.steps.context import Context
from tui.steps.effects import Effect, Probe, Rows, RunQuery, Sleep, SqlError

T = TypeVar("T")
CANCELED: Final = "57014"
"""query_canceled: a statement's own timeout, or a person."""
TERMINATED: Final = "57P01"
"""admin_shutdown: of a server that goes on, the word for a session that somebody ended."""
_UNDEFINED = frozenset({"42P01", "42703", "42883", "42704", "3F000"})
"""No such table, column, function, object, schema."""
_PASSING = ("08", "40", "53", "55", "57", "58", "XX")
"""Classes of what may be over in a moment: connections, conflicts, resources, locks, interventions, the disk."""
_PASSING_CODES = frozenset({"25P03", "25P04"})
_FOUND = ("21", "22", "23", "27", "38", "39", "P0")
"""Classes of errors that come of what is in the database, a function's own RAISE among them."""
_SAID = ("sqlstate", "message", "detail", "hint", "context", "file", "line")
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)


def denies(error: SqlError) -> bool:
    """Whether the server answered by this error: what was asked about is not there."""
    return not error.lost and error.sqlstate in _UNDEFINED


def passes(error: SqlError) -> bool:
    """Whether the same question, asked again later, may well be answered."""
    if error.sqlstate is None:
        return error.lost
    return error.sqlstate.startswith(_PASSING) or error.sqlstate in _PASSING_CODES


def answers(error: SqlError) -> bool:
    """Whether the error says something of what is in the database, and not only that the question could not be put."""
    found = error.sqlstate is not None and error.sqlstate.startswith(_FOUND)
    return not error.lost and (found or denies(error))


def failing(error: SqlError | None) -> FailReason:
    """Why a step failed that met it: where the server was not there, or has not been heard, it has refused nothing."""
    silent = error is not None and (error.lost or (error.sqlstate or "").startswith(("08", "57P")))
    return FailReason.NOT_ANSWERED if silent else FailReason.SQL_ERROR


def error_facts(error: SqlError) -> dict[str, Any]:
    """What the server said, as neutral data without what it left out."""
    said = msgspec.structs.asdict(error)
    return {key: said[key] for key in _SAID if said[key] is not None}


def ask(context: Context, query: RunQuery) -> Generator[Effect, Any, Rows]:
    """Ask, and for a minute ask again as long as what keeps the question from being answered may pass."""
    rows: Rows = yield from again(context, query, lambda found: found.error)
    return rows


def look(context: Context, probe: Probe) -> Generator[Effect, Any, dict[str, Any]]:
    """`ask` for a fact that the server is asked for; `error` is in it where it was not told."""

    def error(found: dict[str, Any]) -> SqlError | None:
        if "error" not in found:
            return None
        return SqlError(sqlstate=found.get("sqlstate"), message=found["error"], lost="sqlstate" in found)

    found: dict[str, Any] = yield from again(context, probe, error)
    return found


def again(context: Context, effect: Effect, error_of: Callable[[T], SqlError | None]) -> Generator[Effect, Any, T]:
    """`ask` for what any effect tells; `error_of` its result."""
    waiting = False
    for tries, pause in enumerate((*_PAUSES, None), 1):
        found: T = yield effect
        error = error_of(found)
        if error is None or pause is None or not passes(error) or error.sqlstate == CANCELED:
            break
        if error.lost and error.sqlstate == TERMINATED:
            # Somebody does not want it asked; that it was no restart is known by now.
            break
        waiting = True
        facts = error_facts(error) | error.lock | {"tries": tries, "pause_s": pause}
        yield context.waits(WaitReason.UNANSWERED, facts)
        if (yield Sleep(seconds=pause, compressible=False)):
            break
    if waiting:
        yield context.waits(WaitReason.NONE)
    return found
