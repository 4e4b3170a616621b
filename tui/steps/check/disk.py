"""`disk`: room where the database lies, in its tablespaces, where the plan's steps write, and no WAL that piles up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from tui.journal.remarks import Coded, Remarked
from tui.plan.kinds import Finding, Lint, Room
from tui.plan.model import Step, actions, steps_of
from tui.plan.scalars import disk_need
from tui.said import N_, Quoted
from tui.steps.answers import ask, error_facts
from tui.steps.answers import look as looked
from tui.steps.check.backlog import backlog
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, row
from tui.steps.context import Context
from tui.steps.effects import Probe, Rows, RunQuery

DATA: Final = "data"
"""What the place of the database itself is called in `at_least`."""


class DiskSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Room where the database lies (`2x` its size) and in each of its other tablespaces (`2x` what lies there), where
    the plan's backups are written (half as much again as the last one took, without one the database's size), and for
    the databases that its steps make. Each is measured on its own host, by the target's host sources."""

    at_least: dict[str, str] = {}
    """What must be free instead, by place: `data`, a tablespace by its name, a directory as a backup's step has it, or
    another directory of the database's host: `50GB`, or `3x` what lies there, of a directory `3x` the database."""
    data: str | None = None
    """The data directory, for a role that may not see where it lies."""
    without: tuple[str, ...] = ()
    """Ids of steps whose place somebody else looks after, such as an object store that only their program knows."""
    wal: str = "1GB"
    """So much WAL at most may wait for the archiver, or be kept by a replication slot."""


_DEFAULT: Final = "2x"
_GROWN: Final = 1.5
"""By how much a backup may be larger than the last one, where its step says nothing."""


class _Places:
    """What was asked for so far, and what lies on one filesystem together."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._taken: dict[str, int] = {}

    def look(
        self, what: str, need: int | None, arguments: Mapping[str, Any], *, alone: bool = False, **facts: Any
    ) -> Look:
        """The row of a place. `alone`: what it needs is not needed beside the others."""
        found = yield from looked(self._context, Probe(name="room", arguments=dict(arguments)))
        filesystem, free = found.get("filesystem"), found.get("free_bytes")
        before = 0 if filesystem is None or alone else self._taken.get(filesystem, 0)
        if filesystem is not None and need is not None and not alone:
            self._taken[filesystem] = before + need
        holds = None if free is None or need is None else free >= need + before
        told: dict[str, Any] = {key: found[key] for key in ("place", "source", "tried") if key in found}
        if before:
            # What other places on the same filesystem need comes on top.
            told["with_bytes"] = before
        whole = None if need is None else need + before
        return [row("disk", whole, free, holds, error=found, what=what, need_bytes=need, **told, **facts)]


def look(context: Context, spec: DiskSpec | bool, evidence: dict[str, Any]) -> Look:
    """A row for each place, and one for the WAL."""
    wanted = spec if isinstance(spec, DiskSpec) else DiskSpec()
    places: Rows = yield from ask(context, RunQuery(named="disk_places"))
    if places.error is not None:
        error = error_facts(places.error) | {"error": places.error.message}
        return [row("disk", None, None, None, error=error, what=DATA)]
    sized: dict[str, tuple[str | None, int, bool]] = {name: (at, size, exact) for name, at, size, exact in places.rows}
    home, database, _exact = sized.pop("")
    home = wanted.data or home
    together = _Places(context)
    known = set(sized)
    rows: list[Row] = yield from together.look(
        DATA, disk_need(wanted.at_least.get(DATA, _DEFAULT), database), _at(home), database_bytes=database
    )
    for name, (at, size, exact) in sized.items():
        need = disk_need(wanted.at_least.get(name, _DEFAULT), size)
        rows += yield from together.look("tablespace", need, _at(at), of=name, bytes=size, exact=exact)
    told = yield from looked(context, Probe(name="last_backup"))
    last: int | None = told.get("last_bytes")
    if wanted.without:
        rows[0]["left_out"] = list(wanted.without)
    for step, room in rooms_of(context):
        known.add(room.directory)
        if step.id in wanted.without:
            continue
        need = _of_backup(room, wanted.at_least.get(room.directory), database, last)
        of: dict[str, Any] = {
            "of": step.id,
            "basis": "last_backup" if last is not None else "database",
            "last_bytes": last,
        }
        if not room.directory:
            error = {"error": Coded(Remarked.SPACE_ELSEWHERE).neutral()}
            rows.append(row("disk", need, None, None, error=error, what="backup", need_bytes=need, **of))
            continue
        at_room = {"path": room.directory} | ({"on": "here"} if room.host is None else {"ssh": room.host})
        rows += yield from together.look("backup", need, at_room, **of)
    for step in _scratching(context):
        rows += yield from together.look("database", database, _at(home), alone=True, of=step.id)
    for path in sorted(set(wanted.at_least) - known - {DATA}):
        need = disk_need(wanted.at_least[path], database)
        if path.startswith("/"):
            rows += yield from together.look("directory", need, _at(path))
        else:
            rows.append(row("disk", need, "missing", False, what="tablespace", of=path, need_bytes=need))
    limit = disk_need(wanted.wal, database) or 0
    rows += yield from backlog(context, limit)
    return rows


def _at(path: str | None) -> dict[str, Any]:
    return {"on": "database"} | ({} if path is None else {"path": path})


def _of_backup(room: Room, said: str | None, database: int, last: int | None) -> int | None:
    """What a step says of its own room, else the rule; of a part of the database no more than all of it."""
    if said is not None:
        return disk_need(said, database)
    need = room.need(database, last)
    if need is not None:
        return need
    return database if last is None else int(_GROWN * last)


def rooms_of(context: Context) -> list[tuple[Step, Room]]:
    """Where steps of the plan write, each with the step."""
    return [(step, room) for step in steps_of(context.plan) if (room := context.needs(step).room) is not None]


def _scratching(context: Context) -> list[Step]:
    return [step for step, action in actions(context.plan) if context.needs(action).scratch]


def lint(spec: DiskSpec | bool) -> Iterable[Finding]:
    """Needs that can be read."""
    if not isinstance(spec, DiskSpec):
        return
    needs = {f"disk.at_least.{place}": need for place, need in spec.at_least.items()} | {"disk.wal": spec.wal}
    for key, need in needs.items():
        if disk_need(need, 1) is None:
            yield Finding(code="check-disk", facts={"need": Quoted(need)}, key=key)
    if spec.data is not None and not spec.data.startswith("/"):
        yield Finding(code="check-path", facts={"path": Quoted(spec.data)}, key="disk.data")


def among(spec: DiskSpec | bool, lint: Lint) -> Iterable[Finding]:
    """Steps that there are."""
    for step in spec.without if isinstance(spec, DiskSpec) else ():
        if step not in lint.kinds_of_steps:
            yield Finding(code="check-step", facts={"step": Quoted(step)}, key="disk.without")


CHECK = Check(
    look=look, lint=lint, among=among,
    texts={
        "check-disk": N_("{need} is not a need such as 2x or 50GB"),
        "check-path": N_("{path} is not the absolute path of a directory"),
    },
)  # fmt: skip
