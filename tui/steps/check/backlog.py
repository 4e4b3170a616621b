"""WAL that piles up on the server's disk: what waits for the archiver, and what replication slots keep."""

from __future__ import annotations

from typing import Any, Final

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.steps.answers import ask
from tui.steps.check.row import Look, because, of_error, row
from tui.steps.context import Context
from tui.steps.effects import Rows, RunQuery, SqlError

_NAMED: Final = 50


def backlog(context: Context, limit: int) -> Look:
    """A row of the archiver, where there is one, and one of the slots. `limit`: bytes."""
    return [*(yield from _archiver(context, limit)), *(yield from _slots(context, limit))]


def _archiver(context: Context, limit: int) -> Look:
    """Files that wait, as their names say where the role may see them; else as the last archived one says."""
    rows: Rows = yield from ask(context, RunQuery(named="wal_backlog"))
    if rows.error is not None:
        return [_unknown("archive_backlog", limit, rows.error)]
    archived, behind, segment, failing, failed = rows.rows[0]
    if not archived:
        return []
    seen: Rows = yield from ask(context, RunQuery(named="wal_visible"))
    ready: int | None = None
    if seen.error is None and seen.rows[0][0]:
        files: Rows = yield from ask(context, RunQuery(named="sample_wal"))
        ready = files.rows[0][1] if files.error is None else None
    waiting = behind if ready is None else ready
    told: dict[str, Any] = {"files": waiting, "seen": "names" if ready is not None else "last_archived"}
    told |= {"failing": failing} | ({"failed_wal": failed} if failing else {})
    if failing:
        told |= because(Coded(Shortcoming.ARCHIVER_FAILS, file=failed))
    if waiting is None:
        return [row("archive_backlog", limit, None, None, need_bytes=limit, **told)]
    size = waiting * segment
    # One that fails does not catch up, however little waits so far.
    return [row("archive_backlog", limit, size, size <= limit and not failing, need_bytes=limit, **told)]


def _slots(context: Context, limit: int) -> Look:
    rows: Rows = yield from ask(context, RunQuery(named="wal_slots"))
    if rows.error is not None:
        return [_unknown("wal_kept_by_slots", limit, rows.error)]
    slots = [
        {"slot": name, "bytes": kept, "active": active, "status": status}
        for name, kept, active, status in rows.rows[:_NAMED]
    ]
    most = max((slot["bytes"] for slot in slots), default=0)
    told: dict[str, Any] = {"need_bytes": limit, "slots": slots, "count": rows.count}
    if slots:
        told["of"] = slots[0]["slot"]
    return [row("wal_kept_by_slots", limit, most, most <= limit, **told)]


def _unknown(name: str, limit: int, error: SqlError) -> dict[str, Any]:
    return row(name, limit, None, None, error=of_error(error)[1], need_bytes=limit)
