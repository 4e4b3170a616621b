"""`staging`: the same work was rehearsed to its end, and not too long ago."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.plan.scalars import Duration
from tui.steps.check.check import Check
from tui.steps.check.row import Look, because, named, row
from tui.steps.context import Context
from tui.steps.effects import Now, PastRehearsals, Rehearsals


class StagingSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rehearsal is a run of the same steps and files on a target that is not production, which ended completed with
    every change made; one that was compressed counts. A rehearsal itself does not look for another one."""

    max_age: Duration | None = None
    """How long ago it may have ended: `7d`; as long as it likes where nothing is said."""


def look(context: Context, spec: StagingSpec | bool, evidence: dict[str, Any]) -> Look:
    """One row: the run that rehearsed it, or what differs from the newest like it."""
    wanted = spec if isinstance(spec, StagingSpec) else StagingSpec()
    if context.rehearsal:
        return [row("staging", "rehearsed", "this_run", True)]
    found: PastRehearsals = yield Rehearsals()
    now: float = yield Now()
    facts: dict[str, Any] = {"looked_at": found.looked_at, "unread": found.unread}
    whole = found.whole
    if whole is not None:
        age = max(0.0, now - whole["ended"])
        known = {key: whole[key] for key in ("run", "target", "environment", "compress")} | {"age_s": round(age, 3)}
        if wanted.max_age is not None:
            known["max_age_s"] = wanted.max_age
        in_time = wanted.max_age is None or age <= wanted.max_age
        if not in_time:
            known |= because(Coded(Shortcoming.REHEARSED_LONG_AGO, run=whole["run"], hours=round(age / 3600, 1)))
        return [row("staging", "rehearsed", "rehearsed" if in_time else "too_old", in_time, **known, **facts)]
    # One that cannot be read may be the rehearsal.
    holds = None if found.unread else False
    unread = Coded(Shortcoming.RUNS_UNREAD, number=found.unread) if found.unread else None
    if found.partial is not None:
        why = Coded(Shortcoming.NOT_TO_ITS_END, run=found.partial["run"], status=found.partial["status"])
        facts |= found.partial | because(why, unread)
        return [row("staging", "rehearsed", "not_to_its_end", holds, **facts)]
    if found.other is not None:
        facts |= found.other | because(*_differences(found.other), unread)
        return [row("staging", "rehearsed", "other_work", holds, **facts)]
    facts |= because(Coded(Shortcoming.NEVER_REHEARSED, number=found.looked_at), unread)
    return [row("staging", "rehearsed", "nothing", holds, **facts)]


def _differences(other: dict[str, Any]) -> list[Coded | None]:
    """Steps and files by name; where neither differs, it is the layout of the plan."""
    found: list[Coded | None] = []
    for what, code in (("steps", Shortcoming.OTHER_STEPS), ("files", Shortcoming.OTHER_FILES)):
        names = [name for how in ("changed", "new", "gone") for name in other.get(f"{what}_{how}", ())]
        found.append(Coded(code, run=other["run"], **{what: named(names)}) if names else None)
    return found


CHECK = Check(look=look)
