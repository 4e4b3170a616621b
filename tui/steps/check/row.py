"""What one check found, as a fact of the journal, and how facts are told in a line."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from tui.steps.answers import answers
from tui.steps.effects import Effect, SqlError

Row = dict[str, Any]
"""`name`, `expected`, `found`, and `holds`, which is null where nobody knows; further facts, and `error` with
`sqlstate` where the question was not answered."""
Look = Generator[Effect, Any, list[Row]]


def row(
    name: str, expected: Any, found: Any, holds: bool | None, *, error: Mapping[str, Any] | None = None, **facts: Any
) -> Row:
    """`error`: a fact that was asked for; what it says of why nobody knows is taken from it."""
    said = {} if error is None else {key: error[key] for key in ("error", "sqlstate") if error.get(key) is not None}
    return {"name": name, "expected": expected, "found": found, "holds": holds} | facts | said


def of_error(error: SqlError | None) -> tuple[bool | None, dict[str, Any]]:
    """Whether a check holds that the server answered by an error, and what it said."""
    if error is None:
        return False, {}
    return (False if answers(error) else None), {"error": error.message, "sqlstate": error.sqlstate}


def name_of(row: Row) -> str:
    """`disk data`, `disk backup dump`: what was looked at, and of which of several things."""
    return " ".join(str(row[key]) for key in ("name", "what", "of") if row.get(key) is not None)


def shown(row: Row) -> Any:
    """`15.18 (>=16)`: what was found, and what was expected; a code, or the server's words, where it is said why nobody
    can tell."""
    error, found, expected = row.get("error"), row["found"], row["expected"]
    if row.get("why") and row["holds"] is not True:
        return row["why"][0]
    if isinstance(error, dict):
        return error
    if "need_bytes" in row:
        found, expected = _megabytes(found), _megabytes(expected)
    text = str(error) if error is not None else _listed(found)
    return text if expected is None else f"{text} ({_listed(expected)})"


def _megabytes(value: Any) -> Any:
    return f"{value // 10**6} MB" if isinstance(value, int) else value


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(str(part) for part in value) or "-" if isinstance(value, list | tuple) else str(value)
