"""Success criteria watched live: when a value over its limit has lasted long enough to be a breach. Pure."""

from __future__ import annotations

from tui.journal.events import Event, GuardBreached, GuardCleared, Relation
from tui.plan.model import Plan
from tui.run.state import GuardState, RunState


def criteria(plan: Plan) -> tuple[GuardState, ...]:
    """The plan's success criteria, of which nothing is known yet."""
    found = []
    for guard in plan.success:
        relation: Relation = "equals"
        limit = guard.equals or 0.0
        if guard.below is not None:
            relation, limit = "below", guard.below
        elif guard.above is not None:
            relation, limit = "above", guard.above
        found.append(
            GuardState(metric=guard.metric, limit=limit, relation=relation, for_s=guard.for_, except_=guard.except_)
        )
    return tuple(found)


def concerns(event: GuardBreached | GuardCleared, guard: GuardState) -> bool:
    """Whether it tells of this criterion: a metric may have several, such as one of a minute and one of seconds."""
    return (
        event.metric == guard.metric
        and event.limit in (None, guard.limit)
        and event.relation in (None, guard.relation)
    )  # fmt: skip


def breaches_of(state: RunState, metric: str) -> int:
    """How often a metric's criteria were breached, all of them together."""
    return sum(guard.breaches for guard in state.guards if guard.metric == metric)


def observe(state: RunState) -> tuple[Event, ...]:
    """Breaches and their ends that the latest sample makes true; the fold has noted since when a value is over."""
    found: list[Event] = []
    for guard in state.guards:
        if guard.value is None or guard.sampled is None:
            continue
        over = guard.over_since is not None and guard.sampled - guard.over_since >= guard.for_s
        if over and not guard.breached:
            found.append(
                GuardBreached(
                    metric=guard.metric, value=guard.value, limit=guard.limit, source=guard.source or "",
                    since=guard.over_since or 0.0, relation=guard.relation,
                )
            )  # fmt: skip
        elif guard.breached and guard.over_since is None:
            since = state.mono if guard.breached_since is None else guard.breached_since
            found.append(
                GuardCleared(
                    metric=guard.metric, value=guard.value, lasted_s=state.mono - since, limit=guard.limit,
                    relation=guard.relation,
                )
            )  # fmt: skip
    return tuple(found)
