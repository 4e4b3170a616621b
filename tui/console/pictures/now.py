"""What runs now, or what is next and who does it; and what is wrong. Two or three lines above the footer."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import to_builtins

from tui.console.announce import by_itself, ending, follows, run_to
from tui.console.glyphs import glyphs
from tui.console.intents import TRIED, elsewhere, execution, has_say, paid
from tui.console.pictures.notices import Notice, notices
from tui.console.pictures.still import left_at_work, still, unknown
from tui.console.pictures.wrong import wrong
from tui.console.pieces import Line, Piece, flowed
from tui.console.refusals import whose_helm
from tui.console.timezone import zone
from tui.console.view import Said, View
from tui.journal.codes import FateReason, HoldReason
from tui.locale import _, ngettext
from tui.run import commands as c
from tui.run.changing import is_signed
from tui.run.clock import expected, starts_in
from tui.run.confirmation import beginning
from tui.run.errors import RecordedError
from tui.run.measured import fresh
from tui.run.neighbours import neighbour
from tui.run.state import Barrier, RunState
from tui.run.steps import StepState
from tui.run.takeback import stays
from tui.run.unknown import rehearsal_of
from tui.run.upnext import upcoming
from tui.words.cause import cause
from tui.words.codes import FATE_REASON, STEP_STATUS, error_text, metric_word, word
from tui.words.driving import foreseen_words, steps_words, stop_words
from tui.words.figures import clock, figure, span, time_of_day
from tui.words.holding import held_sentence
from tui.words.inert import visible
from tui.words.progress import progress_of
from tui.words.said import say
from tui.words.steps import name_of
from tui.words.unknown import share
from tui.words.waiting import wait_words

LOOKED_THROUGH = 2000
"""Errors of a run up to which each is looked at: a screen is painted often."""


def now(view: View, width: int, height: int = 2) -> list[Line]:
    """At most `height` lines: a line for each of both, and what is left for the one that is longer than its line; what
    is wrong comes first."""
    if view.nothing_runs:
        return _ended(view, width, height)
    failed = failure(view)
    # Two lines for why it failed, where there are three.
    below = notices(_alarm(view), _answer(view), width, max(1, height - (1 if failed is None else 2)))
    room = max(1, height - len(below))
    if failed is not None:
        text, at, hint = failed
        return [*wrong(text, at, _hint(view, hint), width, room), *below]
    return [*flowed(_what(view), width, room), *below]


def _ended(view: View, width: int, height: int) -> list[Line]:
    """That nothing runs and how it goes on, then what the engine has left: what was at work, else where the run stands,
    and a rollback that is asked for."""
    above = flowed(still(view), width, max(1, height - 1))
    room = max(1, height - len(above))
    proposed: list[Piece] = []
    if view.state.proposed:
        text = _("Rollback is PROPOSED: {title}.").format(title=visible(view.state.proposed[-1].event.title))
        proposed = [(text, "bad")]
    failed, answer = failure(view), _answer(view)
    if failed is not None and answer is None:
        text, at, _keys = failed
        asked = flowed(proposed, width, 1) if room > 1 else []
        return [*above, *wrong(text, at, [], width, room - len(asked)), *asked]
    left = left_at_work(view) or _what(view)
    return [*above, *notices(Notice([*left, *((f" {text}", style) for text, style in proposed)]), answer, width, room)]


def failure(view: View) -> tuple[str, StepState, str] | None:
    """What holds the run up by its failure: how it stands, the step, and which keys help."""
    state = view.state
    if state.closed is not None or state.barrier is not None or any(at.step.with_ is None for at in state.running()):
        return None
    if _unknown(state) is not None:
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


def _what(view: View) -> list[Piece]:
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
    unknown = _unknown(state)
    if state.given_up and unknown is None:
        return _rollback(view)
    if unknown is not None:
        first = unknown
        text = word(FATE_REASON, first.fate_reason) + "."
        if first.fate_reason != FateReason.NOT_REPEATABLE:
            text = _("nobody knows whether it was applied: {reason}").format(reason=text)
        return [(_("UNDECIDED") + " ", "bad"), (name_of(first), "bold"), (": " + text, "bad")]
    if state.held is not None:
        reason = f" ({visible(state.held.replace('_', ' '))})" if state.held else ""
        then = follows(view, c.Resume())
        hint, what = _("{hold} lets it go on."), ""
        if then is not None and then.due:
            hint, what = _("{hold} lets it go on: {what}."), foreseen_words(then, view.moment.wall)
        return [(_("The run is held{reason}.").format(reason=reason), "warn"), *_hint(view, hint, what=what)]
    current = upcoming(state)
    companions = list(state.running())
    if companions and (current is None or not current.stops):
        return _running(view, companions)
    if current is None:
        if state.unsettled is not None and state.unsettled.status != "skipped":
            text = _("{step} stopped half way: a part of it is taken back.").format(step=name_of(state.unsettled))
            return [(text, "bad"), *_hint(view, _("Bring it to its end, or settle it by hand."))]
        if state.unsettled is not None:
            text = _("Every step has ended, but {step} failed and was left out.").format(step=name_of(state.unsettled))
            errors = ", ".join(visible(error) for error in state.errors.unresolved_of(state.unsettled.id))
            hint = _("Resolve {errors}.") if errors else _("Close the run as failed.")
            return [(text, "bad"), *_hint(view, hint, errors=errors)]
        if state.opened is None:
            return []
        return [(_("Every step has ended; the run can be closed."), "ok"), *_closes(view)]
    return _next(view, current)


def _unknown(state: RunState) -> StepState | None:
    """The step whose fate is to be settled before anything else; where a rollback failed, the one that stopped it."""
    if state.rollback is not None and state.rollback.status == "failed":
        return state.stopped_undecided
    return state.undecided[0] if state.undecided and not state.rolling_back else None


def _barred(view: View, barrier: Barrier) -> list[Piece]:
    """Nothing is begun, the steps of a rollback neither: this is what to know before anything else."""
    hint = _("{hold} looks again.")
    if barrier.code == HoldReason.OTHER_RUN and barrier.runs:
        # What to do stands before all that is known of the other, which may be long.
        runs = ", ".join(visible(other.name) for other in barrier.runs)
        text = _("Another run is in the way here: {run}. Nothing but a rollback begins.").format(run=runs)
        hint = _("{hold} looks again; “accept what answers” in the palette ({palette}) goes on beside it.")
        known = " | ".join(say(neighbour(other)) for other in barrier.runs)
        told: list[Piece] = [
            (_("HELD") + " ", "bad"),
            (text, "warn"),
            *_hint(view, hint),
        ]
        return [*told, (" " + known, "dim")]
    if barrier.acceptable:
        hint = _("{hold} looks again; “accept what answers” in the palette ({palette}).")
    return [(_("HELD") + " ", "bad"), (held_sentence(barrier), "warn"), *_hint(view, hint)]


def _running(view: View, running: list[StepState]) -> list[Piece]:
    at = running[0]
    elapsed = clock(max(0.0, view.moment.mono - (at.started or 0.0)))
    estimate = expected(view.state, at)
    time = _("{elapsed} of about {estimate}").format(elapsed=elapsed, estimate=clock(estimate or 0.0))
    if estimate is None:
        time = _unestimated(view, at, elapsed)
    found: list[Piece] = [(f"{glyphs().status['running']} {time} ", "run"), (name_of(at), "bold")]
    if at.progress:
        found.append((f" {glyphs().dot} {progress_of(at)}", "text"))
    if len(running) > 1:
        found.append((" " + _("and {n} more").format(n=len(running) - 1), "dim"))
    return [*found, *_then(view)]


def _then(view: View) -> list[Piece]:
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
        return elapsed if is_signed(at.step) else _("{elapsed} (not rehearsed)").format(elapsed=elapsed)
    text = _("{elapsed} ({span}, {why})")
    return text.format(elapsed=elapsed, span=span(rehearsed[0]), why=share(to_builtins(rehearsed[1])))


def _rollback(view: View) -> list[Piece]:
    rollback = view.state.rollback
    assert rollback is not None
    if rollback.status == "rolled_back":
        left = [view.state.steps[step] for step in stays(view.state)]
        if left:
            text = _("Rolled back, EXCEPT {steps}.").format(steps=", ".join(name_of(at) for at in left))
            return [(text, "bad"), *_hint(view, _("The run can be closed."))]
        return [(_("Rolled back. The run can be closed."), "warn"), *_closes(view)]
    if rollback.status == "failed":
        stuck = view.state.steps.get(rollback.failed_step or "")
        name = name_of(stuck) if stuck is not None else "?"
        hint = _("{execute} tries it again, {by_hand} settles it by hand.")
        return [(_("The rollback FAILED at {step}.").format(step=name), "bad"), *_hint(view, hint)]
    at = upcoming(view.state)
    if at is not None and (is_signed(at.step) or _costs(view, at)):
        return _next(view, at)
    return [(_("The rollback is not over.") if view.nothing_runs else _("Rolling back."), "bad")]


def _next(view: View, at: StepState) -> list[Piece]:
    wait = starts_in(view.state, at.place.starts, view.moment.wall) if at.group == "main" else None
    if wait is not None and wait > 0:
        label = _("in {span}").format(span=clock(wait))
        # By hand nothing begins by itself, then neither.
        by_hand = view.state.policy.drive == "by_hand"
        text = _("{phase} may begin, with {step}") if by_hand else _("begins {phase}, with {step}")
        return [(f"{label} ", "run"), (text.format(phase=visible(at.place.phase), step=name_of(at)), "text")]
    # Who does it stands before the title, which may be long.
    who = _("Next for {role}:").format(role=visible(at.step.role)) if at.step.role else _("Next:")
    found: list[Piece] = [(f"{who} ", "dim"), (name_of(at), "bold")]
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
    found.extend(_hint(view, text, key=view.settings.keys.keyed(key), what=what))
    if view.step is not None and view.step.id != at.id and view.mode == "operator":
        steps = run_to(view, view.step)
        if steps is not None and steps.due:
            found.extend(_hint(view, "{run_to}: {what}.", what=foreseen_words(steps, view.moment.wall)))
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
}
"""What the next step costs, before its title, which may be long."""


def _hint(view: View, text: str, **facts: str) -> list[Piece]:
    """Which key helps, in a text with places named after actions: only for who has that key, and the helm."""
    told = view.settings.keys.keyed(text, **facts)
    return [(f"  {told}", "dim")] if view.mode == "operator" and has_say(view) else []


def _closes(view: View) -> list[Piece]:
    """Closing has no key of its own."""
    return _hint(view, _("{palette} and “{label}” ends it."), label=_("close the run"))


def _answer(view: View) -> Said | None:
    """What was just answered, or is awaited."""
    if view.waiting is not None:
        return Said(view.waiting, "information")
    return view.said


def _alarm(view: View) -> Notice:
    """The most urgent of: a wait, a proposed rollback, a breach, an unresolved error; else what was committed last."""
    state = view.state
    if state.closed is not None:
        return Notice()
    if view.is_unknown:
        return Notice(unknown(view))
    for at in state.running():
        if at.waiting:
            since = 0.0 if at.waiting_since is None else max(0.0, view.moment.mono - at.waiting_since)
            text = f"{clock(since)} {wait_words(at.waiting, at.waiting_facts)}"
            return Notice(((text, "warn"),))
        if at.tx_sent:
            return Notice(((_("COMMIT was sent; its answer is awaited."), "warn"),))
    if _unknown(state) is not None:
        again = not state.given_up or state.stopped_undecided is not None
        hint = _("Then {by_hand} by hand, {skip} skips.")
        if again:
            hint = _("Then {execute} tries again, {by_hand} by hand, {skip} skips.")
        return Notice(((_("Look at the database."), "bad"), *_hint(view, hint)))
    if state.proposed:
        fired = state.proposed[-1].event
        text = _("Rollback is PROPOSED: {title}.").format(title=visible(fired.title))
        return Notice(((text, "bad"), *_hint(view, _("{rollback} rolls back."))))
    breach = _breach(view)
    if breach is not None:
        return Notice(((breach, "bad"),))
    holder = elsewhere(view) if view.mode == "operator" else None
    if holder is not None:
        return Notice(((whose_helm(holder, view.settings.keys), "warn"),), urgent=False)
    earlier = _again(view)
    if earlier is not None:
        return Notice(((earlier, "warn"),))
    errors = _errors(view)
    if errors.pieces:
        return errors
    committed = None if state.committed is None else state.steps.get(state.committed)
    if committed is None:
        return Notice()
    when = time_of_day(committed.ended_at or "", zone(state))
    # However far the run has gone since: whether it is in the database is asked for hours afterwards.
    text = _("Committed last, at {time}: {step}").format(time=when, step=name_of(committed))
    return Notice(((text, "dim"),), urgent=False)


def _again(view: View) -> str | None:
    """What the attempt before the running one met, which is asked while that runs."""
    for at in view.state.running():
        if at.before is None or at.step.with_ is not None:
            continue
        met = cause(at.before)
        text = _("attempt {n}; the one before {status} {code}: {what}; {effect}")
        code = f"(SQLSTATE {met.code})" if met.code else ""
        told = text.format(
            n=at.attempt, status=word(STEP_STATUS, at.before.status), code=code, what=met.what, effect=met.effect
        )
        return told.replace(" :", ":")
    return None


def _errors(view: View) -> Notice:
    """The errors that nobody has resolved; one that the lines above tell of already is not told twice."""
    state = view.state
    latest, count = state.errors.latest(), state.errors.unresolved
    if latest is None:
        return Notice()
    if len(state.errors) <= LOOKED_THROUGH:
        left = [error for error in state.errors if error.resolved is None and not _is_over(state, error)]
        if not left:
            # Nothing is wrong there any more; how it was mended is still to be written down.
            text = ngettext(
                "{n} error to be explained, {id}: its step has ended well since",
                "{n} errors to be explained, the latest {id}: their steps have ended well since",
                count,
            )
            return Notice(((text.format(n=count, id=visible(latest.id)), "dim"),), urgent=False)
        latest, count = left[-1], len(left)
    failed = failure(view)
    if failed is not None and latest.step == failed[1].id:
        text = "" if count == 1 else ngettext("{n} unresolved error", "{n} unresolved errors", count).format(n=count)
        return Notice(((text, "warn"),) if text else ())
    text = ngettext("{n} unresolved error, {id}: {text}", "{n} unresolved errors, the latest {id}: {text}", count)
    told = text.format(n=count, id=visible(latest.id), text=visible(error_text(latest.text)[:400]))
    return Notice(((told, "warn"),))


def _is_over(state: RunState, error: RecordedError) -> bool:
    """Whether the step it is of has ended well since, or was taken back."""
    at = None if error.step is None else state.steps.get(error.step)
    return at is not None and at.status in ("passed", "signed", "by_hand", "undone")


def _breach(view: View) -> str | None:
    """The first breach that is measured, else one of which nobody knows whether it lasts."""
    breached = [guard for guard in fresh(view.state, view.moment.mono).guards if guard.breached]
    for guard in breached:
        if guard.value is None:
            continue
        text = _("{metric} is BREACHED: {value}, measured on {source}").format(
            metric=metric_word(guard.metric),
            value=figure(guard.metric, guard.value),
            source=visible(guard.source or "?"),
        )
        if guard.over_since is not None:
            text = f"{clock(max(0.0, view.moment.mono - guard.over_since))} {text}"
        return text
    for guard in breached:
        if guard.sampled is not None:
            lost = clock(max(0.0, view.moment.mono - guard.sampled))
            text = _("{metric} is BREACHED, and not measured for {span}.")
            return text.format(metric=metric_word(guard.metric), span=lost)
    return None
