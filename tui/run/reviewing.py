"""What a person adds to a run's review: lessons, and improvements with owner and day. Pure; a rule of the helm."""

from __future__ import annotations

from collections.abc import Iterable

from tui.journal import events as e
from tui.run import commands as c
from tui.run.order import Refusal
from tui.run.review import Improvement
from tui.run.reviewed import day_of, is_over
from tui.run.state import RunState
from tui.run.steps import StepState, attestation_of


def reviewed(state: RunState, command: c.Improve | c.Improved | c.Lesson, wall: float) -> tuple[e.Event, ...] | Refusal:
    """What the command adds, or why it does not."""
    match command:
        case c.Improve():
            return _improve(state, command, wall)
        case c.Improved():
            return _improved(state, command)
    return (e.LessonAdded(id=_next("L", (x.id for x in state.lessons if x.run is None)), text=command.text),)


def wanting(state: RunState, at: StepState) -> Refusal | None:
    """Why a step is not signed yet: what it is about has not been written down in this run."""
    match attestation_of(at.step).wants:
        case "lesson" if not any(one.run is None for one in state.lessons):
            message = "no lesson stands in this run yet: write one down first"
            return Refusal(code="no-lesson", message=message, facts={"step": at.id})
        case "improvement" if not any(one.run is None for one in state.improvements):
            message = "no improvement stands in this run yet: write one down first, with owner and day"
            return Refusal(code="no-improvements", message=message, facts={"step": at.id})
    return None


def _improve(state: RunState, command: c.Improve, wall: float) -> tuple[e.Event, ...] | Refusal:
    due = day_of(command.due)
    # What is accepted is not overdue the moment it stands there.
    if due is None or is_over(due, wall):
        message = "an improvement needs a day that is to come, such as 2031-12-31"
        return Refusal(code="due", message=message, facts={"due": command.due, "past": due is not None})
    if not command.owner.strip():
        return Refusal(code="owner", message="an improvement needs somebody who sees to it")
    number = _next("I", (one.id for one in state.improvements if one.run is None))
    return (e.ImprovementAdded(id=number, text=command.text, owner=command.owner.strip(), due=command.due),)


def _improved(state: RunState, command: c.Improved) -> tuple[e.Event, ...] | Refusal:
    one = improvement_of(state, command.improvement)
    if one is None:
        message = f"there is no improvement {command.improvement} in this run"
        return Refusal(code="no-improvement", message=message, facts={"improvement": command.improvement})
    if one.done is not None:
        message = f"{command.improvement} is done already"
        return Refusal(code="improved", message=message, facts={"improvement": command.improvement})
    return (e.ImprovementDone(id=one.id, run=one.run, text=command.text),)


def improvement_of(state: RunState, name: str) -> Improvement | None:
    """The improvement that is meant by `I1`, or by `RUN:I1` with a part of the run's id that is that of one alone."""
    run, _colon, id = name.rpartition(":")
    found = [
        one for one in state.improvements
        if one.id == id and (one.run is None if not run else (one.run or "").startswith(run))
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _next(letter: str, ids: Iterable[str]) -> str:
    numbers = (int(id[1:]) for id in ids if id[1:].isascii() and id[1:].isdigit())
    return f"{letter}{max(numbers, default=0) + 1}"
