"""`verify_backup`: what a backup is worth: its hash read back, the whole archive decoded, a trial restore.

`list` reads the table of contents alone, which a truncated archive still passes (reference): it is never the
default. `decode` reads every byte; `restore` loads it into a scratch database and counts what arrived.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.scalars import Duration
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.command import child_evidence, failed_child
from tui.steps.effects import (
    ChildDone,
    Effect,
    Failed,
    HashPath,
    Passed,
    PathHash,
    Probe,
    Rows,
    RunChild,
    RunQuery,
    SqlError,
)  # fmt: skip

_AT_ONCE = 250
"""Tables that one statement counts: each takes a lock for itself and its indexes, and the server has room for few."""

_NEXT = """select pg_catalog.count(*), pg_catalog.max(oid)::text, pg_catalog.string_agg(pg_catalog.format(
'select pg_catalog.count(*) from only %I.%I', nspname, relname), ' union all ') from (
select c.oid, n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and c.oid > '{after}'
order by c.oid limit {limit}) as page"""


class VerifyBackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`of`: the backup's step; `database`: the scratch database a trial restore makes and drops again."""

    of: str
    level: Literal["list", "decode", "restore"] = "decode"
    database: str = "virada_restore_check"
    jobs: int = 1
    timeout: Duration | None = None


def execute(context: Context, spec: VerifyBackupSpec) -> StepRun:
    """Hash first: whatever differs from what was recorded is refused before anything reads it."""
    recorded = context.evidence.get(spec.of, {})
    path = recorded.get("path")
    if not path or "sha256" not in recorded:
        return Failed(reason=FailReason.NO_BACKUP, evidence={"of": spec.of})
    hashed: PathHash = yield HashPath(path=path)
    evidence: dict[str, Any] = {"path": path, "level": spec.level, "sha256": hashed.sha256, "bytes": hashed.bytes}
    if hashed.error is not None:
        return Failed(reason=FailReason.BACKUP_UNREADABLE, evidence=evidence | {"error": hashed.error})
    if hashed.sha256 != recorded["sha256"]:
        return Failed(reason=FailReason.HASH_DIFFERS, evidence=evidence | {"recorded": recorded["sha256"]})
    listed = yield from _run(context, spec, ("pg_restore", "--list", "--file=/dev/null", path))
    if listed.status != 0:
        return _failed(FailReason.LIST_FAILED, listed, evidence | child_evidence(listed))
    if spec.level == "list":
        return Passed(evidence=evidence)
    decoded = yield from _run(context, spec, ("pg_restore", "--file=/dev/null", path))
    if decoded.status != 0:
        return _failed(FailReason.DECODE_FAILED, decoded, evidence | child_evidence(decoded))
    evidence["decode_s"] = decoded.seconds
    if spec.level == "decode":
        return Passed(evidence=evidence)
    return (yield from _restore(context, spec, path, evidence))


def _run(context: Context, spec: VerifyBackupSpec, argv: tuple[str, ...]) -> Generator[Effect, Any, ChildDone]:
    done: ChildDone = yield RunChild(argv=argv, timeout=spec.timeout or context.step.timeout, target=True)
    return done


def _failed(reason: FailReason, done: ChildDone, evidence: dict[str, Any]) -> Failed:
    """`reason` is what the program said of the backup; one that said nothing leaves that open."""
    failed = failed_child(done, evidence, "none")
    said = done.status is not None and done.status > 0 and not done.timed_out
    return msgspec.structs.replace(failed, reason=reason) if said else failed


def _restore(context: Context, spec: VerifyBackupSpec, path: str, evidence: dict[str, Any]) -> StepRun:
    exists: Rows = yield RunQuery(
        ours=True, sql="select coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = "
        + "'" + spec.database.replace("'", "''") + "'"
    )  # fmt: skip
    if exists.error is not None:
        return Failed(reason=FailReason.SQL_ERROR, evidence=evidence, error=exists.error)
    if exists.count:
        # Only a database that an earlier, interrupted trial left behind is dropped.
        if exists.rows[0][0] != "virada trial restore":
            return Failed(reason=FailReason.SCRATCH_EXISTS, evidence=evidence | {"database": spec.database})
        yield from _run(context, spec, ("dropdb", "--no-password", "--if-exists", spec.database))
    space = yield Probe(name="database_size")
    evidence["database_bytes"] = space.get("bytes")
    made = yield from _run(
        context, spec, ("createdb", "--no-password", "--template=template0", spec.database, "virada trial restore")
    )
    if made.status != 0:
        return _failed(FailReason.SCRATCH_FAILED, made, evidence)
    argv = ["pg_restore", "--no-password", "--exit-on-error", f"--dbname={spec.database}"]
    if spec.jobs > 1:
        argv.append(f"--jobs={spec.jobs}")
    restored = yield from _run(context, spec, (*argv, path))
    counted = yield from _count(spec.database)
    dropped = yield from _run(context, spec, ("dropdb", "--no-password", "--if-exists", spec.database))
    evidence |= {"restore_s": restored.seconds, "scratch_dropped": dropped.status == 0}
    if restored.status != 0:
        return _failed(FailReason.RESTORE_FAILED, restored, evidence)
    if isinstance(counted, SqlError):
        return Failed(reason=FailReason.SQL_ERROR, evidence=evidence, error=counted)
    tables, rows = counted
    return Passed(evidence=evidence | {"tables": tables, "rows": rows})


def _count(database: str) -> Generator[Effect, Any, tuple[int, int] | SqlError]:
    """How many tables arrived, with how many rows: partitions each for itself, foreign tables not at all.

    Written as plain `count(*)`, which needs nothing that a server may be built without."""
    tables = rows = 0
    after = "0"
    while True:
        some: Rows = yield RunQuery(
            sql=_NEXT.format(after=after, limit=_AT_ONCE), ours=True, scratch_database=database, timeout=None
        )
        if some.error is not None:
            return some.error
        count, last, statement = some.rows[0]
        if not count:
            return tables, rows
        counted: Rows = yield RunQuery(
            sql=f"select pg_catalog.sum(n) from ({statement}) as counted(n)", ours=True, scratch_database=database,
            timeout=None,
        )  # fmt: skip
        if counted.error is not None:
            return counted.error
        tables, rows, after = tables + int(count), rows + int(counted.rows[0][0]), last


def lint(lint: Lint) -> Iterable[Finding]:
    """`of` names a backup step."""
    kind = lint.kinds_of_steps.get(lint.spec.of)
    if kind != "backup":
        found = "no step" if kind is None else f"a step of kind {kind}"
        yield Finding(code="verify-of", message=f"'of' must name a backup step; {lint.spec.of!r} is {found}", key="of")


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Level, hash, what a trial restore brought back."""
    return [(key, str(evidence[key])) for key in ("level", "bytes", "sha256", "tables", "rows") if key in evidence]


KIND = Kind(
    name="verify_backup", spec=VerifyBackupSpec, execute=execute, fence="child", repeat="always", short="of",
    lint=lint, facts=facts,
)  # fmt: skip
