"""What earlier runs have rehearsed of a run's work; and where none has, how the newest like it differs from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tui.journal.events import RunOpened, class_of
from tui.journal.line import JournalError
from tui.journal.reader import scan
from tui.plan.files import PLAN_FILE
from tui.plan.model import Plan, Step, steps_of
from tui.plan.sealed import SealedPlan
from tui.recording.earlier import opening_of
from tui.run.clock import instant
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths, list_runs
from tui.steps.effects import PastRehearsals
from tui.steps.registry import KINDS

_RUNS: Final = 100
"""Runs that are looked through, the newest first."""
_NAMED: Final = 50


def rehearsals_of(opened: RunOpened, digests: Mapping[str, str]) -> PastRehearsals:
    """`digests`: the SHA-256 of this run's files by name. Runs that cannot be read are counted."""
    whole: dict[str, Any] | None = None
    partial: dict[str, Any] | None = None
    other: tuple[RunPaths, RunOpened] | None = None
    undone: dict[str, str] = {}
    undone_at: dict[str, float] = {}
    unread = 0
    try:
        known = [paths for paths in list_runs() if paths.id != opened.id]
    except OSError:
        return PastRehearsals(unread=1)
    for paths in known[:_RUNS]:
        earlier = opening_of(paths.journal)
        if earlier is None:
            unread += 1
            continue
        if earlier.mode != "rehearsal":
            continue
        if earlier.work != opened.work:
            if other is None and earlier.plan.name == opened.plan.name:
                other = paths, earlier
            continue
        state = folded(paths)
        if state is None:
            unread += 1
            continue
        about = _about(state, earlier)
        for ident in _undone(state):
            if ident not in undone:
                undone[ident], undone_at[ident] = earlier.id, about["ended"]
        if is_whole(state):
            whole = whole or about
        else:
            partial = partial or about | {"skipped": _skipped(state)[:_NAMED]}
    return PastRehearsals(
        whole=whole, partial=None if whole else partial,
        other=_differing(*other, opened, digests) if other and not whole and not partial else None,
        undone=undone, undone_at=undone_at, unread=unread, looked_at=min(len(known), _RUNS),
    )  # fmt: skip


def folded(paths: RunPaths) -> RunState | None:
    """Where a run stands, without what comes in any amount; None where that cannot be read."""
    try:
        state = RunState()
        for entry in scan(paths.journal):
            if not class_of(entry.line.type).BULK:
                state = fold(state, entry.line)
    except (OSError, JournalError, ValueError):
        return None
    return state if state.opened is not None else None


def is_whole(state: RunState) -> bool:
    """Whether a rehearsal went to its end with every change made. Of one that was amended on its way no plan was
    rehearsed from its beginning to its end."""
    opened = state.opened
    if opened is None or opened.mode != "rehearsal" or state.amended:
        return False
    return state.status == "completed" and not _skipped(state)


def _skipped(state: RunState) -> list[str]:
    return [at.id for at in state.steps if at.status == "skipped" and _may_change(at.step.kind)]


def _may_change(kind: str) -> bool:
    known = KINDS.get(kind)
    return known is None or known.window != "never"


def _undone(state: RunState) -> list[str]:
    return [at.undoes for at in state.steps if at.undoes is not None and at.status in ("passed", "by_hand")]


def _about(state: RunState, earlier: RunOpened) -> dict[str, Any]:
    return {
        "run": earlier.id, "target": earlier.target, "environment": earlier.environment, "status": state.status,
        "ended": instant(state.at) if state.at else 0.0, "compress": earlier.compress,
    }  # fmt: skip


def _differing(paths: RunPaths, earlier: RunOpened, opened: RunOpened, digests: Mapping[str, str]) -> dict[str, Any]:
    """What of this run's work differs from an earlier one's, by names of steps and files."""
    before, now = _steps(earlier.plan), _steps(opened.plan)
    found: dict[str, Any] = {"run": earlier.id, "target": earlier.target}
    found |= _named("steps", before, now)
    if not any(name.startswith("steps") for name in found) and list(before) != list(now):
        found["steps_order"] = True
    for key in ("success", "quality"):
        if getattr(earlier.plan, key) != getattr(opened.plan, key):
            found[key] = True
    try:
        theirs = {n: d for n, d in SealedPlan(paths.plan, earlier.seal).digests.items() if n != PLAN_FILE}
    except (OSError, ValueError):
        return found | {"files_unread": True}
    found |= _named("files", theirs, {name: digest for name, digest in digests.items() if name != PLAN_FILE})
    if len(found) == 2:
        # Titles of phases, or where steps stand in them.
        found["layout"] = True
    return found


def _steps(plan: Plan) -> dict[str, Step]:
    return {step.id: step for step in steps_of(plan)}


def _named(what: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Names that are new, gone, or mean something else; what has none is left out."""
    parts = {
        "changed": [name for name in now if name in before and before[name] != now[name]],
        "new": [name for name in now if name not in before], "gone": [name for name in before if name not in now],
    }  # fmt: skip
    found: dict[str, Any] = {}
    for how, names in parts.items():
        if names:
            found |= {f"{what}_{how}": names[:_NAMED], f"{what}_{how}_count": len(names)}
    return found
