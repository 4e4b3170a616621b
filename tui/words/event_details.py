"""What a line of the journal means beyond its sentence, where there is room for more: further sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import to_builtins

from tui.journal import events as e
from tui.journal.line import Line
from tui.run.attested import attested_steps
from tui.run.clock import instant
from tui.run.rollback import stays
from tui.run.state import RunState
from tui.run.unknown import locks_of
from tui.said import Said, several
from tui.words.codes import EFFECT, ENVIRONMENT, MODE, word
from tui.words.driving import drive_word, from_here_on
from tui.words.figures import moment
from tui.words.holding import held_way_on
from tui.words.inert import visible
from tui.words.locks import lock_lines, strong, there_lines
from tui.words.review import earlier_lines
from tui.words.said import say
from tui.words.unknown import lacking_lines

_LOCKS = 3


def event_details(previous: RunState, state: RunState, event: e.Event, line: Line) -> list[str]:
    """What else is to be said of an event that led from `previous` to `state`."""
    more = _FURTHER.get(type(event))
    return [] if more is None else more(previous, state, event, line)


def stays_lines(state: RunState) -> list[str]:
    """What a rollback has not taken back, a line each, with what of it is in the database."""
    return [
        say(Said("NOT taken back: {step}; {effect}", step=step_name(state, step),
                 effect=word(EFFECT, state.steps[step].effect)))
        for step in stays(state)
    ]  # fmt: skip


def step_name(state: RunState, step: str) -> str:
    """`2.3.1 migrate`: as commands at a shell call it."""
    known = state.steps.get(step)
    return visible(step if known is None else f"{known.place.number} {step}")


def _opened(previous: RunState, state: RunState, event: e.RunOpened, line: Line) -> list[str]:
    told = [say(several(
        "{plan}: {environment}, {mode}, {count} step", "{plan}: {environment}, {mode}, {count} steps",
        len(state.steps), plan=event.plan.name, environment=word(ENVIRONMENT, event.environment),
        mode=word(MODE, event.mode),
    ))]  # fmt: skip
    if event.policy.drive != "by_hand":
        told.append(say(Said("goes on by itself ({drive})", drive=drive_word(event.policy.drive, ""))))
        told += from_here_on(state, instant(line.at))
    for at in attested_steps(event):
        told.append(say(Said("not measured here, so a person signs for it before the run is closed: {criterion}",
                             criterion=at.step.title)))  # fmt: skip
    told += earlier_lines(state.improvements, state.lessons, instant(line.at))
    told += lacking_lines(state)
    if event.window is not None:
        opens, closes = (moment(at, event.window.timezone) for at in (event.window.opens, event.window.closes))
        told.append(say(Said("window {opens} to {closes}", opens=opens, closes=closes)))
    return told


def _recovered(previous: RunState, state: RunState, event: e.RunRecovered, line: Line) -> list[str]:
    if previous.policy.drive != "by_hand" and state.policy.drive == "by_hand":
        return [say(Said("a person drives from here on, by hand; {before} has ended", before=_drive(previous)))]
    return _by_itself(previous, state, event, line)


def _by_itself(previous: RunState, state: RunState, event: e.Event, line: Line) -> list[str]:
    return [] if state.policy.drive == "by_hand" else from_here_on(state, instant(line.at))


def _held(previous: RunState, state: RunState, event: e.RunHeld, line: Line) -> list[str]:
    if event.code is None or state.barrier is None or state.opened is None:
        return []
    return [held_way_on(state.barrier, state.opened.id, state.opened.target)]


def _resumed(previous: RunState, state: RunState, event: e.RunResumed, line: Line) -> list[str]:
    return [] if event.policy is None else _by_itself(previous, state, event, line)


def _driven(previous: RunState, state: RunState, event: e.RunDriven, line: Line) -> list[str]:
    return [say(Said("{before} has ended", before=_drive(previous)))]


def _drive(previous: RunState) -> str:
    policy = previous.policy
    return drive_word(policy.drive, "" if policy.until is None else step_name(previous, policy.until))


def _rollback(previous: RunState, state: RunState, event: e.RollbackStarted, line: Line) -> list[str]:
    told = []
    if event.undo:
        told.append(say(Said("takes back, in this order: {steps}", steps=event.undo)))
    if event.without_undo:
        told.append(say(Said("has no undo, so that what it did stays: {steps}", steps=event.without_undo)))
    return told


def _rolled_back(previous: RunState, state: RunState, event: e.RollbackFinished, line: Line) -> list[str]:
    return stays_lines(state)


def _started(previous: RunState, state: RunState, event: e.StepStarted, line: Line) -> list[str]:
    """What holds others up, as it was in an earlier run."""
    found = locks_of(state, event.step)
    known = {} if found is None else strong({"taken": found[0].taken})
    if found is None or not known.get("taken"):
        return []
    return there_lines(known["taken"], known["count"], to_builtins(found[1]), _LOCKS)


def _ended(previous: RunState, state: RunState, event: e.StepOutcome, line: Line) -> list[str]:
    return lock_lines(strong(event.evidence.get("locks")), _LOCKS)


_FURTHER: dict[type[e.Event], Callable[[RunState, RunState, Any, Line], list[str]]] = {
    e.RunOpened: _opened, e.RunRecovered: _recovered, e.RunHeld: _held, e.RunResumed: _resumed, e.RunDriven: _driven,
    e.RollbackStarted: _rollback, e.RollbackFinished: _rolled_back, e.StepStarted: _started, e.StepPassed: _ended,
    e.StepFailed: _ended,
}  # fmt: skip
