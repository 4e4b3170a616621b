"""What a line of the journal says to people: for every class of event its severity and one sentence.

The console's log and the narration show the same sentence; what they show beside it is their layout. Pure.
"""

from __future__ import annotations

import msgspec

from tui.journal import events as e
from tui.journal.line import Line
from tui.run.other_runs import beside, neighbour
from tui.run.rollback import stays
from tui.run.state import Barrier, RunState
from tui.said import Said, several
from tui.words.amendments import part_words
from tui.words.codes import REASON, TAKEN_OVER, metric_word, word
from tui.words.driving import drive_word
from tui.words.errors import error_text, seen_words
from tui.words.figures import figure, size, span, whole
from tui.words.holding import held_sentence
from tui.words.inert import visible
from tui.words.persons import person_words
from tui.words.proposal import grounds_of, prospect_words
from tui.words.runs import excepted, outcome_word
from tui.words.said import say
from tui.words.severity import Teller, Told, because, coded, done_by
from tui.words.step_events import STEP_EVENTS
from tui.words.steps import name_of
from tui.words.trouble import place


def event_of(line: Line) -> e.Event | None:
    """The line's event; None where this version does not know it, or its data."""
    try:
        return e.decode(line.type, line.data)
    except msgspec.ValidationError:
        return None


def told(event: e.Event | None, line: Line, state: RunState) -> Told | None:
    """What the line says; None for those that say nothing. `state`: one in which the line's steps are known."""
    if event is None:
        return Told("event", say(Said("an event this version does not know: {type}", type=line.type)))
    teller = TOLD.get(type(event))
    return None if teller is None else teller(event, line, state)


def rollback_reason(reason: str, by: str) -> str:
    """A person's own words; of the engine the step whose failing the policy answers so, in words for its code."""
    step, _colon, code = reason.partition(": ")
    return f"{step}: {word(REASON, code)}" if by == "engine" and code in REASON else reason


def _named(state: RunState, step: str) -> str:
    known = state.steps.get(step)
    return visible(step) if known is None else name_of(known)


def _opened(event: e.RunOpened, line: Line, state: RunState) -> Told:
    by = person_words(line.by)
    parts = [say(Said("Run {run} opened on {target} by {by}", run=event.id, target=event.target, by=by))]
    if event.despite:
        parts.append(say(Said("in spite of: {codes}", codes=event.despite)))
    parts += map(say, beside(event.others, event.beside))
    return Told("warning" if event.others or event.despite else "event", "; ".join(parts))


def _beside(event: e.RunBeside, line: Line, state: RunState) -> Told:
    runs = " | ".join(say(neighbour(other)) for other in event.runs)
    return Told("warning", say(Said("Another run on this target, beside which this one goes on: {run}", run=runs)))


def _amended(event: e.RunAmended, line: Line, state: RunState) -> Told:
    steps = [visible(change.step) for change in event.steps if change.how != "moved"]
    by = person_words(line.by)
    text = say(Said("The plan was AMENDED by {by}", by=by))
    if steps:
        text = say(Said("The plan was AMENDED by {by}: {steps}", by=by, steps=steps))
    if event.parts:
        text += "; " + say(Said("also changed: {parts}", parts=[part_words(change.part) for change in event.parts]))
    if event.window is not None:
        text += "; " + say(Said("its window closes at {at}", at=event.window.closes))
    if event.despite:
        text += "; " + say(Said("in spite of: {codes}", codes=event.despite))
    return Told("warning", text + because(event.reason))


def _recovered(event: e.RunRecovered, line: Line, state: RunState) -> Told:
    if event.end_known is False:
        return Told("warning", say(Said(
            "The run was taken up again by another engine; the helm is free. Whether lines were missing at the "
            "journal's end was not known there."
        )))  # fmt: skip
    return Told("warning", say(Said("The run was taken up again by another engine; the helm is free")))


def _held(event: e.RunHeld, line: Line, state: RunState) -> Told:
    if event.code is None:
        return Told("person", say(Said("Held by {by}", by=person_words(line.by))) + because(event.reason))
    why = held_sentence(Barrier(code=event.code, facts=event.facts))
    return Told("error", say(Said("Held: {why}", why=why)))


def _resumed(event: e.RunResumed, line: Line, state: RunState) -> Told:
    policy, by = event.policy, person_words(line.by)
    if policy is not None and policy.until is not None:
        said = Said("Runs on to {step}, by {by}", step=_named(state, policy.until), by=by)
    elif event.beside:
        said = Said("Goes on beside {runs}, by {by}", runs=event.beside, by=by)
    elif event.identity is not None:
        said = Said("What answered is accepted as the run's target, by {by}", by=by)
    elif policy is not None and policy.drive != "by_hand":
        said = Said("Goes on by itself ({drive}), by {by}", drive=drive_word(policy.drive, ""), by=by)
    else:
        said = Said("Resumed by {by}", by=by)
    return Told("person", say(said) + because(event.reason))


def _rested(event: e.RunRested, line: Line, state: RunState) -> Told:
    if event.until is None:
        return Told("person", say(Said("The engine ends, by {by}; the run stays open", by=person_words(line.by))))
    said = Said("The engine ends, by {by}; the run stays open, and its next phase begins at {until}",
                by=person_words(line.by), until=event.until)  # fmt: skip
    return Told("person", say(said))


def _driven(event: e.RunDriven, line: Line, state: RunState) -> Told:
    why = word(TAKEN_OVER, event.reason)
    said = Said("{person} drives from here on, by hand ({why})", person=person_words(line.by), why=why)
    return Told("person", say(said))


def _closed(event: e.RunClosed, line: Line, state: RunState) -> Told:
    # A journal of old does not say what stays; behind a run's end nothing changes that any more.
    outcome = outcome_word(event.outcome, event.stays or stays(state))
    return Told(
        "event",
        done_by(
            line,
            Said("Run closed: {outcome}", outcome=outcome),
            Said("Run closed by {by}: {outcome}", by=person_words(line.by), outcome=outcome),
        )
        + because(event.reason),
    )


def _clock(event: e.ClockStepped, line: Line, state: RunState) -> Told:
    moved = ("" if event.seconds < 0 else "+") + span(event.seconds)
    return Told("warning", say(Said("The clock of the engine's host was set by {span}", span=moved)))


def _taken(event: e.HelmTaken, line: Line, state: RunState) -> Told:
    said = Said("{person} took the helm", person=person_words(event.person))
    if event.taken_from:
        other = person_words(event.taken_from)
        said = Said("{person} took the helm from {other}", person=person_words(event.person), other=other)
    return Told("person", say(said) + because(event.reason))


def _released(event: e.HelmReleased, line: Line, state: RunState) -> Told:
    return Told(
        "person", say(Said("{person} gave the helm up", person=person_words(event.person))) + because(event.note)
    )


def _note(event: e.NoteAdded, line: Line, state: RunState) -> Told:
    return Told("person", say(Said("Note by {by}: {text}", by=person_words(line.by), text=event.text)))


def _feedback(event: e.FeedbackAdded, line: Line, state: RunState) -> Told:
    return Told("person", say(Said("Feedback by {by}: {text}", by=person_words(line.by), text=event.text)))


def _improvement(event: e.ImprovementAdded, line: Line, state: RunState) -> Told:
    said = Said("Improvement {id} by {by}: {text} ({owner}, until {due})", id=event.id, by=person_words(line.by),
                text=event.text, owner=event.owner, due=event.due)  # fmt: skip
    return Told("person", say(said))


def _improved(event: e.ImprovementDone, line: Line, state: RunState) -> Told:
    of = event.id if event.run is None else f"{event.run}:{event.id}"
    said = Said("Improvement {id} is done, by {by}: {text}", id=of, by=person_words(line.by), text=event.text)
    return Told("person", say(said))


def _lesson(event: e.LessonAdded, line: Line, state: RunState) -> Told:
    said = Said("Lesson {id} by {by}: {text}", id=event.id, by=person_words(line.by), text=event.text)
    return Told("person", say(said))


def _error(event: e.ErrorRecorded, line: Line, state: RunState) -> Told:
    text = error_text(event.told, event.sqlstate, {} if event.code is not None else event.facts)
    text += seen_words(event.source, event.relations, event.seen)
    where = place({"file": event.file, "line": event.line})
    text = f"{where}: {text}" if where else text
    if event.level == "warning":
        return Told("warning", say(Said("Warning {id}: {text}", id=event.id, text=text)) + coded(event.sqlstate))
    said = Said("Error {id}: {text}", id=event.id, text=text)
    if event.source == "application":
        said = Said("Error {id} in the application: {text}", id=event.id, text=text)
    return Told("error", say(said) + coded(event.sqlstate))


def _resolved(event: e.ErrorResolved, line: Line, state: RunState) -> Told:
    said = Said("Error {id} resolved by {by}: {text}", id=event.id, by=person_words(line.by), text=event.text)
    return Told("person", say(said))


def _breached(event: e.GuardBreached, line: Line, state: RunState) -> Told:
    value, limit = figure(event.metric, event.value, exact=True), figure(event.metric, event.limit, exact=True)
    said = Said("{metric} BREACHED: {value} against {limit}, measured on {source}",
                metric=metric_word(event.metric), value=value, limit=limit, source=event.source or "?")  # fmt: skip
    return Told("error", say(said))


def _cleared(event: e.GuardCleared, line: Line, state: RunState) -> Told:
    said = Said("{metric} is within its limit again: {value}, after {span}", metric=metric_word(event.metric),
                value=figure(event.metric, event.value, exact=True), span=span(event.lasted_s))  # fmt: skip
    return Told("event", say(said))


def _fired(event: e.TriggerFired, line: Line, state: RunState) -> Told:
    said = Said("ROLLBACK PROPOSED: {title} ({reason})", title=event.title, reason=grounds_of(event, state))
    known = event.rollback_s is not None or bool(event.grounds)
    more = prospect_words(event.rollback_s, event.rollback_least, event.safe_s)
    return Told("error", f"{say(said)}. {more}" if known else say(said))


def _rollback(event: e.RollbackStarted, line: Line, state: RunState) -> Told:
    text = done_by(line, Said("ROLLBACK started"), Said("ROLLBACK started by {by}", by=person_words(line.by)))
    return Told("error", text + because(rollback_reason(event.reason, line.by)))


def _rolled_back(event: e.RollbackFinished, line: Line, state: RunState) -> Told:
    took = span(event.duration_s)
    if event.outcome != "failed":
        outcome = outcome_word(event.outcome) + excepted(event.stays)
        said = Said("Rollback ended after {span}: {outcome}", span=took, outcome=outcome)
        return Told("error" if event.stays else "event", say(said))
    said = Said("ROLLBACK FAILED after {span}", span=took)
    if event.step:
        said = Said("ROLLBACK FAILED at {step}, after {span}", step=_named(state, event.step), span=took)
    left = "; " + say(Said("not taken back: {steps}", steps=event.stays)) if event.stays else ""
    return Told("error", say(said) + left)


def _backup(event: e.BackupRecorded, line: Line, state: RunState) -> Told:
    said = Said("Backup recorded: {path}, {size}, SHA-256 {sha256}", path=event.path, size=size(event.bytes),
                sha256=event.sha256)  # fmt: skip
    return Told("event", say(said))


def _fingerprint(event: e.FingerprintRecorded, line: Line, state: RunState) -> Told:
    said = Said("Fingerprint recorded: {file}, {objects} objects, rows of {tables} tables, SHA-256 {sha256}",
                file=event.file, objects=sum(event.objects.values()), tables=event.tables,
                sha256=event.sha256)  # fmt: skip
    return Told("event", say(said))


def _log(event: e.LogLines, line: Line, state: RunState) -> Told | None:
    """Of its records that were left out; the others are told one by one (`tui.words.severity`)."""
    if not event.dropped:
        return None
    return Told("warning", say(several("{n} line left out", "{n} lines left out", event.dropped,
                                       n=whole(event.dropped))))  # fmt: skip


def _quiesced(event: e.QuiesceBegun, line: Line, state: RunState) -> Told:
    said = Said("{database} is CLOSED to others from here on, by {step}", database=event.database or "?",
                step=_named(state, event.step))  # fmt: skip
    return Told("warning", say(said))


def _opened_again(event: e.QuiesceReleased, line: Line, state: RunState) -> Told:
    return Told("event", say(Said("What {step} had closed is open again", step=_named(state, event.of))))


def _swaps(event: e.SwapBegun, line: Line, state: RunState) -> Told:
    said = Said("{other} takes the name {database}; what has it now is kept as {kept}", other=event.called,
                database=event.database, kept=event.kept_as)  # fmt: skip
    return Told("warning", say(said))


def _swapped(event: e.SwapDone, line: Line, state: RunState) -> Told:
    said = Said("The run's target is the database of the oid {oid} from here on", oid=event.new_oid)
    return Told("warning", say(said))


TOLD: dict[type[e.Event], Teller] = {
    e.RunOpened: _opened, e.RunBeside: _beside, e.RunRecovered: _recovered, e.RunHeld: _held, e.RunResumed: _resumed,
    e.RunDriven: _driven, e.RunRested: _rested, e.RunClosed: _closed, e.ClockStepped: _clock, e.HelmTaken: _taken,
    e.HelmReleased: _released, e.NoteAdded: _note, e.FeedbackAdded: _feedback, e.ErrorRecorded: _error,
    e.ErrorResolved: _resolved, e.GuardBreached: _breached, e.GuardCleared: _cleared, e.TriggerFired: _fired,
    e.RollbackStarted: _rollback, e.RollbackFinished: _rolled_back, e.BackupRecorded: _backup, e.LogLines: _log,
    e.QuiesceBegun: _quiesced, e.QuiesceReleased: _opened_again, e.SwapBegun: _swaps, e.SwapDone: _swapped,
    e.FingerprintRecorded: _fingerprint, e.RunAmended: _amended, e.ImprovementAdded: _improvement,
    e.ImprovementDone: _improved, e.LessonAdded: _lesson,
    **STEP_EVENTS,
}  # fmt: skip
