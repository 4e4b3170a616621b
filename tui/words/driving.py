"""Who drives, and what will happen without a further key, in words; for the console, `status` and the narration."""

from __future__ import annotations

from collections.abc import Sequence

from tui.locale import _, ngettext
from tui.run.driving import Driver, driver
from tui.run.foresight import Due, Foreseen, foresee
from tui.run.state import RunState
from tui.run.steps import is_signed
from tui.words.figures import span
from tui.words.inert import visible
from tui.words.persons import person_words


def driver_words(driver: Driver, goal: str | None = None) -> str:
    """Who drives, as a phrase; `goal`: the name of the step to which a run-to goes."""
    match driver.how:
        case "headless":
            return _("by itself (headless)")
        case "autopilot":
            return _("by itself (autopilot)")
        case "rollback":
            return _("the rollback, by itself")
        case "run_to":
            return _("by itself up to {step}").format(step=goal or visible(driver.until or "?"))
    if driver.person is None:
        return _("nobody (by hand; the helm is free)")
    return _("{person}, by hand").format(person=person_words(driver.person))


def drive_lines(state: RunState, wall: float) -> list[str]:
    """Who drives, and what happens from here on although nobody does anything more."""
    found = driver(state)
    if found is None:
        return []
    goal = state.steps.get(found.until or "")
    name = None if goal is None else f"{goal.place.number} {visible(goal.id)}"
    return [_("drives: {who}").format(who=driver_words(found, name)), *from_here_on(state, wall)]


def from_here_on(state: RunState, wall: float) -> list[str]:
    """What happens although nobody does anything more, in a line; none where nothing does."""
    foreseen = foresee(state, wall)
    return [_("from here on: {what}").format(what=foreseen_words(foreseen, wall))] if foreseen.due else []


def drive_word(drive: str, goal: str) -> str:
    """How a run went on, as a word; `goal` as above."""
    match drive:
        case "headless":
            return _("headless")
        case "autopilot":
            return _("autopilot")
        case "run_to":
            return _("run-to {step}").format(step=goal)
    return _("by hand")


def steps_words(due: Sequence[Due]) -> str:
    """`2.1.1 to 2.3.2`, or the only one."""
    if len(due) == 1:
        return visible(due[0].number)
    return _("{first} to {last}").format(first=visible(due[0].number), last=visible(due[-1].number))


def by_itself_words(told: Foreseen, wall: float) -> str:
    """What begins without a further key, without a full stop; empty where nothing does. `wall`: now."""
    if not told.due:
        return ""
    parts: list[str] = []
    for stretch in _stretches(told.due):
        at = stretch[0].at
        text = ngettext("{steps} runs by itself", "{steps} run by themselves", len(stretch))
        if at is not None:
            text = ngettext("{steps} runs by itself in {span}", "{steps} run by themselves in {span}",
                            len(stretch))  # fmt: skip
        parts.append(text.format(steps=steps_words(stretch), span=span(max(0.0, (at or wall) - wall))))
    text = ", ".join(parts)
    signed = sum(due.signed for due in told.due)
    if signed:
        text += " " + ngettext(
            "({n} of them is signed without asking)", "({n} of them are signed without asking)", signed
        ).format(n=signed)
    if not told.whole:
        text += " " + _("and further")
    return text


def stop_words(told: Foreseen) -> str:
    """For what it then waits, without a full stop; empty where that is not known."""
    if told.closes is not None:
        return _("the run is closed")
    if told.stop is None:
        return ""
    number = "" if told.at is None else visible(told.at.place.number)
    match told.stop.reason:
        case "person" if told.at is not None and is_signed(told.at.step):
            return _("{step} waits to be signed").format(step=number)
        case "person" | "failed" | "undecided" if number:
            return _("{step} waits for a person").format(step=number)
        case "typed" | "amended":
            return _("{step} waits for a person and the target's name").format(step=number)
        case "buffer" | "window":
            return _("{step} waits for a person, the target's name and a reason").format(step=number)
        case "completed" | "unsettled" | "proposed" | "quiesced":
            return _("every step has ended")
        case "rolled_back":
            return _("the rollback has ended")
        case "held":
            return _("the run is held")
    return ""


def foreseen_words(told: Foreseen, wall: float) -> str:
    """All of it in one sentence without a full stop: what runs by itself, and where it stops."""
    what, stop = by_itself_words(told, wall), stop_words(told)
    if not what:
        return _("nothing runs by itself")
    text = _("{what}; then {stop}").format(what=what, stop=stop) if stop else what
    if told.rolls_back:
        text += "; " + _("a step that fails is rolled back by itself, with all before it")
    return text


def _stretches(due: Sequence[Due]) -> list[list[Due]]:
    """Cut where a phase is waited for."""
    found: list[list[Due]] = []
    for each in due:
        if not found or each.at is not None:
            found.append([])
        found[-1].append(each)
    return found
