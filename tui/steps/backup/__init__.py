"""`backup`: pg_dump into a directory of one's own, hashed as soon as it is written; or a program of the plan's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from msgspec.structs import fields

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program, Room
from tui.plan.scalars import disk_need
from tui.said import N_, Quoted
from tui.steps.backup.dump import dumped
from tui.steps.backup.room import needed
from tui.steps.backup.spec import BackupSpec
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Passed, Rows, RunChild, RunQuery

_DECIDED: Final = ("format", "compress")
"""What `prefer` decides."""
_STANDS: Final = "select pg_catalog.pg_current_wal_lsn()::pg_catalog.text"
_ALWAYS: Final = ("command", "timeout")
"""What is said of a program of the plan's own, too."""


def execute(context: Context, spec: BackupSpec) -> StepRun:
    """By pg_dump, or by the program that the plan names."""
    return (yield from (_commanded(context, spec) if spec.command else dumped(context, spec)))


def _commanded(context: Context, spec: BackupSpec) -> StepRun:
    """The author's program says by its exit status whether there is a backup; what it says last is kept. Where the
    server's WAL stood before is how the backup is known later."""
    stood: Rows = yield RunQuery(sql=_STANDS, ours=True)
    done: ChildDone = yield RunChild(
        argv=spec.command, timeout=spec.timeout or context.step.timeout, target=True, authored=True
    )
    evidence = child_evidence(done) | {"by": spec.command[0]}
    if stood.error is None and stood.rows:
        evidence["begun_lsn"] = str(stood.rows[0][0])
    if done.status != 0:
        return failed_child(done, evidence, "none")
    return Passed(evidence=evidence | {"tail": done.tail})


def lint(lint: Lint) -> Iterable[Finding]:
    """One way to make it; a need that can be read; nothing that is said twice."""
    spec: BackupSpec = lint.spec
    if (spec.directory is None) == (not spec.command):
        yield Finding(code="backup-way", key="command" if spec.command else "")
        return
    if spec.command:
        for field in fields(BackupSpec):
            if field.name not in _ALWAYS and getattr(spec, field.name) != field.default:
                yield Finding(code="backup-command", facts={"key": Quoted(field.encode_name)}, key=field.encode_name)
        return
    if spec.space not in ("auto", "skip") and disk_need(spec.space, 1) is None:
        yield Finding(code="backup-space", facts={"space": Quoted(spec.space)}, key="space")
    if spec.prefer is None and spec.jobs not in (None, 1) and spec.format != "directory":
        yield Finding(code="backup-jobs", key="jobs")
    if spec.prefer is not None:
        for field in fields(BackupSpec):
            if field.name in _DECIDED and getattr(spec, field.name) != field.default:
                yield Finding(code="backup-prefer", facts={"key": Quoted(field.name)}, key=field.name)
    if spec.fingerprint and spec.from_ is not None:
        yield Finding(code="backup-fingerprint", key="fingerprint")
    if spec.encrypt and spec.format == "directory":
        yield Finding(code="backup-encrypt", key="encrypt")


def needs(spec: BackupSpec) -> Needs:
    """pg_dump, which refuses a server newer than itself; room where it writes; the standby that is read."""
    if spec.directory is None:
        return Needs()
    room = Room(spec.directory, partial(needed, spec), looked_at=spec.space != "skip")
    texts = (spec.directory, *(() if spec.from_ is None else (spec.from_,)))
    programs = (Program("pg_dump", "refuses"), *((Program("pg_dumpall", "refuses"),) if spec.globals else ()))
    return Needs(programs=programs, texts=texts, standby=spec.from_, room=room)


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Where it lies, how big it is, its hash; how it was made, where and of which moment."""
    named = (
        "path", "format", "compress", "packed", "bytes", "sha256", "plain_sha256", "restore_point", "seconds", "from",
        "host", "lsn", "replayed", "by", "exit_status",
    )  # fmt: skip
    return [(key, evidence[key]) for key in named if key in evidence]


def _takes_fingerprint(spec: BackupSpec) -> bool:
    return spec.fingerprint


def made_by(spec: BackupSpec) -> tuple[str, ...]:
    """A program in the place of pg_dump."""
    return spec.command if spec.directory is None else ()


def whole(spec: BackupSpec) -> bool:
    """Whether it dumps the whole database."""
    return not spec.schemas and not spec.tables


TEXTS = {
    "backup-way": N_("backup needs one of 'directory' and 'command'"),
    "backup-command": N_("'command' makes the backup by itself; leave out {key}"),
    "backup-space": N_("{space} is neither auto nor skip nor a need such as 1x or 50GB"),
    "backup-jobs": N_("'jobs' is for a dump into a directory; write 'format: directory'"),
    "backup-prefer": N_("'prefer' decides it; leave out {key}, or 'prefer'"),
    "backup-fingerprint": N_("a fingerprint is taken on the target; leave out 'from'"),
    "backup-encrypt": N_("what is encrypted is one stream; leave out 'format: directory'"),
    FailReason.BACKUP_DIRECTORY: N_("the backup's directory cannot be used"),
    FailReason.NO_SPACE: N_("there is too little free space"),
    FailReason.NOT_A_STANDBY: N_("the server that was to be a standby is none"),
    FailReason.STANDBY_BEHIND: N_("the standby had not replayed what the target had when the step began"),
}

KIND = Kind(
    name="backup", spec=BackupSpec, execute=execute, fence="child", repeat="always", makes_backup=True,
    made_by=made_by, whole=whole, takes_fingerprint=_takes_fingerprint,
    arguments=("encrypt", "command"), texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
