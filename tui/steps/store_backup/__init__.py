"""`store_backup`: a backup is copied to a safe place, read back there, and held against what was written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs, Room
from tui.said import N_, Quoted
from tui.steps.context import Context, StepRun
from tui.steps.effects import Copied, CopyFiles, Failed, KeptArtifact, Passed, StoreArtifact
from tui.steps.fingerprints import TOLD
from tui.steps.store_backup import by_command, by_ssh
from tui.steps.store_backup.spec import StoreBackupSpec
from tui.steps.store_backup.whole import WholeBackup, whole_of

_GROWN: Final = 1.5
_NAMED: Final = 50
_OF_BACKUP: Final = (
    *("format", "packed", "encrypted", "plain_sha256", "plain_bytes", "checksums", "horizon"),
    *("whole", "sampled", "taken_at", "lsn", "host", "statistics", TOLD),
)
"""What reading, a restore, or a comparison of the copy rests on: how it was written, whether it is all, its moment, and
what was kept beside it."""


def execute(context: Context, spec: StoreBackupSpec) -> StepRun:
    """What is stored is what was hashed when it was written, file by file."""
    recorded = context.evidence(spec.of)
    if not recorded.get("path") or not recorded.get("checksums"):
        return Failed(reason=FailReason.NO_BACKUP, evidence={"of": spec.of})
    text: str | None = yield KeptArtifact(name=str(recorded["checksums"]))
    whole = None if text is None else whole_of(recorded, text)
    if whole is None:
        # Others wrote over the list, or it is gone: nothing tells of a file what it should be.
        return Failed(reason=FailReason.NO_BACKUP, evidence={"of": spec.of, "checksums": recorded["checksums"]})
    limit = spec.timeout or context.step.timeout
    if spec.directory is not None:
        outcome = yield from _copied(whole, spec.directory, recorded)
    elif spec.ssh is not None:
        name = f"{context.step.id}.{context.attempt}.files"
        yield StoreArtifact(name=name, text=whole.text)
        outcome = yield from by_ssh.stored(context, whole, spec.ssh, f"{context.artifacts}/{name}", limit)
    else:
        outcome = yield from by_command.stored(context, whole, spec, limit)
    evidence = {"of": spec.of, "sha256": recorded["sha256"]} | outcome.evidence
    if isinstance(outcome, Passed):
        return Passed(evidence=evidence)
    return Failed(reason=outcome.reason, evidence=evidence, error=outcome.error)


def _copied(whole: WholeBackup, directory: str, recorded: dict[str, Any]) -> StepRun:
    """Into a directory of this host. What a verification needs of a backup is told of the copy as well."""
    done: Copied = yield CopyFiles(source=whole.directory, files=whole.files, base=whole.base, directory=directory)
    evidence: dict[str, Any] = {"stored": done.path, "bytes": whole.bytes, "files": len(whole.files)}
    evidence |= {"seconds": done.seconds, "existed": done.existed}
    if done.free is not None:
        evidence["space"] = {"free_bytes": done.free, "need_bytes": whole.bytes}
    if done.error is not None:
        return Failed(reason=FailReason.BACKUP_DIRECTORY, evidence=evidence | {"error": done.error})
    if done.no_room:
        return Failed(reason=FailReason.NO_SPACE, evidence=evidence)
    bad = done.source_differs or done.copy_differs
    if bad:
        at = "source" if done.source_differs else "copy"
        told = {"damaged": list(bad[:_NAMED]), "damaged_count": len(bad), "damaged_at": at}
        return Failed(reason=FailReason.HASH_DIFFERS, evidence=evidence | told)
    return Passed(evidence=evidence | {"path": done.path} | {k: recorded[k] for k in _OF_BACKUP if k in recorded})


def lint(lint: Lint) -> Iterable[Finding]:
    """A backup, one place for it, and what reads it back there."""
    spec: StoreBackupSpec = lint.spec
    kind = lint.kinds_of_steps.get(spec.of)
    if kind is None:
        yield Finding(code="store-of", text="store-of-nothing", facts={"of": Quoted(spec.of)}, key="of")
    elif not kind.makes_backup:
        yield Finding(code="store-of", facts={"of": Quoted(spec.of), "kind": kind.name}, key="of")
    if sum((spec.directory is not None, spec.ssh is not None, bool(spec.command))) != 1:
        yield Finding(code="store-where")
    if spec.ssh is not None and by_ssh.place_of(spec.ssh) is None:
        yield Finding(code="store-ssh", facts={"ssh": Quoted(spec.ssh)}, key="ssh")
    if bool(spec.command) != bool(spec.verify):
        yield Finding(code="store-verify", key="verify" if spec.verify else "command")


def _need(database: int | None, last: int | None) -> int | None:
    return int(_GROWN * last) if last is not None else database


def needs(spec: StoreBackupSpec) -> Needs:
    """Room in the directory, of this host or another one; where a command stores only that knows the place."""
    if spec.directory is not None:
        return Needs(texts=(spec.directory,), room=Room(spec.directory, _need))
    place = None if spec.ssh is None else by_ssh.place_of(spec.ssh)
    if place is not None:
        return Needs(room=Room(place[1], _need, host=place[0]))
    return Needs(room=Room("", _need, looked_at=False))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Where it lies now, how much that is, and what differs."""
    named = ("stored", "bytes", "files", "sha256", "existed", "damaged_at", "damaged", "file", "exit_status")
    return [(key, evidence[key]) for key in named if key in evidence]


TEXTS = {
    "store-of": N_("'of' must name a backup step; {of} is a step of kind {kind}"),
    "store-of-nothing": N_("'of' must name a backup step; {of} is no step"),
    "store-where": N_("store_backup needs exactly one of 'directory', 'ssh' and 'command'"),
    "store-ssh": N_("{ssh} is no HOST:DIRECTORY"),
    "store-verify": N_("'command' stores, and 'verify' prints what was stored: both are needed"),
}

KIND = Kind(
    name="store_backup", spec=StoreBackupSpec, execute=execute, fence="child", repeat="always", makes_backup=True,
    arguments=("command", "verify"), texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
