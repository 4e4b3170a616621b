"""What went wrong, in the few lines there are: the word, the SQLSTATE, which step, why, what of it is in the database.

What gives way first is what stands elsewhere on the screen too: the keys, then the step's title, at last the end of the
reason. Never the SQLSTATE, the reason's beginning, or what is in the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.locale import _
from tui.pictures.allowed import has_say
from tui.pictures.cells import cells, cut
from tui.pictures.lines import Line, Span, flowed, laid, width_of
from tui.pictures.view import View
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.words.cause import cause
from tui.words.inert import visible

TITLE = 24
"""Columns of a title that is cut."""
SHORTEST = 8
"""Columns of a reason below which it says nothing any more."""


def failure_lines(text: str, at: StepState, hint: Sequence[Span], width: int, most: int) -> list[Line]:
    """At most `most` lines. `text`: how it stands, such as `FAILED`; `hint`: which keys help."""
    known = cause(at)
    head: Span = (f"{text} (SQLSTATE {known.code}) " if known.code else f"{text} ", "bad")
    number, title = visible(at.place.number), visible(at.step.title)
    for name, hints in (
        (f"{number} {title}", hint), (f"{number} {title}", ()), (f"{number} {cut(title, TITLE)}", ()), (number, ()),
    ):  # fmt: skip
        whole: list[Span] = [head, (name, "bold"), (f": {known.what}; {known.effect}.", "bad"), *hints]
        if len(laid(whole, width)) <= most:
            return flowed(whole, width, most)
    room = min(cells(known.what), width * most)
    while room > SHORTEST:
        least: list[Span] = [head, (number, "bold"), (f": {cut(known.what, room)}; {known.effect}.", "bad")]
        if len(laid(least, width)) <= most:
            return flowed(least, width, most)
        room -= max(1, (width_of(least) - width * most) // 2)
    return flowed([head, (number, "bold"), (f": {known.effect}", "bad")], width, most)


def failure(view: View) -> tuple[str, StepState, str] | None:
    """What holds the run up by its failure: how it stands, the step, and which keys help."""
    state = view.state
    if state.closed is not None or state.barrier is not None or any(at.step.with_ is None for at in state.running()):
        return None
    if undecided(state) is not None:
        return None
    if state.given_up:
        rollback = state.rollback
        step = None if rollback is None or rollback.status != "failed" else rollback.failed_step
        at = None if step is None else state.steps.get(step)
        if at is None or at.status != "failed":
            return None
        return _("The rollback FAILED at"), at, _("{execute} tries it again, {by_hand} settles it by hand.")
    if state.held is not None:
        return None
    current = state.current()
    if current is not None and current.status == "failed":
        return _("FAILED"), current, _("{execute} tries again, {skip} skips, {rollback} rolls back.")
    if current is not None and current.status == "cancelled" and current.stops:
        return _("CANCELLED"), current, _("{execute} tries again, {skip} skips, {rollback} rolls back.")
    return None


def undecided(state: RunState) -> StepState | None:
    """The step whose fate is to be settled before anything else; where a rollback failed, the one that stopped it."""
    if state.rollback is not None and state.rollback.status == "failed":
        return state.stopped_undecided
    return state.undecided[0] if state.undecided and not state.rolling_back else None


def hinted(view: View, text: str, **facts: str) -> list[Span]:
    """Which key helps, in a text with places named after actions: only for who has that key, and the helm."""
    told = view.keyed(text, **facts)
    return [(f"  {told}", "dim")] if view.mode == "operator" and has_say(view) else []
