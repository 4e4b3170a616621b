"""What was restored on trial is what the backup's own moment had: its fingerprint, taken in the same snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.steps.answers import failing
from tui.steps.context import Context, StepRun
from tui.steps.difference import FAMILIES, compared
from tui.steps.effects import Failed, Passed, TakeFingerprint
from tui.steps.fingerprints import NAMED, TOLD, kept, take
from tui.steps.verify_backup.spec import VerifyBackupSpec

_OF_DATABASE: Final = ("database *", "grants database", "comments database*", "subscriptions *", "roles *")
"""What belongs to the database itself, which no restore into another brings along, what is never restored, and roles:
they are the server's, which others may change at any time."""


def same(
    context: Context, spec: VerifyBackupSpec, recorded: Mapping[str, Any], outcome: Passed, faithful: bool
) -> StepRun:
    """Hold the scratch database against it: rows of all tables and sequences; the catalogue, too, where all of it was
    restored with its owners and grants."""
    told = recorded.get(TOLD)
    before = None if not told else (yield from kept(told))
    if before is None:
        return Failed(reason=FailReason.NOT_COMPARED, evidence=outcome.evidence | {"of": spec.of})
    hashed = {name: tuple(of["columns"]) for name, of in before["tables"].items() if "columns" in of}
    taken = yield from take(
        context,
        TakeFingerprint(
            tables=tuple(before["tables"]), columns=hashed, scratch_database=spec.database, role=context.step.as_
        ),
    )
    if taken.error is not None:
        return Failed(reason=failing(taken.error), evidence=outcome.evidence, error=taken.error)
    ignore = _OF_DATABASE if faithful else tuple(f"{family} *" for family in FAMILIES)
    comparison = compared(before, taken.found, content=True, ignore=ignore)
    difference: dict[str, Any] = {
        "with": spec.of, "tables_count": comparison.tables, "objects": comparison.objects if faithful else 0,
        "count": len(comparison.differences), "names": [each.name for each in comparison.differences[:NAMED]],
    }  # fmt: skip
    if comparison.left:
        difference |= {
            "not_compared": [each.facts() for each in comparison.left[:NAMED]],
            "not_compared_count": len(comparison.left),
        }
    evidence = outcome.evidence | {"difference": difference}
    if comparison.differences:
        return Failed(reason=FailReason.DIFFERS, evidence=evidence)
    return Passed(evidence=evidence)
