"""Two runs beside each other: how long each step took, the locks it took, what was measured; the greatest differences
first. What nobody knows of one is None, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from tui.finite import span
from tui.journal.codes import Fact
from tui.plan.metrics import told_twice
from tui.run.lasted import lasted
from tui.run.state import RunState
from tui.run.steps import StepState, numbered

Unsaid = Literal["not_reached", "compressed", "by_person", "not_ended", "not_there", "unseen", "resumed"]
"""Why there is no duration: it has not begun; it waited in time that passed faster; a person's word stands for it; it
has not ended; the run has no such step; or see `tui.run.lasted.Unsure`."""

Seen = Literal["held", "kept", "not_taken", "not_known"]
"""What is known of a lock in a run: for how long it was held; that it was, and still was when its transaction had been
prepared; that it was not taken; or nothing, for not every transaction was looked at, not all locks were named, or none
were looked for."""


class MetricFigure(Struct, frozen=True, kw_only=True):
    """What a metric was in a run, in its own unit: median, least and most of its samples."""

    median: float
    least: float
    most: float
    samples: int


class Side(Struct, frozen=True, kw_only=True):
    """A step in one of the runs; `why`: see `Unsaid`, where `seconds` is None. `between_s`: what lies between its
    beginning and its outcome where that is not its duration. `attempts`: how many it took."""

    status: str | None = None
    seconds: float | None = None
    between_s: float | None = None
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
    """A lock of a step: for how long it was held in either run, None where that is not known or it was not taken
    (`seen`). `least`: it was seen for so long, from time to time. `more_s`: how much longer it was held in the second
    one; None where that is not known."""

    step: str
    relation: str
    mode: str
    one_s: float | None = None
    other_s: float | None = None
    seen: tuple[Seen, Seen] = ("not_known", "not_known")
    least: tuple[bool, bool] = (False, False)
    more_s: float | None = None


class LocksUnsaid(Struct, frozen=True, kw_only=True):
    """What is not known of a step's locks in either run: how many were taken beyond those that are named, and behind
    how many transactions nobody could look."""

    step: str
    more: tuple[int, int] = (0, 0)
    not_looked: tuple[int, int] = (0, 0)


class MetricCompared(Struct, frozen=True, kw_only=True):
    """What was measured in either run; None where it was not. `worst`: which end of it is the worse one by the criteria
    of both runs, the same of both; None where those tell of both ends. `breaches`: how often a criterion of it was
    breached."""

    metric: str
    one: MetricFigure | None = None
    other: MetricFigure | None = None
    worst: Literal["least", "most"] | None = "most"
    breaches: tuple[int, int] = (0, 0)


class RunsCompared(Struct, frozen=True, kw_only=True):
    """`same_work`: whether both carried out the same steps and files. `runs`: what each was. Steps and locks whose
    difference is not known stand behind the others."""

    runs: tuple[dict[str, Any], dict[str, Any]]
    same_work: bool
    same_plan: bool
    steps: tuple[StepCompared, ...] = ()
    only_one: tuple[str, ...] = ()
    only_other: tuple[str, ...] = ()
    locks: tuple[LockCompared, ...] = ()
    locks_unsaid: tuple[LocksUnsaid, ...] = ()
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
        locks_unsaid=tuple(found for at in both if (found := _unsaid(at, other.steps[at.id])) is not None),
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
    found = None if why is not None else lasted(at)
    if found is None:
        return Side(status=at.status, why=why, attempts=at.attempt)
    seconds = round(found.seconds, 6)
    if found.unsure is not None:
        return Side(status=at.status, why=found.unsure, between_s=seconds, attempts=at.attempt)
    return Side(status=at.status, seconds=seconds, attempts=at.attempt)


def _weight(step: StepCompared) -> tuple[bool, float]:
    return step.more_s is None, -abs(step.more_s or 0.0)


class _Taken(Struct, frozen=True):
    """What a run tells of a step's locks: of each how long it was held (None: kept), and whether that is the least;
    `more` and `not_looked` as in `LocksUnsaid`."""

    held: dict[tuple[str, str], tuple[float | None, bool]]
    more: int = 0
    not_looked: int = 0

    def of(self, lock: tuple[str, str]) -> tuple[float | None, Seen, bool]:
        if lock in self.held:
            seconds, least = self.held[lock]
            return seconds, "kept" if seconds is None else "held", least
        # What was not named, and what nobody looked at, may have been this one.
        return None, "not_known" if self.more or self.not_looked else "not_taken", False


def _locks(one: StepState, other: StepState) -> Iterable[LockCompared]:
    first, second = _taken(one), _taken(other)
    named = [lock for known in (first, second) if known is not None for lock in known.held]
    for lock in dict.fromkeys(named):
        here = (None, "not_known", False) if first is None else first.of(lock)
        there = (None, "not_known", False) if second is None else second.of(lock)
        known = {here[1], there[1]} <= {"held", "not_taken"}
        yield LockCompared(
            step=one.id, relation=lock[0], mode=lock[1], one_s=here[0], other_s=there[0],
            seen=(here[1], there[1]), least=(here[2], there[2]),
            more_s=round((there[0] or 0.0) - (here[0] or 0.0), 6) if known else None,
        )  # fmt: skip


def _taken(at: StepState) -> _Taken | None:
    """Of several of one mode the longest; None where the run tells of no locks."""
    told = at.taught.get(Fact.LOCKS)
    taken = told.get("taken") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(taken, list | tuple):
        return None
    locks = [lock for lock in taken if isinstance(lock, dict)]
    found: dict[tuple[str, str], tuple[float | None, bool]] = {}
    for lock in locks:
        key = str(lock.get("relation")), str(lock.get("mode"))
        held = lock.get("held_s")
        seconds = span(held) if isinstance(held, int | float) else None
        known, least = found.get(key, (0.0, False))
        longest = None if seconds is None or known is None else max(known, seconds)
        found[key] = longest, least or lock.get("sampled") is True
    count, missed = numbered(told.get("count", len(locks))), numbered(told.get("not_looked", 0))
    return _Taken(found, more=max(0, count - len(locks)), not_looked=max(0, missed))


def _unsaid(one: StepState, other: StepState) -> LocksUnsaid | None:
    first, second = (_taken(at) or _Taken({}) for at in (one, other))
    found = LocksUnsaid(
        step=one.id, more=(first.more, second.more), not_looked=(first.not_looked, second.not_looked)
    )  # fmt: skip
    return found if any((*found.more, *found.not_looked)) else None


def _lock_weight(lock: LockCompared) -> tuple[bool, float]:
    """Behind those whose difference is known the others, what was kept or held longest first."""
    if lock.more_s is not None:
        return False, -abs(lock.more_s)
    if "kept" in lock.seen:
        return True, float("-inf")
    return True, -max(lock.one_s or 0.0, lock.other_s or 0.0)


def _metrics(
    one: RunState, other: RunState, first: Mapping[str, MetricFigure], second: Mapping[str, MetricFigure]
) -> Iterable[MetricCompared]:
    """The criteria first, in the plan's order, then what else was measured in either; of two names of one metric the
    criterion's."""
    criteria = list(dict.fromkeys(guard.metric for state in (one, other) for guard in state.guards))
    others = {*first, *second}.difference(criteria, told_twice(criteria))
    for metric in (*criteria, *sorted(others)):
        yield MetricCompared(
            metric=metric, one=first.get(metric), other=second.get(metric), worst=_worst(one, other, metric),
            breaches=(_breaches(one, metric), _breaches(other, metric)),
        )  # fmt: skip


def _worst(one: RunState, other: RunState, metric: str) -> Literal["least", "most"] | None:
    """One answer for both runs, whichever of them has the criterion."""
    relations = {guard.relation for state in (one, other) for guard in state.guards if guard.metric == metric}
    if relations <= {"below"}:
        return "most"
    return "least" if relations == {"above"} else None


def _breaches(state: RunState, metric: str) -> int:
    return sum(numbered(guard.breaches) for guard in state.guards if guard.metric == metric)
