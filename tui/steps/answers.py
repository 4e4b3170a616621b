"""What an error is to a question that was asked: an answer, or none. Pure.

A question that met a lock, found no free connection or lost its own has not been answered, and nothing may be concluded
from it. Where the server says that what was asked about does not exist, that is its answer.
"""

from __future__ import annotations

from tui.steps.effects import SqlError

_UNDEFINED = frozenset({"42P01", "42703", "42883", "42704", "3F000"})
"""No such table, column, function, object, schema."""
_PASSING = ("08", "40", "53", "55", "57", "58", "XX")
"""Classes of what may be over in a moment: connections, conflicts, resources, locks, interventions, the disk."""
_PASSING_CODES = frozenset({"25P03", "25P04"})


def denies(error: SqlError) -> bool:
    """Whether the server answered by this error: what was asked about is not there."""
    return not error.lost and error.sqlstate in _UNDEFINED


def passes(error: SqlError) -> bool:
    """Whether the same question, asked again later, may well be answered."""
    if error.sqlstate is None:
        return error.lost
    return error.sqlstate.startswith(_PASSING) or error.sqlstate in _PASSING_CODES
