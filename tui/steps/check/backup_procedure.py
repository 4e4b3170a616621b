"""`backup_procedure`: what the backups of the plan need is there and works: programs, places, and a way back, which is
tried with a dump of the schema alone."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Generator
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded, coded
from tui.plan.kinds import Needs, Program
from tui.plan.model import actions
from tui.plan.scalars import Duration
from tui.steps.answers import look as looked
from tui.steps.archive.reading import Reading
from tui.steps.archive.trial import trial
from tui.steps.check.check import Check
from tui.steps.check.disk import rooms_of
from tui.steps.check.row import Look, Row, row
from tui.steps.context import Context
from tui.steps.effects import (
    ChildDone,
    DropArtifact,
    Effect,
    Passed,
    Probe,
    RunChild,
    StoreBeside,
)

_ALWAYS: Final = ("pg_dump", "pg_restore")


class BackupProcedureSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`true` tries it on the target's own server."""

    server: str | None = None
    """The libpq service of the server on which the schema is restored, into a database that is dropped again; where
    nothing is said the target's own."""
    database: str = "virada_procedure_check"
    """The name of that database."""
    directories: tuple[str, ...] = ()
    """Directories of this host that have to be writable beside those of the plan's steps."""
    exclude_extensions: tuple[str, ...] = ()
    """Extensions that are left out, with what needs them: the other server may not have them."""
    timeout: Duration | None = None
    """How long each program may take before it is ended; where nothing is said the step's own `timeout`."""


class _Trial(Struct, frozen=True, kw_only=True):
    """See `Trial`."""

    server: str | None
    database: str
    exclude_extensions: tuple[str, ...]
    timeout: float | None
    jobs: int = 1
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ("PUBLICATION",)
    no_owner: bool | None = None
    no_privileges: bool | None = None
    no_tablespaces: bool | None = None
    compare: bool = False


def _row(what: str, expected: Any, found: Any, holds: bool | None, *why: Coded, **more: Any) -> Row:
    if why:
        more["why"] = [said.neutral() for said in why]
    return row("backup_procedure", expected, found, holds, what=what, **more)


def look(context: Context, spec: BackupProcedureSpec | bool, evidence: dict[str, Any]) -> Look:
    """A row for the programs, one for each place, and one for the way there and back."""
    wanted = spec if isinstance(spec, BackupProcedureSpec) else BackupProcedureSpec()
    rows = [(yield from _tools(context))]
    told = yield from looked(context, Probe(name="last_backup"))
    size = yield from looked(context, Probe(name="database_size"))
    for step, room in rooms_of(context):
        if room.directory:
            need = room.need(size.get("bytes"), told.get("last_bytes")) if room.looked_at else None
            rows.append((yield from _place(context, room.directory, room.host, need, step.id)))
    for directory in wanted.directories:
        rows.append((yield from _place(context, directory, None, None, None)))
    rows.append((yield from _there_and_back(context, wanted)))
    return rows


def _tools(context: Context) -> Generator[Effect, Any, Row]:
    """The programs that the plan's steps need, none of them older than the server where that matters."""
    needed = [program.name for _step, action in actions(context.plan) for program in context.needs(action).programs]
    names = list(dict.fromkeys((*_ALWAYS, *needed)))
    found = yield Probe(name="tools", arguments={"names": names})
    if "error" in found:
        return _row("tools", names, None, None, error=found)
    versions = {name: about.get("major") for name, about in found.get("found", {}).items()}
    why = [Coded(Hindrance.PROGRAM_LACKING, program=name) for name in found.get("missing", ())]
    server = found.get("server_major")
    why += [
        Coded(Hindrance.PROGRAM_OLD, program=name, version=versions.get(name), server=server)
        for name in found.get("too_old", ())
    ]
    return _row("tools", names, sorted(versions), not why, *why, versions=versions, server_major=server)


def _place(
    context: Context, directory: str, host: str | None, need: int | None, step: str | None
) -> Generator[Effect, Any, Row]:
    """Something can be written there, and there is room for what is to be."""
    of: dict[str, Any] = {"of": directory} | ({} if step is None else {"step": step})
    of |= {} if host is None else {"host": host}
    if host is None:
        tried = yield Probe(name="writable", arguments={"directory": directory})
    else:
        tried = yield from _over_ssh(host, directory)
    if "error" in tried:
        return _row("place", need, None, None, error=tried, **of)
    if not tried["writable"]:
        said = Coded(Hindrance.NOT_WRITABLE, place=directory, reason=coded(tried.get("reason")))
        return _row("place", need, None, False, said, **of)
    of["unit"] = "bytes"
    at = {"path": directory} | ({"on": "here"} if host is None else {"ssh": host})
    room = yield from looked(context, Probe(name="room", arguments=at))
    free = room.get("free_bytes")
    if need is None:
        return _row("place", None, free, True, **of)
    if free is None:
        return _row("place", need, None, None, error=room, **of)
    why = [] if free >= need else [Coded(Hindrance.NO_ROOM, place=directory, free=free, need=need)]
    return _row("place", need, free, not why, *why, need_bytes=need, **of)


def _over_ssh(host: str, directory: str) -> Generator[Effect, Any, dict[str, Any]]:
    """ssh says 255 of itself; everything else is an answer from there."""
    script = f"test -d {shlex.quote(directory)} && test -w {shlex.quote(directory)}"
    argv = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", host, script)
    done: ChildDone = yield RunChild(argv=argv, timeout=30.0)
    if done.status in (None, 255) or done.timed_out:
        return {"error": done.error or done.tail.strip()[-300:]}
    return {"writable": done.status == 0, "reason": done.tail.strip()[-300:]}


def _there_and_back(context: Context, spec: BackupProcedureSpec) -> Generator[Effect, Any, Row]:
    """Dump the schema alone, restore it into a database of its own, drop that."""
    # One that a killed attempt has left bears the same name.
    name = f"{context.step.id}.schema.dump"
    path = posixpath.join(context.artifacts, name)
    # Bodies of functions may hold what nobody is to see: it is its owner's alone before anything is written.
    yield DropArtifact(name=name)
    problem: str | None = yield StoreBeside(path=path, text="")
    if problem is not None:
        return _row("restore", None, None, None, error={"error": problem})
    limit = spec.timeout or context.step.timeout
    argv = ["pg_dump", "--format=custom", "--schema-only", "--no-password", "--lock-wait-timeout=10000"]
    argv.append(f"--file={path}")
    dumped: ChildDone = yield RunChild(argv=tuple(argv), timeout=limit, target=True, environment={"LC_ALL": "C"})
    facts: dict[str, Any] = {"server": spec.server or context.target, "dump_s": dumped.seconds}
    if dumped.status != 0:
        yield DropArtifact(name=name)
        said = Coded(Hindrance.DUMP_FAILED, reason=coded(dumped.error) or dumped.tail.strip()[-300:])
        return _row("restore", None, None, None if dumped.status is None else False, said, **facts)
    told = _Trial(
        server=spec.server, database=spec.database, exclude_extensions=spec.exclude_extensions, timeout=spec.timeout
    )
    outcome = yield from trial(context, told, Reading(path=(path,)), None, {})
    yield DropArtifact(name=name)
    kept = ("restore_s", "tables", "left_out", "left_out_count", "scratch_dropped", "no_owner")
    facts |= {key: outcome.evidence[key] for key in kept if key in outcome.evidence}
    if isinstance(outcome, Passed):
        return _row("restore", None, outcome.evidence.get("tables"), True, **facts)
    error = outcome.error
    lost = error is not None and error.lost
    words = coded(error.message) if error is not None else str(outcome.evidence.get("tail", "")).strip()[-300:]
    where = spec.server or context.target
    code = Hindrance.TRIAL_UNREACHED if lost else Hindrance.TRIAL_FAILED
    said = Coded(code, server=where, database=spec.database, reason=words or str(outcome.reason))
    return _row("restore", None, None, None if lost else False, said, reason=str(outcome.reason), **facts)


def needs(spec: BackupProcedureSpec | bool) -> Needs:
    """pg_dump, which refuses a server newer than itself, and pg_restore. The database that it makes holds next to
    nothing, so that no room is asked for it."""
    wanted = spec if isinstance(spec, BackupProcedureSpec) else BackupProcedureSpec()
    texts = (*wanted.directories, *(() if wanted.server is None else (wanted.server,)))
    programs = (Program("pg_dump", "refuses"), Program("pg_restore"))
    return Needs(programs=programs, texts=texts)


CHECK = Check(look=look, needs=needs)
