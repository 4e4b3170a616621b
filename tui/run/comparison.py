"""Two runs beside each other: how long each step took, the locks it took, what was measured; the greatest differences
first. What nobody knows of one is None, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import Fact
from tui.run.state import RunState
from tui.run.steps import StepState, numbered

Unsaid = Literal["not_reached", "compressed", "by_person", "not_ended", "not_there"]
"""Why there is no duration: it has not begun; it waited in time that passed faster; a person's word stands for it; it
has not ended; the run has no such step."""


class MetricFigure(Struct, frozen=True, kw_only=True):
    """What a metric was in a run, in its own unit: median and worst of its samples."""

    median: float
    worst: float
    samples: int


class Side(Struct, frozen=True, kw_only=True):
    """A step in one of the runs; `why`: see `Unsaid`, where `seconds` is None. `attempts`: how many it took."""

    status: str | None = None
    seconds: float | None = None
    why: Unsaid | None = None
    attempts: int = 0


class StepCompared(Struct, frozen=True, kw_only=True):
    """A step in both runs. `more_s`: how much longer it took in the second one; `times`: how many times the first."""

    step: str
    title: str
    number: str
    one: Side
    other: Side
    more_s: float | None = None
    times: float | None = None


class LockCompared(Struct, frozen=True, kw_only=True):
    """A lock of a step: for how long it was held in either run; None where it was not taken there, or nobody looked
    (`looked`)."""

    step: str
    relation: str
    mode: str
    one_s: float | None = None
    other_s: float | None = None
    looked: tuple[bool, bool] = (True, True)


class MetricCompared(Struct, frozen=True, kw_only=True):
    """What was measured in either run; None where it was not. `breaches`: how often a criterion of it was breached."""

    metric: str
    one: MetricFigure | None = None
    other: MetricFigure | None = None
    breaches: tuple[int, int] = (0, 0)


class RunsCompared(Struct, frozen=True, kw_only=True):
    """`same_work`: whether both carried out the same steps and files. `runs`: what each was."""

    runs: tuple[dict[str, Any], dict[str, Any]]
    same_work: bool
    same_plan: bool
    steps: tuple[StepCompared, ...] = ()
    only_one: tuple[str, ...] = ()
    only_other: tuple[str, ...] = ()
    locks: tuple[LockCompared, ...] = ()
    metrics: tuple[MetricCompared, ...] = ()


def comparison(
    one: RunState, other: RunState, measured: tuple[Mapping[str, MetricFigure], Mapping[str, MetricFigure]]
) -> RunsCompared:
    """Of two runs that have opened; `measured`: by metric, of each."""
    assert one.opened is not None and other.opened is not None
    both = [at for at in one.steps if at.id in other.steps]
    return RunsCompared(
        runs=(_about(one), _about(other)), same_work=one.opened.work == other.opened.work,
        same_plan=one.opened.plan.name == other.opened.plan.name,
        steps=tuple(sorted((_step(at, other.steps[at.id]) for at in both), key=_weight)),
        only_one=tuple(at.id for at in one.steps if at.id not in other.steps),
        only_other=tuple(at.id for at in other.steps if at.id not in one.steps),
        locks=tuple(sorted((lock for at in both for lock in _locks(at, other.steps[at.id])), key=_lock_weight)),
        metrics=tuple(_metrics(one, other, *measured)),
    )  # fmt: skip


def _about(state: RunState) -> dict[str, Any]:
    opened = state.opened
    assert opened is not None
    version = state.identity.get("server_version")
    return {
        "id": opened.id, "plan": opened.plan.name, "target": opened.target, "environment": opened.environment,
        "mode": opened.mode, "status": state.status, "opened": state.opened_at, "work": opened.work,
        "compress": opened.compress, "amended": state.amended, "seconds": round(state.mono, 6),
        "server_version": version if isinstance(version, int) else None,
        "database_bytes": None if opened.sizes is None else opened.sizes.database,
    }  # fmt: skip


def _step(one: StepState, other: StepState) -> StepCompared:
    sides = _side(one), _side(other)
    first, second = (side.seconds for side in sides)
    more = None if first is None or second is None else round(second - first, 6)
    times = None if not first or second is None else round(second / first, 3)
    return StepCompared(
        step=one.id, title=one.step.title, number=one.place.number, one=sides[0], other=sides[1], more_s=more,
        times=times,
    )  # fmt: skip


def _side(at: StepState) -> Side:
    why: Unsaid | None = None
    if at.status in ("signed", "skipped", "by_hand"):
        why = "by_person"
    elif at.status == "pending":
        why = "not_reached"
    elif at.started is None or at.ended is None or at.status in ("running", "undecided"):
        why = "not_ended"
    elif Fact.COMPRESSED in at.taught:
        why = "compressed"
    seconds = None if why is not None or at.started is None or at.ended is None else round(at.ended - at.started, 6)
    return Side(status=at.status, seconds=seconds, why=why, attempts=at.attempt)


def _weight(step: StepCompared) -> tuple[bool, float]:
    return step.more_s is None, -abs(step.more_s or 0.0)


def _locks(one: StepState, other: StepState) -> Iterable[LockCompared]:
    known = _taken(one), _taken(other)
    looked = known[0] is not None, known[1] is not None
    first, second = known[0] or {}, known[1] or {}
    for relation, mode in dict.fromkeys((*first, *second)):
        yield LockCompared(
            step=one.id, relation=relation, mode=mode, one_s=first.get((relation, mode)),
            other_s=second.get((relation, mode)), looked=looked,
        )  # fmt: skip


def _taken(at: StepState) -> dict[tuple[str, str], float] | None:
    """For how long each lock was held, the longest of several; None where nobody looked."""
    told = at.taught.get(Fact.LOCKS)
    taken = told.get("taken") if isinstance(told, dict) else None
    if not isinstance(taken, list | tuple):
        return None
    found: dict[tuple[str, str], float] = {}
    for lock in taken:
        if isinstance(lock, dict):
            key = str(lock.get("relation")), str(lock.get("mode"))
            held = lock.get("held_s")
            found[key] = max(found.get(key, 0.0), float(held) if isinstance(held, int | float) else 0.0)
    return found


def _lock_weight(lock: LockCompared) -> float:
    return -abs((lock.other_s or 0.0) - (lock.one_s or 0.0))


def _metrics(
    one: RunState, other: RunState, first: Mapping[str, MetricFigure], second: Mapping[str, MetricFigure]
) -> Iterable[MetricCompared]:
    """The criteria first, in the plan's order, then what else was measured in either."""
    criteria = [guard.metric for state in (one, other) for guard in state.guards]
    for metric in dict.fromkeys((*criteria, *sorted({*first, *second}))):
        yield MetricCompared(
            metric=metric, one=first.get(metric), other=second.get(metric),
            breaches=(_breaches(one, metric), _breaches(other, metric)),
        )  # fmt: skip


def _breaches(state: RunState, metric: str) -> int:
    return sum(numbered(guard.breaches) for guard in state.guards if guard.metric == metric)
