"""`backup`: pg_dump into a directory of one's own, hashed as soon as it is written."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterable
from functools import partial
from typing import Any, Literal

from msgspec import Struct, field

from tui.journal.codes import FailReason
from tui.journal.events import BackupRecorded
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program, Room
from tui.plan.scalars import Duration, disk_need
from tui.said import N_, Quoted
from tui.steps.answers import look
from tui.steps.archive import sums
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    ChildDone,
    Effect,
    Emit,
    Failed,
    HashPath,
    Passed,
    PathHash,
    Probe,
    RunChild,
    Snapshot,
    SnapshotTaken,
    StoreArtifact,
    StoreBeside,
)


class BackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """pg_dump is one that is installed here and not older than the server. A backup is never overwritten."""

    directory: str
    """Where backups are written, each attempt a place of its own; may hold `${NAME}` of the environment."""
    format: Literal["custom", "directory"] = "custom"
    """pg_dump's format. `directory` can be written by several jobs."""
    jobs: int = 1
    """How many tables are dumped at a time; more than one with `format: directory` alone."""
    compress: int = 1
    """The level of gzip, from 0 (none) to 9."""
    schemas: tuple[str, ...] = ()
    """Only these schemas; all where nothing is said."""
    tables: tuple[str, ...] = ()
    """Only these tables; all where nothing is said."""
    from_: str | None = field(default=None, name="from")
    """A libpq service: the standby of the target that is read in its place, once it has caught up."""
    space: str = "auto"
    """What must be free in the directory before it begins: `50GB`, or `1x` the size of the database. `auto`: half as
    much again as the last backup of the database took, without one the database's size. `skip` looks at nothing."""
    timeout: Duration | None = None
    """How long pg_dump may take before it is ended; where nothing is said the step's own `timeout`."""


_GROWN = 1.5
"""By how much a backup may be larger than the last one of the database."""


def execute(context: Context, spec: BackupSpec) -> StepRun:
    """Dump, then length and SHA-256 of what was written. Every attempt writes a place of its own."""
    name = f"{context.run}.{context.step.id}.{context.attempt}" + (".dump" if spec.format == "custom" else "")
    prepared = yield Probe(name="path_prepare", arguments={"directory": spec.directory, "name": name})
    if "error" in prepared:
        return Failed(reason=FailReason.BACKUP_DIRECTORY, evidence=prepared)
    path = str(prepared["path"])
    space: dict[str, Any] = {}
    if spec.space != "skip":
        space |= yield from look(context, Probe(name="backup_space", arguments={"path": path}))
        too_small = _too_small(spec, space)
        if too_small is not None:
            return Failed(reason=too_small, evidence={"path": path, "space": space})
    limit = spec.timeout or context.step.timeout
    taken: SnapshotTaken = yield Snapshot(service=spec.from_, timeout=limit)
    if taken.reason is not None:
        return Failed(reason=taken.reason, evidence=taken.facts, error=taken.error)
    argv = ["pg_dump", f"--format={spec.format}", f"--compress={spec.compress}", f"--file={path}"]
    # Importing it fails on any other server and in any other database.
    argv += [f"--snapshot={taken.name}", "--lock-wait-timeout=10000", "--no-password"]
    if context.step.as_ is not None:
        argv.append(f"--role={context.step.as_}")
    if spec.format == "directory":
        argv.append(f"--jobs={spec.jobs}")
    argv += [f"--schema={s}" for s in spec.schemas] + [f"--table={t}" for t in spec.tables]
    done: ChildDone = yield RunChild(
        argv=tuple(argv), timeout=limit, target=True, watch_path=path, source=spec.from_ is not None
    )
    evidence: dict[str, Any] = child_evidence(done) | taken.facts | {"path": path, "format": spec.format}
    if space:
        evidence["space"] = space
    if done.status != 0:
        return failed_child(done, evidence, "none")
    hashed: PathHash = yield HashPath(path=path)
    if hashed.error is not None or hashed.bytes == 0:
        return Failed(reason=FailReason.BACKUP_UNREADABLE, evidence=evidence | {"error": hashed.error})
    evidence |= {"bytes": hashed.bytes, "files": hashed.files, "sha256": hashed.sha256}
    evidence |= yield from _kept_sums(context, path, hashed)
    yield Emit(
        event=BackupRecorded(
            step=context.step.id, attempt=context.attempt, path=path, format=spec.format, bytes=hashed.bytes,
            sha256=hashed.sha256, files=hashed.files, seconds=done.seconds,
        )
    )  # fmt: skip
    return Passed(evidence=evidence)


def _kept_sums(context: Context, path: str, hashed: PathHash) -> Generator[Effect, Any, dict[str, Any]]:
    """Its files' hashes, as `sha256sum -c` reads them, among the artifacts and beside the dump."""
    name = f"{context.step.id}.{context.attempt}.{sums.NAME}"
    text = sums.written(posixpath.basename(path), hashed.listed)
    yield StoreArtifact(name=name, text=text)
    problem: str | None = yield StoreBeside(path=f"{path}.{sums.NAME}", text=text)
    return {"checksums": name} | ({} if problem is None else {"checksums_error": problem})


def needed(spec: BackupSpec, database: int | None, last: int | None) -> int | None:
    """Bytes that the dump is taken to need, of the database's and those of the last dump; None where nothing is asked
    or nobody knows. Of a part of the database nobody knows the size before its first dump."""
    part = bool(spec.schemas or spec.tables)
    if spec.space == "skip":
        return None
    if spec.space != "auto":
        return None if database is None else disk_need(spec.space, database)
    if last is not None:
        return int(_GROWN * last)
    return None if part else database


def _too_small(spec: BackupSpec, space: dict[str, Any]) -> FailReason | None:
    """Whether it is known that the dump does not fit, or not known although the plan asks for it; notes in `space` what
    is needed."""
    need = needed(spec, space.get("database_bytes"), space.get("last_bytes"))
    space["need_bytes"] = need
    if need is None or space.get("free_bytes") is None:
        return FailReason.NOT_ANSWERED if spec.space != "auto" or "error" in space else None
    return FailReason.NO_SPACE if space["free_bytes"] < need else None


def lint(lint: Lint) -> Iterable[Finding]:
    """A need that can be read."""
    space = lint.spec.space
    if space not in ("auto", "skip") and disk_need(space, 1) is None:
        yield Finding(code="backup-space", facts={"space": Quoted(space)}, key="space")
    if lint.spec.jobs != 1 and lint.spec.format != "directory":
        yield Finding(code="backup-jobs", key="jobs")


def needs(spec: BackupSpec) -> Needs:
    """pg_dump, which refuses a server newer than itself; room where it writes; the standby that is read."""
    room = Room(spec.directory, partial(needed, spec), looked_at=spec.space != "skip")
    texts = (spec.directory, *(() if spec.from_ is None else (spec.from_,)))
    return Needs(programs=(Program("pg_dump", "refuses"),), texts=texts, standby=spec.from_, room=room)


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Where it lies, how big it is, its hash; where and of which moment it was taken."""
    named = ("path", "format", "bytes", "sha256", "seconds", "from", "host", "lsn", "replayed")
    return [(key, evidence[key]) for key in named if key in evidence]


TEXTS = {
    "backup-space": N_("{space} is neither auto nor skip nor a need such as 1x or 50GB"),
    "backup-jobs": N_("'jobs' is for a dump into a directory; write 'format: directory'"),
    FailReason.BACKUP_DIRECTORY: N_("the backup's directory cannot be used"),
    FailReason.NO_SPACE: N_("there is too little free space"),
    FailReason.NOT_A_STANDBY: N_("the server that was to be a standby is none"),
    FailReason.STANDBY_BEHIND: N_("the standby had not replayed what the target had when the step began"),
}

KIND = Kind(
    name="backup", spec=BackupSpec, execute=execute, fence="child", repeat="always", makes_backup=True, texts=TEXTS,
    lint=lint, needs=needs, facts=facts,
)  # fmt: skip
