"""`verify_backup`: what a backup is worth: its hash read back, the whole archive decoded, a trial restore.

`list` reads the table of contents alone, which a truncated archive still passes (reference): it is never the
default. `decode` reads every byte, which finds damage in gzip alone. `restore` loads it into a scratch database like
its source, and holds the rows that arrived against those that the source had then and still has (`trial.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.scalars import Duration
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.command import child_evidence
from tui.steps.effects import Failed, HashPath, Passed, PathHash
from tui.steps.trial import run, trial


class VerifyBackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`of`: the backup's step; `database`: the scratch database that a trial restore makes and drops again.

    The rest is for `restore`. `schemas`, `tables` (`schema.table`): restored alone, with what they need.
    `exclude_extensions`, `exclude` (kinds of pg_restore's list): left out, with what needs them. `no_owner`,
    `no_privileges`, `no_tablespaces`: by default where the role is no superuser. `compare`: with the source's rows.
    """

    of: str
    level: Literal["list", "decode", "restore"] = "decode"
    database: str = "virada_restore_check"
    jobs: int = 1
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    exclude_extensions: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    no_owner: bool | None = None
    no_privileges: bool | None = None
    no_tablespaces: bool | None = None
    compare: bool = True
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
    listed = yield from run(context, spec, ("pg_restore", "--list", "--file=/dev/null", path))
    if listed.status != 0:
        return Failed(reason=FailReason.LIST_FAILED, evidence=evidence | child_evidence(listed) | {"tail": listed.tail})
    if spec.level == "list":
        return Passed(evidence=evidence)
    decoded = yield from run(context, spec, ("pg_restore", "--file=/dev/null", path))
    if decoded.status != 0:
        return Failed(
            reason=FailReason.DECODE_FAILED, evidence=evidence | child_evidence(decoded) | {"tail": decoded.tail}
        )
    evidence["decode_s"] = decoded.seconds
    if spec.level == "decode":
        return Passed(evidence=evidence)
    return (yield from trial(context, spec, path, recorded.get("horizon"), evidence))


def lint(lint: Lint) -> Iterable[Finding]:
    """`of` names a backup step; what is for a restore stands beside `level: restore`."""
    spec: VerifyBackupSpec = lint.spec
    kind = lint.kinds_of_steps.get(spec.of)
    if kind != "backup":
        found = "no step" if kind is None else f"a step of kind {kind}"
        yield Finding(code="verify-of", message=f"'of' must name a backup step; {spec.of!r} is {found}", key="of")
    if spec.level != "restore":
        for key in ("schemas", "tables", "exclude_extensions", "exclude"):
            if getattr(spec, key):
                message = f"{key!r} says what a trial restore takes; write 'level: restore'"
                yield Finding(code="verify-level", message=message, key=key)


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Level, hash, what a trial restore brought back, what of it was compared and what was left out."""
    shown = ("level", "bytes", "sha256", "tables", "rows", "compared", "not_compared", "left_out_count")
    return [(key, str(evidence[key])) for key in shown if key in evidence]


KIND = Kind(
    name="verify_backup", spec=VerifyBackupSpec, execute=execute, fence="child", repeat="always", short="of",
    lint=lint, facts=facts,
)  # fmt: skip
