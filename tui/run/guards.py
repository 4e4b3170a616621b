"""Success criteria watched live: when a value over its limit has lasted long enough to be a breach. Pure."""

from __future__ import annotations

from tui.journal.events import Event, GuardBreached, GuardCleared
from tui.run.state import RunState


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
                    since=guard.over_since or 0.0,
                )
            )  # fmt: skip
        elif guard.breached and guard.over_since is None:
            since = next((b.since for b in reversed(state.breaches) if b.metric == guard.metric), state.mono)
            found.append(GuardCleared(metric=guard.metric, value=guard.value, lasted_s=state.mono - since))
    return tuple(found)
