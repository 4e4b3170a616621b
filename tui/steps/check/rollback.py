"""`rollback`: every change has a way back, whose scripts are as they were sealed, rehearsed, and of known duration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.plan.kinds import Finding, Lint
from tui.plan.model import Step, places
from tui.plan.scalars import Duration
from tui.said import N_, Quoted
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, because, named, row
from tui.steps.context import Context
from tui.steps.effects import Now, PastRehearsals, Rehearsals, Sealed, Timetable, Timetabled

_NAMED: Final = 50


class RollbackSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rehearsal itself, which has yet to try it, needs neither the rehearsal nor the duration."""

    max_age: Duration | None = None
    """How long ago the newest rehearsal that took steps back may have ended: `7d`."""
    without: tuple[str, ...] = ()
    """Ids of steps that may stay without an undo, for they harm nobody."""


def look(context: Context, spec: RollbackSpec | bool, evidence: dict[str, Any]) -> Look:
    """Present, sealed, rehearsed, and how long it takes."""
    wanted = spec if isinstance(spec, RollbackSpec) else RollbackSpec()
    changing = [step for _place, step in places(context.plan.phases) if context.changes(step)]
    undone = [step.id for step in changing if step.undo is not None]
    rows = [_present(context, changing, wanted)]
    changed: tuple[dict[str, str], ...] = yield Sealed()
    names = [one["file"] for one in changed]
    whole = len(context.files)
    why = because(Coded(Shortcoming.NOT_AS_SEALED, files=named(names)) if names else None)
    rows.append(row("rollback_sealed", whole, whole - len(names), not names, files=names[:_NAMED], **why))
    if context.rehearsal:
        rows.append(row("rollback_rehearsed", undone, "this_run", True))
    elif undone:
        found: PastRehearsals = yield Rehearsals()
        now: float = yield Now()
        rows.append(_rehearsed(undone, found, wanted, now))
    told: Timetabled = yield Timetable()
    rows.append(_duration(context, told))
    return rows


def _present(context: Context, changing: list[Step], wanted: RollbackSpec) -> Row:
    """A step that changes something and has no undo is taken back by the rollback's own steps, if these change
    something, or not at all."""
    without = [step.id for step in changing if step.undo is None and step.id not in wanted.without]
    own = [step.id for _place, step in places(context.plan.rollback.phases) if context.changes(step)]
    facts: dict[str, Any] = {
        "without_undo": without[:_NAMED],
        "without_undo_count": len(without),
        "rollback_steps": own[:_NAMED],
    }
    there = len(changing) - len(without)
    if without and not own:
        facts |= because(Coded(Shortcoming.NO_UNDO, steps=named(without)))
    return row("rollback_present", len(changing), there, not without or bool(own), **facts)


def _rehearsed(undone: list[str], found: PastRehearsals, wanted: RollbackSpec, now: float) -> Row:
    """Each undo ran in a rehearsal of the same work."""
    missing = [ident for ident in undone if ident not in found.undone]
    ran = [ident for ident in undone if ident in found.undone]
    facts: dict[str, Any] = {"missing": missing[:_NAMED], "runs": sorted(set(found.undone.values()))[-_NAMED:]}
    if missing:
        # A run that cannot be read may have tried them.
        unread = Coded(Shortcoming.RUNS_UNREAD, number=found.unread) if found.unread else None
        facts |= because(Coded(Shortcoming.NOT_UNDONE, steps=named(missing)), unread)
        return row("rollback_rehearsed", undone, ran, None if found.unread else False, unread=found.unread, **facts)
    age = now - min(found.undone_at[ident] for ident in undone)
    facts["age_s"] = round(age, 3)
    if wanted.max_age is not None:
        facts["max_age_s"] = wanted.max_age
    in_time = wanted.max_age is None or age <= wanted.max_age
    if not in_time:
        facts |= because(Coded(Shortcoming.REHEARSED_LONG_AGO, run=facts["runs"][0], hours=round(age / 3600, 1)))
    return row("rollback_rehearsed", undone, ran, in_time, **facts)


def _duration(context: Context, told: Timetabled) -> Row:
    """How long going back takes, rehearsed or estimated, all parts of it."""
    known = told.rollback_s is not None and not told.rollback_least
    facts: dict[str, Any] = {"least": told.rollback_least, "unit": "s"}
    if context.rehearsal and not known:
        return row("rollback_duration", "known", "this_run", True, **facts)
    return row("rollback_duration", "known", told.rollback_s, True if known else None, **facts)


def among(spec: RollbackSpec | bool, lint: Lint) -> Iterable[Finding]:
    """Steps that there are."""
    for step in spec.without if isinstance(spec, RollbackSpec) else ():
        if step not in lint.kinds_of_steps:
            yield Finding(code="check-step", facts={"step": Quoted(step)}, key="rollback")


CHECK = Check(look=look, among=among, texts={"check-step": N_("there is no step {step} in the plan")})
