"""By a program of the plan's author, such as an object store's client, and read back by another."""

from __future__ import annotations

from typing import Any, Final

from tui.journal.codes import FailReason
from tui.steps.archive import sums
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Failed, LoadArtifact, Passed, Piped, RunChild
from tui.steps.store_backup.spec import StoreBackupSpec
from tui.steps.store_backup.whole import WholeBackup

FILE, NAME = "{file}", "{name}"
_NAMED: Final = 50


def stored(context: Context, whole: WholeBackup, spec: StoreBackupSpec, limit: float | None) -> StepRun:
    """Store each file, and read back each: the list of hashes last, so that where it is the rest is whole."""
    order = sorted(whole.files, key=lambda one: one[0].endswith(f".{sums.NAME}"))
    evidence: dict[str, Any] = {"stored": spec.command[0], "bytes": whole.bytes, "files": len(order)}
    for name, _digest in order if any(FILE in word for word in spec.command) else [("", "")]:
        done: ChildDone = yield RunChild(
            argv=_filled(spec.command, whole, name), timeout=limit, authored=True,
            environment={"VIRADA_BACKUP": f"{whole.directory}/{whole.base}"},
        )  # fmt: skip
        if done.status != 0:
            return failed_child(done, evidence | child_evidence(done) | ({"file": name} if name else {}), "none")
    if any(NAME in word or FILE in word for word in spec.verify):
        return (yield from _each(whole, spec, order, evidence, limit))
    return (yield from _all(context, whole, spec, evidence, limit))


def _each(
    whole: WholeBackup,
    spec: StoreBackupSpec,
    order: list[tuple[str, str]],
    evidence: dict[str, Any],
    limit: float | None,
) -> StepRun:
    bad: list[str] = []
    for name, digest in order:
        done: ChildDone = yield RunChild(
            argv=_filled(spec.verify, whole, name), timeout=limit, authored=True, piped=Piped(into="")
        )
        if done.status != 0 or done.piped is None:
            return failed_child(done, evidence | child_evidence(done) | {"file": name}, "none")
        if done.piped.sha256 != digest:
            bad.append(name)
    return _judged(bad, evidence)


def _all(
    context: Context, whole: WholeBackup, spec: StoreBackupSpec, evidence: dict[str, Any], limit: float | None
) -> StepRun:
    name = f"{context.step.id}.{context.attempt}.stored"
    done: ChildDone = yield RunChild(
        argv=spec.verify, timeout=limit, authored=True, piped=Piped(into=f"{context.artifacts}/{name}"),
        environment={"VIRADA_BACKUP": f"{whole.directory}/{whole.base}"},
    )  # fmt: skip
    if done.status != 0:
        return failed_child(done, evidence | child_evidence(done), "none")
    text: str = yield LoadArtifact(name=name)
    # Wherever it lies there: a line tells of a file by the end of its path.
    told = [line.partition("  ")[::2] for line in text.splitlines()]
    found = {(digest.lstrip("\\"), path.lstrip("*")) for digest, path in told}
    bad = [
        file
        for file, digest in whole.files
        if not any(digest == one and (path == file or path.endswith(f"/{file}")) for one, path in found)
    ]
    return _judged(bad, evidence)


def _judged(bad: list[str], evidence: dict[str, Any]) -> Passed | Failed:
    if bad:
        told = {"damaged": bad[:_NAMED], "damaged_count": len(bad), "damaged_at": "copy"}
        return Failed(reason=FailReason.HASH_DIFFERS, evidence=evidence | told)
    return Passed(evidence=evidence)


def _filled(words: tuple[str, ...], whole: WholeBackup, name: str) -> tuple[str, ...]:
    return tuple(word.replace(FILE, f"{whole.directory}/{name}").replace(NAME, name) for word in words)
