"""A run told a line at a time: what one journal line changed, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tui.finite import share
from tui.journal import events as e
from tui.journal.line import Line
from tui.locale import _, ngettext
from tui.run.attested import attested_steps
from tui.run.clock import instant
from tui.run.foresight import foresee
from tui.run.neighbours import neighbour
from tui.run.next import Append, Wait, next_effects
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.run.takeback import stays
from tui.words.codes import (
    EFFECT,
    ENVIRONMENT,
    FATE,
    FATE_REASON,
    MODE,
    REASON,
    TAKEN_OVER,
    error_text,
    step_word,
    word,
)
from tui.words.driving import drive_word, foreseen_words
from tui.words.figures import amount, moment, size, span, t_clock
from tui.words.holding import held_sentence, held_way_on
from tui.words.inert import visible, visible_lines
from tui.words.runs import counted_steps, excepted, outcome_word, run_waiting
from tui.words.said import say
from tui.words.said import told as told_words
from tui.words.steps import evidence_words, unit_word
from tui.words.trouble import Row, place, told_rows, trouble, which_checks
from tui.words.unknown import lacking_lines
from tui.words.waiting import wait_words


def narrate(previous: RunState, state: RunState, line: Line) -> list[str]:
    """The lines to print for a journal line that led from `previous` to `state`; none for most of the quiet ones."""
    try:
        event = e.decode(line.type, line.data)
    except msgspec.ValidationError:
        event = None
    if event is None:
        told = [_("event {type}, which this version does not know").format(type=visible(line.type))]
    else:
        told = _TOLD.get(type(event), _nothing)(previous, state, event, line)
    if event is None or not (event.BULK or event.ROUTINE):
        told = [*told, *_standing(previous, state, line)]
    clock = t_clock(state, line.at, line.mono)
    return [f"{clock}  {text}" for text in told]


def end_lines(state: RunState) -> list[str]:
    """The last lines of a narration: what stands in the way and why, and how the run stands."""
    told: list[str] = []
    for at in (*state.failed, *state.undecided):
        told.append(f"{_step(at, at.id)} {step_word(at.status)}: {visible(at.step.title)}")
        told += [f"    {text}" for text in told_rows(trouble(at))]
    if state.rollback is not None and state.rollback.status != "running":
        told += stays_lines(state)
    return [*told, end_line(state)]


def end_line(state: RunState) -> str:
    """The last line of a narration: how the run stands."""
    counts: dict[str, int] = {}
    for step in state.steps:
        counts[step.status] = counts.get(step.status, 0) + 1
    steps = ", ".join(counted_steps(status, count) for status, count in counts.items())
    return _("The run is {status}, at line {seq}; steps: {steps}.").format(
        status=outcome_word(state.status, stays(state)), seq=state.seq, steps=steps
    )


def _step(at: StepState | None, step: str) -> str:
    return visible(step) if at is None else f"{at.place.number} {visible(step)}"


def _name(state: RunState, step: str) -> str:
    return _step(state.steps.get(step), step)


def _nothing(previous: RunState, state: RunState, event: Any, line: Line) -> list[str]:
    return []


def _opened(previous: RunState, state: RunState, event: e.RunOpened, line: Line) -> list[str]:
    environment = word(ENVIRONMENT, event.environment)
    mode = word(MODE, event.mode)
    told = [
        _("run {run} opened by {person}: {plan}").format(
            run=visible(event.id), person=visible(line.by), plan=visible(event.plan.name)
        ),
        ngettext(
            "target {target} ({environment}, {mode}), {count} step",
            "target {target} ({environment}, {mode}), {count} steps",
            len(state.steps),
        ).format(target=visible(event.target), environment=environment, mode=mode, count=len(state.steps)),
    ]
    if event.policy.drive != "by_hand":
        told.append(_("goes on by itself ({drive})").format(drive=drive_word(event.policy.drive, "")))
        told += _by_itself(state, line)
    if event.beside is not None:
        runs = ", ".join(visible(other.name) for other in event.others if other.in_the_way) or "-"
        told.append(_("opened beside {runs}: {reason}").format(runs=runs, reason=visible(event.beside)))
    if event.despite:
        told.append(_("opened in spite of: {codes}").format(codes=visible(", ".join(event.despite))))
    for at in attested_steps(event):
        text = _("not measured here, so a person signs for it before the run is closed: {criterion}")
        told.append(text.format(criterion=visible(at.step.title)))
    told += lacking_lines(state)
    if event.window is not None:
        window = event.window
        opens, closes = (moment(at, window.timezone) for at in (window.opens, window.closes))
        told.append(_("window {opens} to {closes}").format(opens=visible(opens), closes=visible(closes)))
    return told


def _came(previous: RunState, state: RunState, event: e.RunBeside, line: Line) -> list[str]:
    return [_("another run on this target, beside which this one goes on: {run}").format(run=say(neighbour(other)))
            for other in event.runs]  # fmt: skip


def _recovered(previous: RunState, state: RunState, event: e.RunRecovered, line: Line) -> list[str]:
    told = [_("another engine took the run up; whoever had the helm takes it again")]
    if previous.policy.drive != "by_hand" and state.policy.drive == "by_hand":
        goal = "" if previous.policy.until is None else _name(previous, previous.policy.until)
        text = _("a person drives from here on, by hand; {before} has ended")
        told.append(text.format(before=drive_word(previous.policy.drive, goal)))
    elif state.policy.drive != "by_hand":
        told += _by_itself(state, line)
    if event.end_known is False:
        told.append(_("whether lines were missing at the journal's end was not known there"))
    return told


def _held(previous: RunState, state: RunState, event: e.RunHeld, line: Line) -> list[str]:
    if state.barrier is None or event.code is None:
        return [_by(_("held"), line, event.reason)]
    opened = state.opened
    told = [_by(_("held"), line, None) + ": " + held_sentence(state.barrier)]
    if opened is not None:
        told.append(held_way_on(state.barrier, opened.id, opened.target))
    return told


def _resumed(previous: RunState, state: RunState, event: e.RunResumed, line: Line) -> list[str]:
    policy = event.policy
    if policy is not None and policy.drive == "run_to" and policy.until is not None:
        told = _by(_("runs on to {step}").format(step=_name(state, policy.until)), line, event.reason)
        return [told, *_by_itself(state, line)]
    if policy is not None and policy.drive != "by_hand":
        told = _by(_("goes on by itself ({drive})").format(drive=drive_word(policy.drive, "")), line, event.reason)
        return [told, *_by_itself(state, line)]
    if event.beside:
        runs = ", ".join(visible(run) for run in event.beside)
        return [_by(_("goes on beside {runs}").format(runs=runs), line, event.reason)]
    if event.identity is not None:
        return [_by(_("what answered is accepted as the run's target"), line, event.reason)]
    return [_by(_("resumed"), line, event.reason)]


def _by_itself(state: RunState, line: Line) -> list[str]:
    """What happens from here on although nobody does anything more."""
    wall = instant(line.at)
    foreseen = foresee(state, wall)
    return [_("from here on: {what}").format(what=foreseen_words(foreseen, wall))] if foreseen.due else []


def _driven(previous: RunState, state: RunState, event: e.RunDriven, line: Line) -> list[str]:
    goal = "" if previous.policy.until is None else _name(previous, previous.policy.until)
    text = _("{person} drives from here on, by hand ({why}); {before} has ended").format(
        person=visible(line.by),
        why=word(TAKEN_OVER, event.reason),
        before=drive_word(previous.policy.drive, goal),
    )
    return [text]


def _closed(previous: RunState, state: RunState, event: e.RunClosed, line: Line) -> list[str]:
    outcome = outcome_word(event.outcome, stays(state))
    return [_by(_("run closed: {outcome}").format(outcome=outcome), line, event.reason)]


def _by(text: str, line: Line, reason: str | None) -> str:
    if line.by != "engine":
        text = _("{what} by {person}").format(what=text, person=visible(line.by))
    return f"{text}: {visible(reason)}" if reason else text


def _clock_stepped(previous: RunState, state: RunState, event: e.ClockStepped, line: Line) -> list[str]:
    return [_("this machine's clock was set by {span}").format(span=span(event.seconds))]


def _helm_taken(previous: RunState, state: RunState, event: e.HelmTaken, line: Line) -> list[str]:
    if event.taken_from:
        text = _("{person} took the helm from {other}").format(
            person=visible(event.person), other=visible(event.taken_from)
        )
    else:
        text = _("{person} took the helm").format(person=visible(event.person))
    return [f"{text}: {visible(event.reason)}" if event.reason else text]


def _helm_released(previous: RunState, state: RunState, event: e.HelmReleased, line: Line) -> list[str]:
    text = _("{person} gave the helm back").format(person=visible(event.person))
    return [f"{text}: {visible(event.note)}" if event.note else text]


def _started(previous: RunState, state: RunState, event: e.StepStarted, line: Line) -> list[str]:
    at = state.steps.get(event.step)
    title = "" if at is None else visible(at.step.title)
    text = _("{step} started: {title}").format(step=_name(state, event.step), title=title)
    if event.undoes is not None:
        text = _("{step} started, takes {undone} back: {title}").format(
            step=_name(state, event.step), undone=visible(event.undoes), title=title
        )
    if event.attempt > 1:
        text += " " + _("(attempt {attempt})").format(attempt=event.attempt)
    if event.confirm is not None:
        text += "; " + _("confirmed by {person}").format(person=visible(line.by))
    return [f"{text}: {visible(event.reason)}" if event.reason else text]


def _output(previous: RunState, state: RunState, event: e.StepOutput, line: Line) -> list[str]:
    prefix = _name(state, event.step)
    told = [f"{prefix} | {text}" for text in visible_lines(event.text)]
    if event.dropped:
        told.append(_("{step} | ({size} more lie in its output file)").format(step=prefix, size=size(event.dropped)))
    return told


def _progress(previous: RunState, state: RunState, event: e.StepProgress, line: Line) -> list[str]:
    """Told when the phase changes and at each tenth: every event would drown the rest."""
    before = previous.steps.get(event.step)
    known = (before.progress if before is not None else None) or {}
    same_phase = known.get("phase") == event.phase and bool(known)
    if same_phase and _tenth(known.get("done"), known.get("total")) == _tenth(event.done, event.total):
        return []
    name = _name(state, event.step)
    what = "" if event.phase is None else visible(event.phase) + ": "
    unit = "" if event.unit is None else " " + unit_word(event.unit, event.done if event.total is None else event.total)
    if event.done is None:
        return [f"{name} … {what.removesuffix(': ')}"] if what else []
    if event.total is None:
        return [f"{name} … {what}{amount(event.done)}{unit}"]
    done = _("{done} of {total}").format(done=amount(event.done), total=amount(event.total))
    return [f"{name} … {what}{done}{unit}"]


def _tenth(done: float | None, total: float | None) -> int | None:
    return None if done is None or not total else int(10 * share(done, total))


def _waiting(previous: RunState, state: RunState, event: e.StepWaiting, line: Line) -> list[str]:
    before = previous.steps.get(event.step)
    if before is not None and (before.waiting or "") == event.reason and before.waiting_facts == event.facts:
        return []
    name = _name(state, event.step)
    if not event.reason:
        return [_("{step} waits no longer").format(step=name)]
    return [f"{name} {wait_words(event.reason, event.facts)}"]


def _fate(previous: RunState, state: RunState, event: e.StepFate, line: Line) -> list[str]:
    name = _name(state, event.step)
    text = f"{name}: {word(FATE, event.fate)}"
    told = [f"{text} ({word(FATE_REASON, event.reason)})" if event.reason else text]
    at = state.steps.get(event.step)
    if event.fate == "undecided" and at is not None:
        told += _rows(name, trouble(at), {_("reason")})
    return told


def _outcome(previous: RunState, state: RunState, event: e.StepOutcome, line: Line) -> list[str]:
    at = state.steps.get(event.step)
    if at is None:
        return []
    parts = [f"{_name(state, event.step)} {step_word(at.status)}"]
    if at.started is not None and at.ended is not None and at.status != "undone":
        parts[0] += " " + _("in {span}").format(span=span(at.ended - at.started))
    if isinstance(event, e.StepSigned | e.StepByHand):
        parts[0] += " " + _("by {person}").format(person=visible(event.person))
        parts.append(visible(event.note))
    if isinstance(event, e.StepFailed | e.StepSkipped | e.StepCancelled) and event.reason:
        parts.append(which_checks(event.evidence.get("checks")) or word(REASON, event.reason))
    if isinstance(event, e.StepFailed):
        error = event.evidence.get("error")
        where = place(error) if isinstance(error, dict) else ""
        parts += [where, f"SQLSTATE {visible(event.sqlstate)}" if event.sqlstate else ""]
        parts.append(visible(told_words(event.told)))
    if at.status not in ("failed", "cancelled"):
        parts.append(evidence_words(at))
    told = ["; ".join(part for part in parts if part)]
    # What stands on the line already is not told twice.
    once = {_("reason"), _("where"), "SQLSTATE", _("message")} if isinstance(event, e.StepFailed) else {_("reason")}
    return [*told, *_rows(_name(state, event.step), trouble(at), once)]


def _rows(name: str, rows: list[Row], without: set[str]) -> list[str]:
    """What went wrong, a labelled line each; a line without a label goes on the one before."""
    kept: list[Row] = []
    proof = False
    leaving = False
    for label, text in rows:
        proof = proof or label == _("proof")
        leaving = (label in without and not proof) if label else leaving
        if not leaving:
            kept.append((label, text))
    return [f"{name}   {text}" for text in told_rows(kept)]


def _cancel(previous: RunState, state: RunState, event: e.CancelRequested, line: Line) -> list[str]:
    return [_by(_("{step}: its end is asked for").format(step=_name(state, event.step)), line, None)]


def _tx_aborted(previous: RunState, state: RunState, event: e.TxAborted, line: Line) -> list[str]:
    text = _("{step}: transaction taken back by the server").format(step=_name(state, event.step))
    if event.sqlstate:
        text += f"; SQLSTATE {visible(event.sqlstate)}"
    said = visible(told_words(event.told))
    return [f"{text}; {said}" if said else text]


def _breached(previous: RunState, state: RunState, event: e.GuardBreached, line: Line) -> list[str]:
    text = _("guard breached: {metric} is {value}, limit {limit}").format(
        metric=visible(event.metric), value=amount(event.value), limit=amount(event.limit)
    )
    return [f"{text} ({visible(event.source)})" if event.source else text]


def _cleared(previous: RunState, state: RunState, event: e.GuardCleared, line: Line) -> list[str]:
    return [
        _("guard clear again: {metric} is {value}, after {span}").format(
            metric=visible(event.metric), value=amount(event.value), span=span(event.lasted_s)
        )
    ]


def _fired(previous: RunState, state: RunState, event: e.TriggerFired, line: Line) -> list[str]:
    return [
        _("ROLLBACK PROPOSED: {title} ({reason})").format(title=visible(event.title), reason=word(REASON, event.reason))
    ]


def _rollback_started(previous: RunState, state: RunState, event: e.RollbackStarted, line: Line) -> list[str]:
    told = [_by(_("ROLLBACK started"), line, event.reason)]
    if event.undo:
        told.append(_("takes back, in this order: {steps}").format(steps=", ".join(visible(s) for s in event.undo)))
    if event.without_undo:
        steps = ", ".join(visible(s) for s in event.without_undo)
        told.append(_("has no undo, so that what it did stays: {steps}").format(steps=steps))
    return told


def _rollback_finished(previous: RunState, state: RunState, event: e.RollbackFinished, line: Line) -> list[str]:
    told = [_("rollback finished in {span}").format(span=span(event.duration_s)) + excepted(stays(state))]
    if event.outcome == "failed":
        step = _name(state, event.step) if event.step else "?"
        told = [_("ROLLBACK FAILED at {step}").format(step=step)]
    return [*told, *stays_lines(state)]


def stays_lines(state: RunState) -> list[str]:
    """What a rollback has not taken back, a line each, with what of it is in the database."""
    found = [state.steps[step] for step in stays(state)]
    return [
        _("NOT taken back: {step}; {effect}").format(step=_step(at, at.id), effect=word(EFFECT, at.effect))
        for at in found
    ]


def _note(previous: RunState, state: RunState, event: e.NoteAdded, line: Line) -> list[str]:
    about = "" if event.step is None else f" ({visible(event.step)})"
    return [_("note by {person}").format(person=visible(line.by)) + f"{about}: {visible(event.text)}"]


def _feedback(previous: RunState, state: RunState, event: e.FeedbackAdded, line: Line) -> list[str]:
    return [_("feedback by {person}").format(person=visible(line.by)) + f": {visible(event.text)}"]


def _error(previous: RunState, state: RunState, event: e.ErrorRecorded, line: Line) -> list[str]:
    where = "" if event.step is None else f" ({_name(state, event.step)})"
    state_ = "" if event.sqlstate is None else f" SQLSTATE {visible(event.sqlstate)}"
    return [_("error {id}").format(id=visible(event.id)) + f"{where}{state_}: {visible(error_text(event.told))}"]


def _resolved(previous: RunState, state: RunState, event: e.ErrorResolved, line: Line) -> list[str]:
    return [_by(_("error {id} resolved").format(id=visible(event.id)), line, event.text)]


def _backup(previous: RunState, state: RunState, event: e.BackupRecorded, line: Line) -> list[str]:
    return [
        _("{step} backup in {path}: {size}, SHA-256 {sha256}").format(
            step=_name(state, event.step),
            path=visible(event.path),
            size=size(event.bytes),
            sha256=visible(event.sha256),
        )
    ]


def _log(previous: RunState, state: RunState, event: e.LogLines, line: Line) -> list[str]:
    source = visible(event.stream)
    told = [f"{source} | {_log_text(entry)}" for entry in event.entries()]
    if event.dropped:
        text = ngettext("{source} | ({count} line left out)", "{source} | ({count} lines left out)", event.dropped)
        told.append(text.format(source=source, count=event.dropped))
    return told


def _log_text(entry: dict[str, Any]) -> str:
    if "code" in entry:
        return f"{visible(str(entry.get('severity', '')))} {told_words(entry)}".lstrip()
    named = [entry.get(key) for key in ("severity", "sqlstate", "text", "message")]
    shown = " ".join(visible(str(value)) for value in named if value)
    return shown or visible(msgspec.json.encode(entry).decode())


def _standing(previous: RunState, state: RunState, line: Line) -> list[str]:
    """One line when the run comes to stand still, or stands still for another reason or at another step."""
    now = _stands(state, line.at)
    if now is None or now == _stands(previous, previous.at or line.at):
        return []
    reason, step = now
    at = None if step is None else state.steps.get(step)
    if at is None:
        return [run_waiting(reason, stays=stays(state))]
    ended = state.rollback is not None and state.rollback.status == "rolled_back"
    errors = state.errors.unresolved_of(at.id)
    waits = run_waiting(reason, at.step.kind, at.status, errors=errors, taken_back=ended)
    return [f"{_step(at, at.id)}: {waits}"]


def _stands(state: RunState, at: str) -> tuple[str, str | None] | None:
    if state.opened is None or state.active:
        return None
    last = next_effects(state, instant(at))[-1]
    if isinstance(last, Append) or not isinstance(last, Wait) or last.reason in ("running", "closed"):
        return None
    return last.reason, last.step


_TOLD: dict[type[e.Event], Callable[[RunState, RunState, Any, Line], list[str]]] = {
    e.RunOpened: _opened,
    e.RunRecovered: _recovered,
    e.RunHeld: _held,
    e.RunResumed: _resumed,
    e.RunDriven: _driven,
    e.RunBeside: _came,
    e.RunClosed: _closed,
    e.ClockStepped: _clock_stepped,
    e.HelmTaken: _helm_taken,
    e.HelmReleased: _helm_released,
    e.StepStarted: _started,
    e.StepOutput: _output,
    e.StepProgress: _progress,
    e.StepWaiting: _waiting,
    e.StepFate: _fate,
    e.StepPassed: _outcome,
    e.StepFailed: _outcome,
    e.StepSkipped: _outcome,
    e.StepSigned: _outcome,
    e.StepByHand: _outcome,
    e.StepCancelled: _outcome,
    e.StepUndone: _outcome,
    e.CancelRequested: _cancel,
    e.TxAborted: _tx_aborted,
    e.GuardBreached: _breached,
    e.GuardCleared: _cleared,
    e.TriggerFired: _fired,
    e.RollbackStarted: _rollback_started,
    e.RollbackFinished: _rollback_finished,
    e.NoteAdded: _note,
    e.FeedbackAdded: _feedback,
    e.ErrorRecorded: _error,
    e.ErrorResolved: _resolved,
    e.BackupRecorded: _backup,
    e.LogLines: _log,
}
