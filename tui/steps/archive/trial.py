"""A trial restore: into a scratch database like its source, and what arrived, held against the source."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any, Final

from tui.journal.codes import FailReason, LeftOut
from tui.sql.quoting import database_argument, literal
from tui.steps.answers import failing
from tui.steps.archive import scratch, toc
from tui.steps.archive.arrived import counts, held_against_the_source
from tui.steps.archive.reading import Reading
from tui.steps.archive.restoring import COMMAND, only_a_setting, tolerates
from tui.steps.archive.trial_spec import Trial
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    ChildDone,
    Effect,
    Failed,
    LoadArtifact,
    Maintain,
    Passed,
    Probe,
    Rows,
    RunChild,
    RunQuery,
    SqlError,
    StoreArtifact,
)

_SHOWN: Final = 2000
_NAMED: Final = 50
"""Of what is left out or missing so many are named; all are counted."""
_DENIED: Final = "42501"
_KEPT: Final = 1 << 16
_UNTRUSTED: Final = """select e.name from pg_catalog.pg_available_extensions e
join pg_catalog.pg_available_extension_versions v on v.name = e.name and v.version = e.default_version
where v.superuser and not v.trusted"""
_FUNCTIONS: Final = """select p.oid::text from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
where (not l.lanpltrusted or p.proleakproof) and p.oid >= '16384' limit 1000"""
_PUBLICATIONS: Final = "select pubname from pg_catalog.pg_publication where puballtables"
_LOGIN: Final = "select evtname from pg_catalog.pg_event_trigger where evtevent = 'login'"
# What an extension keeps in tables of its own is listed without a word of the extension.
_MEMBERS: Final = """select e.extname, case d.classid when 'pg_class'::regclass then d.objid else 0 end::text, b.begins
from pg_catalog.pg_extension e
join pg_catalog.pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
cross join lateral (
select n.nspname || case c.relkind when 'S' then ' SEQUENCE ' else ' TABLE ' end || c.relname || ' ' as begins
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where d.classid = 'pg_class'::regclass and c.oid = d.objid
union all select n.nspname || ' FUNCTION ' || p.proname || '('
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where d.classid = 'pg_proc'::regclass and p.oid = d.objid
union all select '- SCHEMA ' || n.nspname || ' ' from pg_catalog.pg_namespace n
where d.classid = 'pg_namespace'::regclass and n.oid = d.objid) as b
where e.extname in ({names})"""
_THERE: Final = "select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user"
_VERSION: Final = "select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000"
_STATISTICS_FROM: Final = 18
"""The version from which pg_restore knows of the planner's statistics."""
_ONE_DATABASE: Final = ("pg_cron",)
"""Extensions that a server has in one database at most."""


Judge = Callable[[Passed, bool], StepRun]
"""Looks further at what has arrived; told whether all of it was to be restored as it was."""


def trial(
    context: Context, spec: Trial, how: Reading, horizon: str | None, evidence: dict[str, Any],
    judge: Judge | None = None,
) -> StepRun:  # fmt: skip
    """Carry it out; the scratch database is gone afterwards, whatever came of it. `horizon`: the oldest transaction
    that was open when the backup was taken."""
    role = _role(context, spec)
    asked: Rows = yield RunQuery(
        ours=True, sql=scratch.SOURCE.format(role="current_user" if role is None else literal(role))
    )
    if asked.error is not None or not asked.rows:
        return Failed(reason=failing(asked.error), evidence=evidence, error=asked.error)
    superuser, encoding, row, overrides = asked.rows[0]
    source, settings = scratch.known(row), scratch.known(overrides)
    if spec.server is not None:
        # Its rights are those of whoever logs in there.
        there: Rows = yield RunQuery(ours=True, sql=_THERE, service=spec.server)
        if there.error is not None or not there.rows:
            return Failed(reason=failing(there.error), evidence=evidence | {"server": spec.server}, error=there.error)
        superuser = there.rows[0][0]
        evidence["server"] = spec.server
    refused = yield from _clear(spec, evidence)
    if refused is not None:
        return refused
    entries, missing = yield from _contents(context, spec, how, encoding)
    if entries is None:
        return Failed(reason=FailReason.LIST_FAILED, evidence=evidence)
    if missing:
        return Failed(reason=FailReason.NOT_IN_BACKUP, evidence=evidence | {"missing": missing})
    left_out = yield from _left_out(spec, entries, superuser)
    named = [{"kind": e.kind, "name": e.name, "why": left_out[e.id]} for e in entries if e.id in left_out]
    entries = [entry for entry in entries if entry.id not in left_out]
    space = yield Probe(name="database_size")
    evidence["database_bytes"] = space.get("bytes")
    made: tuple[SqlError | None, ...] = yield Maintain(
        statements=scratch.created(spec.database, encoding, source, role), service=spec.server
    )
    if made[-1] is not None:
        denied = made[-1].sqlstate == _DENIED
        reason = FailReason.SCRATCH_FORBIDDEN if denied else FailReason.SCRATCH_FAILED
        if len(made) > 1:
            yield Maintain(statements=(scratch.dropped(spec.database),), service=spec.server)
        return Failed(reason=reason, evidence=evidence | {"database": spec.database}, error=made[-1])
    named += yield from _settings(spec, settings)
    evidence |= {"left_out": named[:_NAMED], "left_out_count": len(named)} if named else {}
    outcome = yield from _into(context, spec, how, entries, bool(superuser), evidence)
    if isinstance(outcome, Passed) and spec.compare:
        outcome = yield from held_against_the_source(context, spec, entries, horizon, outcome)
    if isinstance(outcome, Passed) and judge is not None:
        faithful = not (outcome.evidence.get("no_owner") or outcome.evidence.get("no_privileges") or named)
        outcome = yield from judge(outcome, faithful and not (spec.schemas or spec.tables))
    dropped: tuple[SqlError | None, ...] = yield Maintain(
        statements=(scratch.dropped(spec.database),), service=spec.server
    )
    told = {k: v for k, v in outcome.evidence.items() if k != "counts"} | {"scratch_dropped": dropped[-1] is None}
    if isinstance(outcome, Passed):
        return Passed(evidence=told)
    return Failed(reason=outcome.reason, evidence=told, error=outcome.error)


def _role(context: Context, spec: Trial) -> str | None:
    """On another server the step's role may be somebody else, or nobody."""
    return context.step.as_ if spec.server is None else None


def run(
    context: Context, spec: Trial, argv: tuple[str, ...], how: Reading, service: str | None = None
) -> Generator[Effect, Any, ChildDone]:
    """pg_restore upon the dump, in English, so that what it says of an error can be read."""
    limit = spec.timeout or context.step.timeout
    done: ChildDone = yield RunChild(
        argv=(*argv, *how.path),
        timeout=limit,
        target=True,
        environment={"LC_ALL": "C"},
        tail=_KEPT,
        piped=how.piped,
        service=service,
    )
    return done


def _clear(spec: Trial, evidence: dict[str, Any]) -> Generator[Effect, Any, Failed | None]:
    """Drop what an interrupted trial left; what is somebody else's is not touched."""
    exists: Rows = yield RunQuery(
        ours=True, sql=scratch.EXISTS.format(name=literal(spec.database)), service=spec.server
    )
    if exists.error is not None:
        return Failed(reason=failing(exists.error), evidence=evidence, error=exists.error)
    if not exists.count:
        return None
    evidence = evidence | {"database": spec.database}
    if exists.rows[0][0] != scratch.MARK:
        return Failed(reason=FailReason.SCRATCH_EXISTS, evidence=evidence)
    dropped: tuple[SqlError | None, ...] = yield Maintain(
        statements=(scratch.dropped(spec.database),), service=spec.server
    )
    return (
        None if dropped[-1] is None else Failed(reason=FailReason.SCRATCH_EXISTS, evidence=evidence, error=dropped[-1])
    )


def _contents(
    context: Context, spec: Trial, how: Reading, encoding: str
) -> Generator[Effect, Any, tuple[list[toc.TocEntry] | None, list[str]]]:
    """What is to be restored, and what of the plan's names the backup does not have; None when it cannot be listed."""
    name = f"{context.step.id}.{context.attempt}.toc"
    listed = yield from run(
        context, spec, ("pg_restore", "--list", "--verbose", f"--file={context.artifacts}/{name}"), how
    )
    if listed.status != 0:
        return None, []
    text: str = yield LoadArtifact(name=name, encoding=encoding)
    return toc.chosen(toc.read(text), spec.schemas, spec.tables)


def _left_out(spec: Trial, entries: list[toc.TocEntry], superuser: bool) -> Generator[Effect, Any, dict[int, LeftOut]]:
    """What is not restored, and why: what would act on other servers, what a server has once, what needs rights."""
    found: dict[int, LeftOut] = {}
    kinds = {entry.kind for entry in entries}
    untrusted: set[str] = set()
    if not superuser:
        if "EXTENSION" in kinds:
            untrusted = yield from _names(_UNTRUSTED)
        if "PUBLICATION" in kinds:
            for_all = yield from _names(_PUBLICATIONS)
            found |= {e.id: LeftOut.NEEDS_SUPERUSER for e in entries if e.kind == "PUBLICATION" and e.name in for_all}
        if kinds & {"FUNCTION", "PROCEDURE"}:
            oids = yield from _names(_FUNCTIONS)
            routines = [e for e in entries if e.kind in ("FUNCTION", "PROCEDURE") and str(e.oid) in oids]
            found |= {entry.id: LeftOut.NEEDS_SUPERUSER for entry in routines}
    on_login: set[str] = set()
    if superuser and "EVENT TRIGGER" in kinds:
        on_login = yield from _names(_LOGIN)
    for entry in entries:
        if entry.kind in spec.exclude or (entry.kind == "EXTENSION" and entry.name in spec.exclude_extensions):
            found[entry.id] = LeftOut.ASKED
        elif entry.kind in ("SUBSCRIPTION", "SUBSCRIPTION TABLE"):
            found[entry.id] = LeftOut.WOULD_ACT_ELSEWHERE
        elif entry.kind == "EXTENSION" and entry.name in _ONE_DATABASE:
            found[entry.id] = LeftOut.ONE_DATABASE
        elif entry.kind == "EVENT TRIGGER" and entry.name in on_login:
            found[entry.id] = LeftOut.ON_LOGIN
        elif not superuser and (
            entry.kind in toc.FOR_SUPERUSERS or (entry.name in untrusted and entry.kind == "EXTENSION")
        ):
            found[entry.id] = LeftOut.NEEDS_SUPERUSER
    gone = {entry.name: found[entry.id] for entry in entries if entry.kind == "EXTENSION" and entry.id in found}
    if gone:
        names = ", ".join(literal(name) for name in gone)
        members: Rows = yield RunQuery(ours=True, sql=_MEMBERS.format(names=names))
        found |= toc.of_members(entries, [(str(n), str(o), str(b)) for n, o, b in members.rows], gone)
    return toc.without(entries, found)


def _names(sql: str) -> Generator[Effect, Any, set[str]]:
    rows: Rows = yield RunQuery(ours=True, sql=sql)
    return {str(row[0]) for row in rows.rows}


def _settings(spec: Trial, settings: list[list[Any]]) -> Generator[Effect, Any, list[dict[str, Any]]]:
    """Give it the source's settings, before any data; what was refused is named."""
    wanted = scratch.settings(spec.database, settings)
    if not wanted:
        return []
    done: tuple[SqlError | None, ...] = yield Maintain(
        statements=tuple(sql for _, sql in wanted), first_error=False, service=spec.server
    )
    refused: list[tuple[str, SqlError | None]] = [
        (what, error) for (what, _sql), error in zip(wanted, done, strict=False) if error is not None
    ]
    refused += [(what, None) for what, _sql in wanted[len(done) :]]
    return [
        {"kind": "SETTING", "name": what, "sqlstate": None if error is None else error.sqlstate,
         "why": LeftOut.NEEDS_SUPERUSER if error is not None and error.sqlstate == _DENIED else LeftOut.SETTING_REFUSED}
        for what, error in refused
    ]  # fmt: skip


def _into(
    context: Context, spec: Trial, how: Reading, entries: list[toc.TocEntry], superuser: bool,
    evidence: dict[str, Any],
) -> Generator[Effect, Any, Passed | Failed]:  # fmt: skip
    """Restore these entries and count what arrived; `counts` in the evidence are the rows of each table by name."""
    tools = yield Probe(name="tools", arguments={"names": ["pg_restore"]})
    argv = ["pg_restore", "--no-password", f"--dbname={database_argument(spec.database)}"]
    if spec.server is not None:
        there: Rows = yield RunQuery(ours=True, sql=_VERSION, service=spec.server)
        tools = tools | {"server_major": there.rows[0][0] if there.rows else None}
    tolerant = tolerates(tools)
    if not tolerant:
        argv.append("--exit-on-error")
    if int(tools.get("found", {}).get("pg_restore", {}).get("major") or 0) >= _STATISTICS_FROM:
        # Nobody plans anything there, and another server may be an older one.
        argv.append("--no-statistics")
    options = {"no-owner": spec.no_owner, "no-privileges": spec.no_privileges, "no-tablespaces": spec.no_tablespaces}
    # Another server may have neither these roles nor these tablespaces.
    usual = not superuser or spec.server is not None
    argv += [f"--{name}" for name, given in options.items() if (usual if given is None else given)]
    evidence |= {name.replace("-", "_"): f"--{name}" in argv for name in ("no-owner", "no-privileges")}
    if (role := _role(context, spec)) is not None:
        argv.append(f"--role={role}")
    if spec.jobs > 1 and how.piped is None:
        argv.append(f"--jobs={spec.jobs}")
    if spec.schemas or spec.tables or evidence.get("left_out"):
        name = f"{context.step.id}.{context.attempt}.list"
        yield StoreArtifact(name=name, text=toc.written(entries))
        argv.append(f"--use-list={context.artifacts}/{name}")
    restored = yield from run(context, spec, tuple(argv), how, spec.server)
    evidence |= {"restore_s": restored.seconds}
    if restored.status != 0 and not (tolerant and only_a_setting(restored, _KEPT)):
        return (yield from _why(context, spec, restored, evidence))
    arrived = yield from counts(spec, superuser, _role(context, spec))
    if isinstance(arrived, SqlError):
        return Failed(reason=failing(arrived), evidence=evidence, error=arrived)
    return Passed(evidence=evidence | {"tables": len(arrived), "rows": sum(arrived.values()), "counts": arrived})


def _why(
    context: Context, spec: Trial, restored: ChildDone, evidence: dict[str, Any]
) -> Generator[Effect, Any, Failed]:
    """A restore that failed for want of rights says nothing of the backup. pg_restore tells no SQLSTATE, so the server
    is asked for it: by the same statement once more, in the database that is dropped anyway."""
    evidence = evidence | {"tail": restored.tail[-_SHOWN:]}
    reason, error = FailReason.RESTORE_FAILED, None
    if COMMAND in restored.tail:
        command = re.split(r"\npg_restore: ", restored.tail.rpartition(COMMAND)[2])[0].strip()
        again: tuple[SqlError | None, ...] = yield Maintain(
            statements=(command,), scratch_database=spec.database, role=_role(context, spec), service=spec.server
        )
        error = again[-1]
        if error is not None and error.sqlstate == _DENIED:
            reason = FailReason.RESTORE_FORBIDDEN
    by_rights = any(one["why"] == LeftOut.NEEDS_SUPERUSER for one in evidence.get("left_out", ()))
    if (
        reason is FailReason.RESTORE_FAILED
        and by_rights
        and error is not None
        and (error.sqlstate or "").startswith("42")
    ):
        # It needs what was left out for want of rights.
        reason = FailReason.RESTORE_FORBIDDEN
    return Failed(reason=reason, evidence=evidence, error=error)
