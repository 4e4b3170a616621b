"""What repositories of base backups have in common: the newest one's age, and WAL without a gap since."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.steps.answers import ask
from tui.steps.check import wal
from tui.steps.check.row import Row, brief, of_error, row
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery

BEHIND: Final = 16
"""Segments of WAL that may be on their way."""


class Base(Struct, frozen=True, kw_only=True):
    """A base backup that is complete. `begins`: the first file of WAL that it needs."""

    label: str
    kind: str
    ended: float
    bytes: int | None
    begins: str


def unknown(max_age: float, why: Coded, what: str = "base", **more: Any) -> Row:
    return row("recent_backup", max_age, None, None, what=what, unit="s", why=[why.neutral()], **more)


def aged(newest: Base | None, now: float, max_age: float, where: str, why: list[Coded]) -> Row:
    """Whether there is one that is not too old. `why`: what else stands against it."""
    if newest is None:
        none = Coded(Hindrance.BACKUP_NONE, where=where, database="-")
        return row("recent_backup", max_age, None, False, what="base", why=[said.neutral() for said in (*why, none)])
    age = round(now - newest.ended, 1)
    if age > max_age:
        why = [*why, Coded(Hindrance.BACKUP_OLD, backup=newest.label, seconds=brief(age), limit=brief(max_age))]
    facts: dict[str, Any] = {"label": newest.label, "type": newest.kind, "bytes": newest.bytes}
    if why:
        facts["why"] = [said.neutral() for said in why]
    return row("recent_backup", max_age, age, not why, what="base", unit="s", **facts)


def archived(context: Context, newest: Base | None, listed: str | None, *, pushed: bool) -> Generator[Effect, Any, Row]:
    """Whether the repository has all WAL from the backup's beginning to nearly now. `listed`: names of what it has;
    `pushed`: the server's own archiver brings it there."""
    rows: Rows = yield from ask(context, RunQuery(named="archiver"))
    if rows.error is not None:
        return _archive(None, None, error=of_error(rows.error)[1])
    mode, last, failed, failing, seconds, current, size = rows.rows[0]
    why: list[Coded] = []
    if pushed and mode == "off":
        why.append(Coded(Hindrance.ARCHIVER_OFF))
    if mode != "off" and failing:
        ago = None if seconds is None else brief(seconds)
        why.append(Coded(Hindrance.ARCHIVER_FAILS, file=failed, seconds="-" if ago is None else ago))
    facts: dict[str, Any] = {"archive_mode": mode, "archived": last, "current": current}
    if newest is None or listed is None:
        return _archive(None, False if why else None, why=why or [Coded(Hindrance.ARCHIVE_UNKNOWN)], **facts)
    there, since = wal.numbers(listed, size), wal.number(newest.begins, size)
    now = None if current is None else wal.number(current, size)
    if since is None or now is None:
        return _archive(None, False if why else None, why=why or [Coded(Hindrance.ARCHIVE_UNKNOWN)], **facts)
    latest = max(there, default=since - 1)
    facts |= {"segments": len([n for n in there if n >= since]), "behind": max(0, now - 1 - latest)}
    gap = wal.first_gap(there, since)
    if gap is not None:
        why.append(Coded(Hindrance.ARCHIVE_GAP, file=wal.shown(gap, size), backup=newest.label))
    if now - 1 - latest > BEHIND:
        why.append(Coded(Hindrance.ARCHIVE_BEHIND, file=wal.shown(latest, size), number=now - 1 - latest))
    return _archive(wal.shown(latest, size), not why, why=why, **facts)


def _archive(found: Any, holds: bool | None, why: Iterable[Coded] = (), **more: Any) -> Row:
    if said := [one.neutral() for one in why]:
        more["why"] = said
    return row("recent_backup", None, found, holds, what="archive", **more)
