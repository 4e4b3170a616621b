"""Success criteria that nothing can measure on the run's target: lines at the checklist's end, which a person signs.

Whether they hold is not known to the run, so it is not completed before somebody has said how they know. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.journal.events import RunOpened
from tui.plan.model import Guard, Place, Step
from tui.run.order import Refusal
from tui.run.steps import StepState

PREFIX = "criterion."
"""Of the ids of these lines; no step of a plan has a dot in its id."""
_SHARES = ("cpu", "memory", "connections", "disk", "io_pressure_share")
_TIMES = ("response_time", "response_time_p50", "response_time_p95", "replication_lag", "oldest_transaction_s")


def attested_steps(opened: RunOpened) -> Iterator[StepState]:
    """One for each of `RunOpened.unmeasured`; their phase has no title, for words are put to it where it is shown."""
    criteria, known = opened.plan.success, set[str]()
    for place in opened.unmeasured:
        if not 0 <= place < len(criteria):
            continue
        guard = criteria[place]
        ident = f"{PREFIX}{guard.metric}"
        if ident in known:
            ident = f"{ident}.{place + 1}"
        known.add(ident)
        step = Step(id=ident, title=title_of(guard), kind="sign")
        yield StepState(step=step, place=Place(f"C.1.{len(known)}", "", "", None, False))


def is_attested(step: str) -> bool:
    """Whether this is the id of such a line."""
    return step.startswith(PREFIX)


def only_signed(at: StepState) -> Refusal | None:
    """Why such a line is not left out: to leave it out would be to say that nobody needs to know."""
    if not is_attested(at.id):
        return None
    message = f"{at.id} is a criterion that nothing measures here; sign it with a note, or close the run with a reason"
    return Refusal(code="attest", message=message, facts={"step": at.id})


def title_of(guard: Guard) -> str:
    """The criterion as a formula, in the metric's own unit: `cpu < 70%`."""
    relation, limit = "=", guard.equals
    if guard.below is not None:
        relation, limit = "<", guard.below
    elif guard.above is not None:
        relation, limit = ">", guard.above
    return f"{guard.metric} {relation} {_written(guard.metric, limit or 0.0)}"


def _written(metric: str, value: float) -> str:
    if metric in _SHARES:
        return f"{100 * value:g}%"
    if metric in _TIMES:
        return f"{1000 * value:g} ms" if 0 < value < 1 else f"{value:g} s"
    return f"{value:g}"
