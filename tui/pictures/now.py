"""What runs now, or what is next and who does it; and what is wrong. Two or three lines above the footer."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import to_builtins

from tui.journal.codes import FateReason, HoldReason
from tui.locale import _
from tui.pictures.alarm import alarm
from tui.pictures.allowed import TRIED, execution, paid
from tui.pictures.failure import failure, failure_lines, hinted, undecided
from tui.pictures.foreseen import by_itself, ending, follows, run_to
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, flowed
from tui.pictures.no_engine import left_at_work, nothing_runs_spans
from tui.pictures.notices import Alarm, notices
from tui.pictures.view import StatusMessage, View
from tui.run import commands as c
from tui.run.clock import expected, starts_in
from tui.run.confirmation import beginning
from tui.run.other_runs import neighbour
from tui.run.rollback import stays
from tui.run.state import Barrier
from tui.run.steps import StepState, is_signed
from tui.run.unknown import rehearsal_of
from tui.run.upcoming import upcoming
from tui.words.codes import FATE_REASON, ROLLBACK_STATUS, word
from tui.words.driving import foreseen_words, steps_words, stop_words
from tui.words.figures import clock, span
from tui.words.holding import held_sentence
from tui.words.inert import visible
from tui.words.progress import progress_of
from tui.words.said import say
from tui.words.steps import name_of
from tui.words.unknown import share


def now(view: View, width: int, height: int = 2) -> list[Line]:
    """At most `height` lines: a line for each of both, and what is left for the one that is longer than its line; what
    is wrong comes first."""
    if view.nothing_runs:
        return _ended(view, width, height)
    failed = failure(view)
    # Two lines for why it failed, where there are three.
    below = notices(alarm(view), _answer(view), width, max(1, height - (1 if failed is None else 2)))
    room = max(1, height - len(below))
    if failed is not None:
        text, at, hint = failed
        return [*failure_lines(text, at, hinted(view, hint), width, room), *below]
    return [*flowed(_what(view), width, room), *below]


def _ended(view: View, width: int, height: int) -> list[Line]:
    """That nothing runs and how it goes on, then what the engine has left: what was at work, else where the run stands,
    and a rollback that is asked for."""
    above = flowed(nothing_runs_spans(view), width, max(1, height - 1))
    room = max(1, height - len(above))
    proposed: list[Span] = []
    if view.state.proposed:
        text = _("Rollback is PROPOSED: {title}.").format(title=visible(view.state.proposed[-1].event.title))
        proposed = [(text, "bad")]
    failed, answer = failure(view), _answer(view)
    if failed is not None and answer is None:
        text, at, _keys = failed
        asked = flowed(proposed, width, 1) if room > 1 else []
        return [*above, *failure_lines(text, at, [], width, room - len(asked)), *asked]
    left = left_at_work(view) or _what(view)
    return [*above, *notices(Alarm([*left, *((f" {text}", style) for text, style in proposed)]), answer, width, room)]


def _what(view: View) -> list[Span]:
    state = view.state
    if state.closed is not None:
        reason = f": {visible(state.closed.reason)}" if state.closed.reason else ""
        left = stays(state) if state.status == "rolled_back" else ()
        if left:
            text = _("The run is closed, rolled back EXCEPT {steps}{reason}.")
            steps = ", ".join(name_of(state.steps[step]) for step in left)
            return [(text.format(steps=steps, reason=reason), "bad")]
        return [(_("The run is closed") + reason + ".", "bold")]
    # A companion that still runs hides no trouble of the step it accompanies.
    running = [at for at in state.running() if at.step.with_ is None]
    if state.barrier is not None:
        return _barred(view, state.barrier)
    if running:
        return _running(view, running)
    unknown = undecided(state)
    if state.given_up and unknown is None:
        return _rollback(view)
    if unknown is not None:
        first = unknown
        text = word(FATE_REASON, first.fate_reason) + "."
        if first.fate_reason != FateReason.NOT_REPEATABLE:
            text = _("nobody knows whether it was applied: {reason}").format(reason=text)
        return [(_("UNDECIDED") + " ", "bad"), (name_of(first), "bold"), (": " + text, "bad")]
    if state.held is not None:
        reason = f" ({word(ROLLBACK_STATUS, state.held)})" if state.held else ""
        then = follows(view, c.Resume())
        hint, what = _("{hold} lets it go on."), ""
        if then is not None and then.due:
            hint, what = _("{hold} lets it go on: {what}."), foreseen_words(then, view.moment.wall)
        return [(_("The run is held{reason}.").format(reason=reason), "warn"), *hinted(view, hint, what=what)]
    current = upcoming(state)
    companions = list(state.running())
    if companions and (current is None or not current.stops):
        return _running(view, companions)
    if current is None and state.quiesced:
        return _still_closed(view)
    if current is None:
        if state.unsettled is not None and state.unsettled.status != "skipped":
            text = _("{step} stopped half way: a part of it is taken back.").format(step=name_of(state.unsettled))
            return [(text, "bad"), *hinted(view, _("Bring it to its end, or settle it by hand."))]
        if state.unsettled is not None:
            text = _("Every step has ended, but {step} failed and was left out.").format(step=name_of(state.unsettled))
            errors = ", ".join(visible(error) for error in state.errors.unresolved_of(state.unsettled.id))
            hint = _("Resolve {errors}.") if errors else _("Close the run as failed.")
            return [(text, "bad"), *hinted(view, hint, errors=errors)]
        if state.opened is None:
            return []
        return [(_("Every step has ended; the run can be closed."), "ok"), *_closes(view)]
    return _next(view, current)


def _still_closed(view: View) -> list[Span]:
    """All else is done: what keeps others out is to be undone before the run is closed."""
    step = view.state.steps[view.state.quiesced[0].step]
    text = _("The target is still CLOSED to others, by {step}.").format(step=name_of(step))
    return [(text, "bad"), *hinted(view, _("Undo that step; the palette ({palette}) has it."))]


def _barred(view: View, barrier: Barrier) -> list[Span]:
    """Nothing is begun, the steps of a rollback neither: this is what to know before anything else."""
    hint = _("{hold} looks again.")
    if barrier.code == HoldReason.OTHER_RUN and barrier.runs:
        # What to do stands before all that is known of the other, which may be long.
        runs = ", ".join(visible(other.name) for other in barrier.runs)
        text = _("Another run is in the way here: {run}. Nothing but a rollback begins.").format(run=runs)
        hint = _("{hold} looks again; “accept what answers” in the palette ({palette}) goes on beside it.")
        known = " | ".join(say(neighbour(other)) for other in barrier.runs)
        told: list[Span] = [(_("HELD") + " ", "bad"), (text, "warn"), *hinted(view, hint)]
        return [*told, (" " + known, "dim")]
    if barrier.acceptable:
        hint = _("{hold} looks again; “accept what answers” in the palette ({palette}).")
    return [(_("HELD") + " ", "bad"), (held_sentence(barrier), "warn"), *hinted(view, hint)]


def _running(view: View, running: list[StepState]) -> list[Span]:
    at = running[0]
    elapsed = clock(max(0.0, view.moment.mono - (at.started or 0.0)))
    estimate = expected(view.state, at)
    time = _("{elapsed} of about {estimate}").format(elapsed=elapsed, estimate=clock(estimate or 0.0))
    if estimate is None:
        time = _unestimated(view, at, elapsed)
    found: list[Span] = [(f"{glyphs().status['running']} {time} ", "run"), (name_of(at), "bold")]
    if at.progress:
        found.append((f" {glyphs().dot} {progress_of(at)}", "text"))
    if len(running) > 1:
        found.append((" " + _("and {n} more").format(n=len(running) - 1), "dim"))
    return [*found, *_then(view)]


def _then(view: View) -> list[Span]:
    """What goes on by itself behind what runs, and where it stops."""
    told = by_itself(view)
    if told is None:
        return []
    stop = stop_words(told)
    # In as few words as can be: it stands behind what runs.
    parts = [_("by itself: {steps}").format(steps=steps_words(told.due))] if told.due else []
    parts += [_("then {stop}").format(stop=stop)] if stop else []
    return [("".join(f"; {part}" for part in parts), "run")] if parts else []


def _unestimated(view: View, at: StepState, elapsed: str) -> str:
    """How long it runs, and why nobody knows against what."""
    rehearsed = rehearsal_of(view.state, at.id)
    if rehearsed is None:
        opened = view.state.opened
        if is_signed(at.step) or (opened is not None and at.id in opened.untimed):
            return elapsed
        return _("{elapsed} (not rehearsed)").format(elapsed=elapsed)
    text = _("{elapsed} ({span}, {why})")
    return text.format(elapsed=elapsed, span=span(rehearsed[0]), why=share(to_builtins(rehearsed[1])))


def _rollback(view: View) -> list[Span]:
    rollback = view.state.rollback
    assert rollback is not None
    if rollback.status == "rolled_back":
        left = [view.state.steps[step] for step in stays(view.state)]
        if left:
            text = _("Rolled back, EXCEPT {steps}.").format(steps=", ".join(name_of(at) for at in left))
            return [(text, "bad"), *hinted(view, _("The run can be closed."))]
        return [(_("Rolled back. The run can be closed."), "warn"), *_closes(view)]
    if rollback.status == "failed":
        stuck = view.state.steps.get(rollback.failed_step or "")
        name = name_of(stuck) if stuck is not None else "?"
        hint = _("{execute} tries it again, {by_hand} settles it by hand.")
        return [(_("The rollback FAILED at {step}.").format(step=name), "bad"), *hinted(view, hint)]
    at = upcoming(view.state)
    if at is not None and (is_signed(at.step) or _costs(view, at)):
        return _next(view, at)
    return [(_("The rollback is not over.") if view.nothing_runs else _("Rolling back."), "bad")]


def _next(view: View, at: StepState) -> list[Span]:
    wait = starts_in(view.state, at.place.starts, view.moment.wall) if at.group == "main" else None
    if wait is not None and wait > 0:
        label = _("in {span}").format(span=clock(wait))
        # By hand nothing begins by itself, then neither.
        by_hand = view.state.policy.drive == "by_hand"
        text = _("{phase} may begin, with {step}") if by_hand else _("begins {phase}, with {step}")
        return [(f"{label} ", "run"), (text.format(phase=visible(at.place.phase), step=name_of(at)), "text")]
    # Who does it stands before the title, which may be long.
    who = _("Next for {role}:").format(role=visible(at.step.role)) if at.step.role else _("Next:")
    found: list[Span] = [(f"{who} ", "dim"), (name_of(at), "bold")]
    cost = None if is_signed(at.step) else beginning(view.state, at, view.moment.wall)
    if cost is not None:
        # Whoever drives: it begins with a person's confirmation alone.
        found = [found[0], (f"{_COST[cost.why]()} ", "warn"), found[1]]
    told = by_itself(view)
    if told is not None and told.due:
        # Nobody has to do anything for it: it begins in a moment.
        return [*found, (f". {foreseen_words(told, view.moment.wall)}.", "run")]
    signs = is_signed(at.step)
    key = _("{sign} signs it") if signs else _("{execute} executes it")
    command: c.AnyCommand = c.Sign(step=at.id, note=TRIED) if signs else paid(view, execution(at))
    what = _followed(view, command)
    text = _("{key}; then {what}.") if what else "{key}."
    found.extend(hinted(view, text, key=view.keyed(key), what=what))
    if view.step is not None and view.step.id != at.id and view.mode == "operator":
        steps = run_to(view, view.step)
        if steps is not None and steps.due:
            found.extend(hinted(view, "{run_to}: {what}.", what=foreseen_words(steps, view.moment.wall)))
    return found


def _followed(view: View, command: c.AnyCommand) -> str:
    """What follows from the command without a further key, or what of that it ends, as a clause."""
    if view.mode != "operator":
        return ""
    told = follows(view, command)
    if told is not None and told.due:
        return foreseen_words(told, view.moment.wall)
    return _("nothing goes on by itself any more") if ending(view, command) else ""


def _costs(view: View, at: StepState) -> bool:
    return at.status == "pending" and beginning(view.state, at, view.moment.wall) is not None


_COST: dict[str, Callable[[], str]] = {
    "typed": lambda: _("DANGEROUS (the target's name):"),
    "buffer": lambda: _("IN THE BUFFER (name and reason):"),
    "window": lambda: _("AFTER THE WINDOW (name and reason):"),
    "undo": lambda: _("AN UNDO (the target's name):"),
    "amended": lambda: _("AMENDED, NOT REHEARSED (the target's name):"),
}
"""What the next step costs, before its title, which may be long."""


def _closes(view: View) -> list[Span]:
    """Closing has no key of its own."""
    return hinted(view, _("{palette} and “{label}” ends it."), label=_("close the run"))


def _answer(view: View) -> StatusMessage | None:
    """What was just answered, or is awaited."""
    if view.waiting is not None:
        return StatusMessage(view.waiting, "information")
    return view.said
