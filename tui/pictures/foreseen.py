"""What a key will set going beyond what it says, told before it is pressed: in the footer, above it, and in questions.

The rules are the engine's own (`tui.run.foresight`); what was looked at is kept for as long as it is the same.
"""

from __future__ import annotations

from tui.locale import _
from tui.pictures.lines import Line, explained
from tui.pictures.view import View
from tui.run import commands as c
from tui.run.foresight import Foreseen, announced, foresee
from tui.run.order import Refusal
from tui.run.steps import StepState
from tui.words.driving import drive_word, foreseen_words, steps_words

LIMIT = 120
"""Steps that are looked at for a screen: more are told as `and further`."""
NEAR = 24
"""Steps behind the one where the run stands that are looked at while the selection moves."""
EVERY = 5.0
"""Seconds for which what was looked at counts: what the time of day decides may be as old as that."""
_KEPT = 8
_known: dict[object, tuple[object, Foreseen | None]] = {}


def by_itself(view: View) -> Foreseen | None:
    """What happens although no key is pressed; None where nobody but a person drives."""
    state = view.state
    if state.opened is None or state.closed is not None or (state.policy.drive == "by_hand" and not state.rolling_back):
        return None
    if view.mode == "replay" or view.nothing_runs:
        # There it can be seen, and here nothing goes on before an engine is started.
        return None
    return _seen(view, None)


def follows(view: View, command: c.AnyCommand) -> Foreseen | None:
    """What happens once the command is given, without a further key; None where it would be refused."""
    return _seen(view, command)


def run_to(view: View, at: StepState) -> Foreseen | None:
    """What `X` on the step sets going, as far as that is looked at in passing; None where it is further away.

    A run-to goes the same way however far it goes, so that of many steps in a row only the furthest is looked at.
    """
    state, steps = view.state, view.state.steps
    furthest = min(state.unended + NEAR, state.checklist) - 1
    if at.group != "main" or steps.position(at.id) > furthest:
        return None
    if at.place.parallel:
        return _seen(view, c.RunTo(step=at.id))
    goals = map(steps.at, range(furthest, steps.position(at.id) - 1, -1))
    goal = next((one for one in goals if one.step.with_ is None and not one.is_ended), at)
    told = _seen(view, c.RunTo(step=goal.id))
    if told is None or not told.whole:
        return None
    here = steps.position(at.id)
    due = tuple(due for due in told.due if steps.position(due.step) <= here)
    stops = len(due) == len(told.due) and at.status != "running" and (not due or due[-1].step != at.id)
    return Foreseen(due=due, stop=told.stop if stops else None, at=told.at, rolls_back=told.rolls_back and bool(due))


def run_to_range(view: View, at: StepState) -> str:
    """The same as `2.1.1 to 2.3.2`; empty where nothing runs, or more than is looked at."""
    told = run_to(view, at)
    return "" if told is None or not told.due else steps_words(told.due)


def announcement(view: View, command: c.AnyCommand) -> str:
    """A sentence on what the command sets going, or ends; empty where it does nothing but what it says."""
    told = follows(view, command)
    if told is not None and told.due:
        return _("Then {what}.").format(what=foreseen_words(told, view.moment.wall))
    return ending(view, command)


def ending(view: View, command: c.AnyCommand | None = None) -> str:
    """That what goes on by itself ends with the command of a person, or with their taking the helm."""
    from tui.run.driving import ENDING

    policy = view.state.policy
    if policy.drive == "by_hand" or view.keeps_driving or not (command is None or isinstance(command, ENDING)):
        return ""
    goal = view.state.steps.get(policy.until or "")
    name = "" if goal is None else goal.place.number
    return _("This ends {drive}: nothing further begins without a key.").format(drive=drive_word(policy.drive, name))


def lines(view: View, command: c.AnyCommand) -> tuple[Line, ...]:
    """The same as a paragraph of a question."""
    text = announcement(view, command)
    return explained(text, "run") if text else ()


def _seen(view: View, command: c.AnyCommand | None) -> Foreseen | None:
    state, wall = view.state, view.moment.wall
    # What is held here cannot lend its identity to anything else. Output and progress of a step change nothing of it.
    kept = (state.opened, state.rollback, state.barrier)
    key = (
        tuple(map(id, kept)), state.policy, state.held, state.unended, state.rollback_unended, state.active,
        state.troubled, command, view.me, view.keeps_driving, int(wall / EVERY),
    )  # fmt: skip
    found = _known.get(key)
    if found is not None:
        return found[1]
    told: Foreseen | Refusal = (
        foresee(state, wall, LIMIT)
        if command is None
        else announced(state, command, view.me or "?", wall, view.keeps_driving, LIMIT)
    )
    while len(_known) >= _KEPT:
        del _known[next(iter(_known))]
    result = None if isinstance(told, Refusal) else told
    _known[key] = (kept, result)
    return result
