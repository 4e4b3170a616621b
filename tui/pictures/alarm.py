"""The most urgent of what is to be known beside what runs or comes next."""

from __future__ import annotations

from tui.locale import _, ngettext
from tui.pictures.allowed import elsewhere
from tui.pictures.failure import failure, hinted, undecided
from tui.pictures.no_engine import unknown
from tui.pictures.notices import Alarm
from tui.pictures.timezone import zone
from tui.pictures.view import View
from tui.run.errors import RecordedError
from tui.run.measured import fresh
from tui.run.state import RunState
from tui.words.cause import cause
from tui.words.codes import STEP_STATUS, metric_word, word
from tui.words.errors import error_words
from tui.words.figures import clock, figure, time_of_day
from tui.words.inert import visible
from tui.words.persons import person_words
from tui.words.proposal import grounds_of, prospect_now
from tui.words.steps import name_of
from tui.words.waiting import wait_words

LOOKED_THROUGH = 2000
"""Errors of a run up to which each is looked at: a screen is painted often."""


def alarm(view: View) -> Alarm:
    """The most urgent of: a wait, a proposed rollback, a breach, an unresolved error; else what was committed last."""
    state = view.state
    if state.closed is not None:
        return Alarm()
    if view.is_unknown:
        return Alarm(unknown(view))
    for at in state.running():
        if at.waiting:
            since = 0.0 if at.waiting_since is None else max(0.0, view.moment.mono - at.waiting_since)
            text = f"{clock(since)} {wait_words(at.waiting, at.waiting_facts)}"
            return Alarm(((text, "warn"),))
        if at.tx_sent:
            return Alarm(((_("COMMIT was sent; its answer is awaited."), "warn"),))
    if undecided(state) is not None:
        again = not state.given_up or state.stopped_undecided is not None
        hint = _("Then {by_hand} by hand, {skip} skips.")
        if again:
            hint = _("Then {execute} tries again, {by_hand} by hand, {skip} skips.")
        return Alarm(((_("Look at the database."), "bad"), *hinted(view, hint)))
    if state.proposed:
        fired = state.proposed[-1].event
        text = _("Rollback is PROPOSED: {title}.").format(title=visible(fired.title))
        more = f" {prospect_now(state, view.moment.wall)} {grounds_of(fired, state)}"
        return Alarm(((text, "bad"), *hinted(view, _("{rollback} rolls back."))), further=((more, "bad"),))
    breach = _breach(view)
    if breach is not None:
        return Alarm(((breach, "bad"),))
    holder = elsewhere(view) if view.mode == "operator" else None
    if holder is not None:
        return Alarm(((whose_helm(holder, view), "warn"),), urgent=False)
    earlier = _again(view)
    if earlier is not None:
        return Alarm(((earlier, "warn"),))
    errors = _errors(view)
    if errors.pieces:
        return errors
    committed = None if state.committed is None else state.steps.get(state.committed)
    if committed is None:
        return Alarm()
    when = time_of_day(committed.ended_at or "", zone(state))
    # However far the run has gone since: whether it is in the database is asked for hours afterwards.
    text = _("Committed last, at {time}: {step}").format(time=when, step=name_of(committed))
    return Alarm(((text, "dim"),), urgent=False)


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


def _errors(view: View) -> Alarm:
    """The errors that nobody has resolved; one that the lines above tell of already is not told twice."""
    state = view.state
    latest, count = state.errors.latest(), state.errors.unresolved - state.errors.warnings
    if latest is None:
        return Alarm()
    if len(state.errors) <= LOOKED_THROUGH:
        left = [
            error
            for error in state.errors
            if error.resolved is None and error.level == "error" and not _is_over(state, error)
        ]
        if not left:
            # Nothing is wrong there any more; how it was mended is still to be written down.
            text = ngettext(
                "{n} error to be explained, {id}: its step has ended well since",
                "{n} errors to be explained, the latest {id}: their steps have ended well since",
                count,
            )
            return Alarm(((text.format(n=count, id=visible(latest.id)), "dim"),), urgent=False)
        latest, count = left[-1], len(left)
    failed = failure(view)
    if failed is not None and latest.step == failed[1].id:
        text = "" if count == 1 else ngettext("{n} unresolved error", "{n} unresolved errors", count).format(n=count)
        return Alarm(((text, "warn"),) if text else ())
    text = ngettext("{n} unresolved error, {id}: {text}", "{n} unresolved errors, the latest {id}: {text}", count)
    told = text.format(n=count, id=visible(latest.id), text=visible(error_words(latest)[:400]))
    return Alarm(((told, "warn"),))


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


def whose_helm(holder: str, view: View) -> str:
    """Who has the helm, and how to take it."""
    text = _("{holder} has the helm; “take the helm” in the palette ({palette}) takes it over, with a reason.")
    return view.keyed(text, holder=person_words(holder))
