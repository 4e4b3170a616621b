"""Success criteria that nothing can measure on the run's target: lines at the checklist's end, which a person signs.

Whether they hold is not known to the run, so it is not completed before somebody has said how they know. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.journal.events import RunOpened
from tui.plan.metrics import MetricUnit, unit_of
from tui.plan.model import Guard, Place, Step
from tui.run.order import Refusal
from tui.run.state import RunState
from tui.run.steps import StepState

PREFIX = "criterion."
"""Of the ids of these lines; no step of a plan has a dot in its id."""


def attested_steps(opened: RunOpened) -> Iterator[StepState]:
    """One for each of `RunOpened.unmeasured`; their phase has no title, for words are put to it where it is shown."""
    for number, (ident, place) in enumerate(_named(opened), 1):
        step = Step(id=ident, title=title_of(opened.plan.success[place]), kind="sign")
        yield StepState(step=step, place=Place(f"C.1.{number}", "", "", None, False))


def _named(opened: RunOpened) -> Iterator[tuple[str, int]]:
    """The id of each line, with the place of its criterion in the plan's list."""
    known = set[str]()
    for place in opened.unmeasured:
        if 0 <= place < len(opened.plan.success):
            ident = f"{PREFIX}{opened.plan.success[place].metric}"
            if ident in known:
                ident = f"{ident}.{place + 1}"
            known.add(ident)
            yield ident, place


def left_to_a_person(state: RunState) -> dict[tuple[str, float], StepState]:
    """By metric and limit the lines of the criteria that nothing could measure when the run was opened: whoever watches
    the criteria says nothing of these."""
    if state.opened is None:
        return {}
    named = ((state.guards[place], state.steps[ident]) for ident, place in _named(state.opened))
    return {(guard.metric, guard.limit): at for guard, at in named}


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
    """The criterion in the plan's words, else as a formula in the metric's own unit: `cpu < 70%`."""
    if guard.title:
        return guard.title
    relation, limit = "=", guard.equals
    if guard.below is not None:
        relation, limit = "<", guard.below
    elif guard.above is not None:
        relation, limit = ">", guard.above
    return f"{guard.metric} {relation} {_written(guard.metric, limit or 0.0)}"


def _written(metric: str, value: float) -> str:
    match unit_of(metric):
        case MetricUnit.SHARE:
            return f"{100 * value:g}%"
        case MetricUnit.SECONDS:
            return f"{1000 * value:g} ms" if 0 < value < 1 else f"{value:g} s"
    return f"{value:g}"
