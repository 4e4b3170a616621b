"""How what a statement changes can be counted: by its command tag, or by the server's own count of rows."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tui.postgres.errors import LockNotAvailable, StatementFailed
from tui.postgres.results import Result
from tui.postgres.session import Session

Counts = Literal["tag", "server", "own"]
"""`tag`: by its command tag. `server`: by the server alone, because it writes to several tables or a trigger may send
rows elsewhere. `own`: a function or procedure changes what it changes, and may say how much."""

_TAGS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})


async def counts(session: Session, control: Session, statement: str) -> Counts:
    """How to count what a statement changes, by its plan; it is not executed."""
    try:
        answer = await session.execute("explain (verbose, costs off, format json) " + statement)
    except LockNotAvailable:
        return "server"
    except StatementFailed:
        # CALL and DO have no plan, and what is wrong with a statement it says itself when it is executed.
        return "own"
    rows = answer.rows or []
    plans = [msgspec.json.decode(row[0]) if isinstance(row[0], str) else row[0] for row in rows]
    roots = [each["Plan"] for plan in plans for each in plan if "Plan" in each]
    written = [node for root in roots for node in _nodes(root) if node.get("Node Type") == "ModifyTable"]
    if not written:
        return "own"
    if len(written) > 1 or len(roots) > 1 or roots[0].get("Node Type") != "ModifyTable":
        return "server"
    targets = [written[0], *written[0].get("Target Tables", [])]
    named = [(each.get("Schema", ""), each.get("Relation Name", "")) for each in targets]
    given = {"schemas": [schema for schema, _ in named], "tables": [table for _, table in named]}
    return "server" if (await control.rows("routing_triggers", given))[0][0] else "tag"


async def changed(session: Session) -> tuple[int, int, int] | None:
    """Rows that the session's transaction has inserted, updated and deleted so far; None where the server does not
    count them."""
    inserted, updated, deleted = (await session.rows("changed_so_far"))[0]
    return None if inserted is None else (inserted, updated, deleted)


def since(before: tuple[int, int, int], now: tuple[int, int, int] | None) -> int:
    """How many rows were changed between two looks: at least so many, as one that is moved is deleted and inserted."""
    return 0 if now is None else max(b - a for a, b in zip(before, now, strict=True))


def claimed(result: Result) -> int | None:
    """How many rows a statement says of itself that it changed: by its tag, or by the one number that it returns."""
    if result.status.split(" ", 1)[0] in _TAGS:
        return rows_changed(result)
    if not result.rows or result.returned != 1 or len(result.rows[0]) != 1:
        return None
    try:
        return int(str(result.rows[0][0]))
    except ValueError:
        return None


def rows_changed(result: Result) -> int:
    """What a statement's command tag says that it changed; 0 where it says nothing of that."""
    tag = result.status.split(" ", 1)[0]
    if tag in _TAGS or (result.rows is None and tag not in ("MOVE", "FETCH")):
        return max(0, result.rowcount)
    return 0


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    found = [plan]
    for child in plan.get("Plans", []):
        found += _nodes(child)
    return found
