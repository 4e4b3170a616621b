"""What the events of a step's attempts say to people: part of the table in `tui.words.events`. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from tui.journal import events as e
from tui.journal.codes import CancelReason
from tui.journal.line import Line
from tui.run.state import RunState
from tui.said import Said, several
from tui.words.cause import cause_of
from tui.words.codes import EFFECT, FATE, FATE_REASON, REASON, word
from tui.words.confirmations import foretold_words
from tui.words.figures import whole
from tui.words.inert import visible
from tui.words.persons import person_words
from tui.words.said import say, told
from tui.words.severity import Teller, Told, because, coded, done_by
from tui.words.steps import note_of, progress_sentence
from tui.words.waiting import lock_words, wait_words


def title_of(state: RunState, step: str) -> str:
    known = state.steps.get(step)
    return visible(step if known is None else known.step.title)


def _started(event: e.StepStarted, line: Line, state: RunState) -> Told:
    title = title_of(state, event.step)
    said = Said("started: {step}", step=title)
    if event.undoes is not None:
        said = Said("started, takes {undone} back: {step}", undone=event.undoes, step=title)
    text = say(said)
    if event.attempt > 1:
        text += " " + say(Said("(attempt {attempt})", attempt=event.attempt))
    if event.confirm is None:
        return Told("event", text + because(event.reason))
    confirmed = say(Said("confirmed by {person}", person=person_words(line.by)))
    return Told("person", f"{text}; {confirmed}" + because(event.reason))


def _foretold(event: e.StepForetold, line: Line, state: RunState) -> Told | None:
    sentences = foretold_words(event.facts)
    if not sentences:
        return None
    return Told("warning", f"{title_of(state, event.step)}: {' '.join(sentences).removesuffix('.')}")


def _output(event: e.StepOutput, line: Line, state: RunState) -> Told | None:
    """Of what was left out of its output, whose lines are told one by one (`tui.words.severity`)."""
    if not event.dropped:
        return None
    return Told("warning", say(several("{n} byte more lies in the step's output file",
                                       "{n} bytes more lie in the step's output file", event.dropped,
                                       n=whole(event.dropped))))  # fmt: skip


def _progress(event: e.StepProgress, line: Line, state: RunState) -> Told | None:
    text = progress_sentence(structs.asdict(event))
    return Told("event", text) if text else None


def _waits(event: e.StepWaiting, line: Line, state: RunState) -> Told | None:
    if not event.reason:
        return None
    return Told("warning", f"{wait_words(event.reason, event.facts)}: {title_of(state, event.step)}")


def _fate(event: e.StepFate, line: Line, state: RunState) -> Told:
    text = say(Said("fate of {step}: {fate}", step=title_of(state, event.step), fate=word(FATE, event.fate)))
    reason = f" ({word(FATE_REASON, event.reason)})" if event.reason else ""
    return Told("error" if event.fate == "undecided" else "event", text + reason)


def _passed(event: e.StepPassed, line: Line, state: RunState) -> Told:
    return Told("event", say(Said("passed: {step}", step=title_of(state, event.step))))


def _failed(event: e.StepFailed, line: Line, state: RunState) -> Told:
    known = state.steps.get(event.step)
    why = cause_of({
        "kind": "" if known is None else known.step.kind, "status": "failed", "reason": event.reason,
        "sqlstate": event.sqlstate, "message": event.told, "effect": event.effect, "fate": None,
        "fate_reason": None, "evidence": event.evidence,
    })  # fmt: skip
    text = say(Said("FAILED: {step}", step=title_of(state, event.step))) + because(why.what) + coded(why.code)
    return Told("error", f"{text}; {why.effect}")


def _skipped(event: e.StepSkipped, line: Line, state: RunState) -> Told:
    title = title_of(state, event.step)
    if line.by == "engine":
        return Told("event", say(Said("skipped: {step}", step=title)) + because(word(REASON, event.reason)))
    said = Said("skipped by {by}: {step}", step=title, by=person_words(line.by))
    return Told("person", say(said) + because(event.reason))


def _signed(event: e.StepSigned, line: Line, state: RunState) -> Told:
    by = person_words(event.person or line.by)
    said = Said("signed by {by}: {step}", step=title_of(state, event.step), by=by)
    return Told("person", say(said) + because(note_of(event.note, event.evidence)))


def _by_hand(event: e.StepByHand, line: Line, state: RunState) -> Told:
    by = person_words(event.person or line.by)
    said = Said("done by hand by {by}: {step}", step=title_of(state, event.step), by=by)
    return Told("person", say(said) + because(event.note))


def _cancelled(event: e.StepCancelled, line: Line, state: RunState) -> Told:
    title = title_of(state, event.step)
    if event.reason == CancelReason.COMPANION and event.effect == "none":
        return Told("event", say(Said("ended with the step it accompanies: {step}", step=title)))
    text = say(Said("cancelled: {step}", step=title)) + because(word(REASON, event.reason))
    return Told("warning", f"{text}; {word(EFFECT, event.effect)}")


def _undone(event: e.StepUndone, line: Line, state: RunState) -> Told:
    return Told("event", say(Said("undone: {step}", step=title_of(state, event.step))))


def _cancel(event: e.CancelRequested, line: Line, state: RunState) -> Told:
    step = title_of(state, event.step)
    text = done_by(
        line,
        Said("cancel asked for: {step}", step=step),
        Said("cancel asked for by {by}: {step}", step=step, by=person_words(line.by)),
    )
    return Told("person", text + because(word(REASON, event.reason) if line.by == "engine" else None))


def _committed(event: e.TxCommitted, line: Line, state: RunState) -> Told:
    text = say(Said("committed: {step}", step=title_of(state, event.step)))
    if event.rows is None:
        return Told("event", text)
    rows = several("({n} row)", "({n} rows)", event.rows, n=whole(event.rows))
    return Told("event", f"{text} {say(rows)}")


def _aborted(event: e.TxAborted, line: Line, state: RunState) -> Told:
    text = say(Said("transaction rolled back by the server: {step}", step=title_of(state, event.step)))
    whose = "" if event.code is not None else lock_words(event.facts)
    return Told("warning", text + because(told(event.told)) + coded(event.sqlstate) + (f"; {whose}" if whose else ""))


def _notified(event: e.NotifySent, line: Line, state: RunState) -> Told:
    facts = {"channel": event.channel, "title": event.title}
    if event.error is None and event.count and event.delivered == event.count:
        return Told("event", say(Said("{channel} was told: {title}", **facts)))
    said = several(
        "{channel}, {done} of {n} service was told: {title}", "{channel}, {done} of {n} services were told: {title}",
        event.count, n=event.count, done=event.delivered, **facts,
    )  # fmt: skip
    return Told("error", say(said) + because(None if event.error is None else told(event.error)))


STEP_EVENTS: dict[type[Any], Teller] = {
    e.StepStarted: _started, e.StepForetold: _foretold, e.StepOutput: _output, e.StepProgress: _progress,
    e.StepWaiting: _waits,
    e.StepFate: _fate, e.StepPassed: _passed, e.StepFailed: _failed, e.StepSkipped: _skipped, e.StepSigned: _signed,
    e.StepByHand: _by_hand, e.StepCancelled: _cancelled, e.StepUndone: _undone, e.CancelRequested: _cancel,
    e.TxCommitted: _committed, e.TxAborted: _aborted, e.NotifySent: _notified,
}  # fmt: skip
