"""How a backup is verified: hash, list, all of it, a trial restore (`trial.py`); `spec.py` says what each is worth."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import partial
from typing import Any

from msgspec.structs import fields

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program
from tui.said import N_, Quoted
from tui.steps.archive.damage import damage, named
from tui.steps.archive.reading import Reading, reading
from tui.steps.archive.trial import run, trial
from tui.steps.child import child_evidence
from tui.steps.context import Context, StepRun
from tui.steps.effects import Decoded, DecodeFiles, Effect, Failed, Passed
from tui.steps.verify_backup.by_tool import means_of, verified
from tui.steps.verify_backup.same import same
from tui.steps.verify_backup.spec import VerifyBackupSpec


def execute(context: Context, spec: VerifyBackupSpec) -> StepRun:
    """Hash first: whatever differs from what was recorded is refused before anything reads it."""
    recorded = context.evidence(spec.of)
    path = recorded.get("path")
    if not path and "by" in recorded:
        return (yield from verified(context, spec, recorded))
    if not path or "sha256" not in recorded:
        return Failed(reason=FailReason.NO_BACKUP, evidence={"of": spec.of})
    found = yield from damage(context, recorded, spec.timeout)
    evidence: dict[str, Any] = {"path": path, "level": spec.level} | found.evidence
    if found.reason is not None:
        return Failed(reason=found.reason, evidence=evidence)
    if spec.level == "hash":
        return Passed(evidence=evidence)
    how = reading(recorded, spec.decrypt)
    if how is None:
        return Failed(reason=FailReason.ENCRYPTED, evidence=evidence)
    listed = yield from run(context, spec, ("pg_restore", "--list", "--file=/dev/null"), how)
    if listed.status != 0:
        return Failed(reason=FailReason.LIST_FAILED, evidence=evidence | child_evidence(listed) | {"tail": listed.tail})
    if spec.level == "list":
        return Passed(evidence=evidence)
    broken = yield from _decoded(context, spec, recorded, how, evidence)
    if broken is not None:
        return broken
    if spec.level == "decode":
        return Passed(evidence=evidence)
    judge = partial(same, context, spec, recorded) if spec.fingerprint else None
    return (yield from trial(context, spec, how, recorded.get("horizon"), evidence, judge))


def _decoded(
    context: Context, spec: VerifyBackupSpec, recorded: dict[str, Any], how: Reading, evidence: dict[str, Any]
) -> Generator[Effect, Any, Failed | None]:
    """Read all of it: by several files at a time where gzip or nothing compressed them, otherwise by pg_restore."""
    if recorded.get("format") == "directory" and how.path:
        found: Decoded = yield DecodeFiles(path=how.path[0])
        if found.error is not None:
            return Failed(reason=FailReason.BACKUP_UNREADABLE, evidence=evidence | {"error": found.error})
        bad = tuple(sorted((*found.broken, *found.cut)))
        if bad:
            told = yield from named(context, how.path[0], bad, spec.timeout)
            return Failed(reason=FailReason.DECODE_FAILED, evidence=evidence | told)
        if not found.other:
            evidence |= {"decode_s": found.seconds, "plain_bytes": found.bytes}
            return None
    done = yield from run(context, spec, ("pg_restore", "--file=/dev/null"), how)
    if done.status != 0:
        return Failed(reason=FailReason.DECODE_FAILED, evidence=evidence | child_evidence(done) | {"tail": done.tail})
    if done.piped is not None and done.piped.plain_sha256 != recorded.get("plain_sha256"):
        told = {"plain_sha256": done.piped.plain_sha256, "recorded": recorded.get("plain_sha256")}
        return Failed(reason=FailReason.DECODE_FAILED, evidence=evidence | told)
    evidence["decode_s"] = done.seconds
    return None


def lint(lint: Lint) -> Iterable[Finding]:
    """`of` names a backup step; what is for a restore stands beside `level: restore`."""
    spec: VerifyBackupSpec = lint.spec
    kind = lint.kinds_of_steps.get(spec.of)
    if kind is None:
        yield Finding(code="verify-of", text="verify-of-nothing", facts={"of": Quoted(spec.of)}, key="of")
    elif not kind.makes_backup:
        yield Finding(code="verify-of", facts={"of": Quoted(spec.of), "kind": kind.name}, key="of")
    made = lint.before(spec.of)
    if made is not None and made.kind.makes_backup and (program := made.kind.made_by(made.spec)):
        yield from _by_tool(spec, program)
        return
    for key in _OF_TOOLS:
        if made is not None and getattr(spec, key):
            yield Finding(code="verify-tool", facts={"key": Quoted(key)}, key=key)
    if spec.fingerprint and spec.server is not None:
        yield Finding(code="verify-fingerprint", key="fingerprint")
    if spec.level != "restore":
        for field in fields(VerifyBackupSpec):
            key = field.name
            if key not in ("of", "level", "decrypt", "timeout", *_OF_TOOLS) and getattr(spec, key) != field.default:
                yield Finding(code="verify-level", facts={"key": Quoted(key)}, key=key)


_OF_TOOLS = ("pgbackrest", "barman", "command")


def _by_tool(spec: VerifyBackupSpec, made_by: tuple[str, ...]) -> Iterable[Finding]:
    """One means, and a level that it has."""
    if sum(bool(getattr(spec, key)) for key in _OF_TOOLS) > 1:
        yield Finding(code="verify-means", text="verify-one-means")
    elif means_of(spec, made_by) is None:
        yield Finding(code="verify-means")
    if spec.level == "restore" or (spec.command and spec.level == "list"):
        yield Finding(code="verify-no-level", facts={"level": Quoted(spec.level)}, key="level")
    for field in fields(VerifyBackupSpec):
        if field.name not in ("of", "level", "timeout", *_OF_TOOLS) and getattr(spec, field.name) != field.default:
            yield Finding(code="verify-of-program", facts={"key": Quoted(field.name)}, key=field.name)


def needs(spec: VerifyBackupSpec) -> Needs:
    """pg_restore, where nothing else reads it; a trial restore makes a database."""
    if any(getattr(spec, key) for key in _OF_TOOLS):
        return Needs()
    texts = () if spec.server is None else (spec.server,)
    scratch = spec.level == "restore" and spec.server is None
    return Needs(programs=(Program("pg_restore"),), texts=texts, scratch=scratch)


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Level, hash, what is damaged; what a trial restore brought back, what of it was compared and what left out."""
    shown = ("level", "bytes", "sha256", "tables", "rows", "compared", "not_compared", "left_out_count")
    found = [(key, evidence[key]) for key in shown if key in evidence]
    more = ("damaged", "damaged_tables", "backup", "verified", "not_verified")
    return found + [(key, evidence[key]) for key in more if evidence.get(key)]


TEXTS = {
    "verify-of": N_("'of' must name a backup step; {of} is a step of kind {kind}"),
    "verify-of-nothing": N_("'of' must name a backup step; {of} is no step"),
    "verify-level": N_("{key} says what a trial restore takes; write 'level: restore'"),
    "verify-fingerprint": N_("on another server roles are others; leave out 'fingerprint'"),
    "verify-tool": N_("pg_dump made this backup; leave out {key}"),
    "verify-means": N_("nothing tells what verifies what a program has made; write pgbackrest, barman or command"),
    "verify-one-means": N_("one of 'pgbackrest', 'barman' and 'command' verifies it"),
    "verify-no-level": N_("what a program has made is not verified by the level {level} here"),
    "verify-of-program": N_("{key} is for what pg_dump has made"),
    FailReason.BACKUP_INVALID: N_("the backup, or the WAL that it needs, is not whole"),
    FailReason.NO_BACKUP: N_("there is no such backup, or nothing tells what its files should be"),
    FailReason.ENCRYPTED: N_("the backup is encrypted, and 'decrypt' does not say what reads it"),
    FailReason.HASH_DIFFERS: N_("the hash differs from the recorded one"),
    FailReason.LIST_FAILED: N_("the backup's contents could not be listed"),
    FailReason.DECODE_FAILED: N_("the backup could not be decoded"),
    FailReason.SCRATCH_EXISTS: N_("the scratch database exists already"),
    FailReason.SCRATCH_FAILED: N_("the scratch database could not be created"),
    FailReason.SCRATCH_FORBIDDEN: N_("the role may not create a scratch database (CREATEDB)"),
    FailReason.RESTORE_FAILED: N_("the trial restore failed"),
    FailReason.RESTORE_FORBIDDEN: N_(
        "the role's rights do not suffice for the trial restore, which says nothing of the backup"
    ),
    FailReason.ROWS_MISSING: N_("rows are missing that the source had when the backup was taken, and still has"),
    FailReason.NOT_IN_BACKUP: N_("the backup does not hold what is to be restored"),
}

KIND = Kind(
    name="verify_backup", spec=VerifyBackupSpec, execute=execute, fence="child", repeat="always", short="of",
    patient=True, arguments=("decrypt", "command"), texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
