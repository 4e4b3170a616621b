"""What repositories of base backups have in common: the newest one's age, and WAL without a gap since."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded, coded
from tui.steps.answers import ask
from tui.steps.check import wal
from tui.steps.check.row import Row, brief, of_error, row
from tui.steps.context import Context
from tui.steps.effects import ChildDone, Effect, Rows, RunChild, RunQuery

_KEPT: Final = 4 << 20
"""Characters of a program's output that are read."""
BEHIND: Final = 16
"""Segments of WAL that may be on their way."""


class Base(Struct, frozen=True, kw_only=True):
    """A base backup that is complete. `begins`: the first file of WAL that it needs."""

    label: str
    kind: str
    ended: float
    bytes: int | None
    begins: str


class RepositoryAnswer(Struct, frozen=True):
    """What a program printed, or why nobody knows; `ended`: it was not there, or did not end as it should."""

    text: str = ""
    why: Coded | None = None
    ended: int | None = 0


def program(argv: Iterable[str], *, authored: bool) -> Generator[Effect, Any, RepositoryAnswer]:
    """Ask one; in English, so that it can be read."""
    arguments = tuple(argv)
    done: ChildDone = yield RunChild(argv=arguments, environment={"LC_ALL": "C"}, authored=authored, tail=_KEPT)
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
