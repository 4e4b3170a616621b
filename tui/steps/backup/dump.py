"""A dump by pg_dump, in a moment that is exported for it: written closed to others, hashed, recorded."""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.journal.events import BackupRecorded
from tui.sql.quoting import literal
from tui.steps.answers import failing, look
from tui.steps.archive import sums
from tui.steps.backup import roles
from tui.steps.backup.method import Method, asks, chosen
from tui.steps.backup.room import too_small
from tui.steps.backup.spec import BackupSpec
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    ChildDone,
    Effect,
    Emit,
    Failed,
    Growing,
    HashPath,
    Passed,
    PathHash,
    Piped,
    Probe,
    Rows,
    RunChild,
    RunQuery,
    Snapshot,
    SnapshotTaken,
    StoreArtifact,
    StoreBeside,
    TakeFingerprint,
)
from tui.steps.fingerprints import TOLD, keep, take

STATISTICS_FROM: Final = 18
"""The version from which a dump holds the planner's statistics, where it is asked to."""
_LONGEST_POINT: Final = 63
"""Bytes of a restore point's name."""
_MAY_POINT: Final = (
    """select pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(text)', 'execute')"""
)
_TABLES: Final = """select pg_catalog.count(*) from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
and e.objid = c.oid and e.deptype = 'e')"""
"""How many files of rows a dump of the whole database has in a directory."""


def dumped(context: Context, spec: BackupSpec) -> StepRun:
    """Dump, then length and SHA-256 of what was written. Every attempt writes a place of its own."""
    here: dict[str, Any] = (yield Probe(name="dump_methods")) if asks(spec) else {}
    method = chosen(spec, here)
    name = f"{context.run}.{context.step.id}.{context.attempt}{method.suffix}"
    prepared = yield Probe(name="path_prepare", arguments={"directory": spec.directory, "name": name})
    if "error" in prepared:
        return Failed(reason=FailReason.BACKUP_DIRECTORY, evidence=prepared)
    path = str(prepared["path"])
    space: dict[str, Any] = {}
    if spec.space != "skip":
        space |= yield from look(context, Probe(name="backup_space", arguments={"path": path}))
        lacking = too_small(spec, space)
        if lacking is not None:
            return Failed(reason=lacking, evidence={"path": path, "space": space})
    restored = space.pop("last_restore", None)
    limit = spec.timeout or context.step.timeout
    written = yield from _expected(spec, method, path, space.get("last_bytes"))
    taken: SnapshotTaken = yield Snapshot(service=spec.from_, timeout=limit)
    if taken.reason is not None:
        return Failed(reason=taken.reason, evidence=taken.facts, error=taken.error)
    point = yield from _restore_point(context, spec)
    if not method.behind:
        made = yield Probe(name="path_make", arguments={"path": path, "directory": method.format == "directory"})
        if "error" in made:
            return Failed(reason=FailReason.BACKUP_DIRECTORY, evidence=made)
    done: ChildDone = yield RunChild(
        argv=_arguments(context, spec, method, path, taken), timeout=limit, target=True,
        source=spec.from_ is not None, written=written,
        piped=Piped(behind=method.behind, into=path) if method.behind else None,
    )  # fmt: skip
    evidence: dict[str, Any] = child_evidence(done) | taken.facts | {"path": path} | method.facts() | point
    if space:
        evidence |= {"space": space, "restored": restored}
    if taken.major >= STATISTICS_FROM:
        evidence["statistics"] = True
    if spec.encrypt:
        evidence["encrypted"] = True
    if done.status != 0:
        return failed_child(done, evidence, "none")
    beside: list[tuple[str, str]] = []
    if spec.globals:
        of_roles = yield from roles.dumped(context, spec, path, limit)
        if isinstance(of_roles, Failed):
            return Failed(reason=of_roles.reason, evidence=evidence | of_roles.evidence, error=of_roles.error)
        evidence |= {"globals": of_roles}
        beside.append((posixpath.basename(of_roles["path"]), of_roles["sha256"]))
    if spec.fingerprint:
        taken_too = yield from take(context, TakeFingerprint(tables=("*",), moment=taken.name, role=context.step.as_))
        if taken_too.error is not None:
            return Failed(reason=failing(taken_too.error), evidence=evidence, error=taken_too.error)
        kept = yield from keep(context, taken_too.found, "hashes")
        evidence[TOLD] = kept | {"moment": taken.facts.get("lsn")}
    hashed = yield from _hashed(path, done)
    if hashed.error is not None or hashed.bytes == 0:
        return Failed(reason=FailReason.BACKUP_UNREADABLE, evidence=evidence | {"error": hashed.error})
    evidence |= {"bytes": hashed.bytes, "files": hashed.files, "sha256": hashed.sha256}
    if done.piped is not None:
        evidence |= {"plain_bytes": done.piped.plain_bytes, "plain_sha256": done.piped.plain_sha256}
    evidence |= yield from _kept_sums(context, path, hashed, beside)
    yield Emit(
        event=BackupRecorded(
            step=context.step.id, attempt=context.attempt, path=path, format=method.format, bytes=hashed.bytes,
            sha256=hashed.sha256, files=hashed.files, seconds=done.seconds,
        )
    )  # fmt: skip
    return Passed(evidence=evidence)


def _arguments(context: Context, spec: BackupSpec, method: Method, path: str, taken: SnapshotTaken) -> tuple[str, ...]:
    argv = ["pg_dump", f"--format={method.format}", f"--compress={method.compress}"]
    argv += [] if method.behind else [f"--file={path}"]
    # Importing it fails on any other server and in any other database.
    argv += [f"--snapshot={taken.name}", "--lock-wait-timeout=10000", "--no-password"]
    if taken.major >= STATISTICS_FROM:
        # It is one of the same version at least.
        argv.append("--statistics")
    if context.step.as_ is not None:
        argv.append(f"--role={context.step.as_}")
    if method.format == "directory":
        argv.append(f"--jobs={method.jobs}")
    return (*argv, *(f"--schema={s}" for s in spec.schemas), *(f"--table={t}" for t in spec.tables))


def _expected(spec: BackupSpec, method: Method, path: str, last: int | None) -> Generator[Effect, Any, Growing]:
    """What its progress is told by: bytes, beside those of the last one; of a whole database the number of tables."""
    tables: int | None = None
    if method.format == "directory" and not spec.schemas and not spec.tables and spec.from_ is None:
        counted: Rows = yield RunQuery(sql=_TABLES, ours=True)
        tables = int(counted.rows[0][0]) if counted.error is None and counted.rows else None
    return Growing(path=path, last=last, tables=tables)


def _restore_point(context: Context, spec: BackupSpec) -> Generator[Effect, Any, dict[str, Any]]:
    """Make one; where it lies in the WAL, or why there is none."""
    if spec.restore_point is False:
        return {}
    named = spec.restore_point if isinstance(spec.restore_point, str) else f"virada {context.run} {context.step.id}"
    name = named.encode()[:_LONGEST_POINT].decode("utf-8", "ignore")
    allowed: Rows = yield RunQuery(sql=_MAY_POINT, ours=True, role=context.step.as_)
    made = allowed
    if allowed.error is None and allowed.rows[0][0]:
        sql = f"select pg_catalog.pg_create_restore_point({literal(name)})::text"
        made = yield RunQuery(sql=sql, ours=True, role=context.step.as_)
        if made.error is None:
            return {"restore_point": {"name": name, "lsn": str(made.rows[0][0])}}
    if made.error is None:
        return {"restore_point": {"name": name, "sqlstate": "42501"}}
    return {"restore_point": {"name": name, "sqlstate": made.error.sqlstate, "error": made.error.message}}


def _hashed(path: str, done: ChildDone) -> Generator[Effect, Any, PathHash]:
    """Of what was written; where it passed through here it was hashed on its way."""
    if done.piped is not None:
        listed = ((posixpath.basename(path), done.piped.sha256),)
        return PathHash(bytes=done.piped.bytes, files=1, sha256=done.piped.sha256, listed=listed)
    hashed: PathHash = yield HashPath(path=path)
    return hashed


def _kept_sums(
    context: Context, path: str, hashed: PathHash, beside: list[tuple[str, str]]
) -> Generator[Effect, Any, dict[str, Any]]:
    """Its files' hashes, as `sha256sum -c` reads them, among the artifacts and beside the dump."""
    name = f"{context.step.id}.{context.attempt}.{sums.NAME}"
    text = sums.written(posixpath.basename(path), hashed.listed, beside)
    yield StoreArtifact(name=name, text=text)
    problem: str | None = yield StoreBeside(path=f"{path}.{sums.NAME}", text=text)
    return {"checksums": name} | ({} if problem is None else {"checksums_error": problem})
