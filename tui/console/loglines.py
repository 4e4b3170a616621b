"""Journal entries as lines of the log: output of steps, lines of logs, and every decision in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tui.console.progress import count_key, counting, is_counted
from tui.journal import events as e
from tui.journal.line import Line
from tui.locale import _, ngettext
from tui.run.lockwait import LOCKS
from tui.run.neighbours import beside, neighbour
from tui.run.state import Barrier, RunState
from tui.words.codes import (
    EFFECT,
    FATE,
    FATE_REASON,
    REASON,
    ROLLBACK_STATUS,
    TAKEN_OVER,
    error_text,
    metric_word,
    run_word,
    word,
)
from tui.words.figures import figure
from tui.words.holding import held_sentence
from tui.words.inert import visible
from tui.words.runs import excepted
from tui.words.said import say, told
from tui.words.steps import name_of
from tui.words.trouble import which_checks
from tui.words.waiting import wait_words

Severity = Literal["error", "warning", "event", "person", "output"]
LONGEST = 4000
"""Characters kept of a line; the whole of it lies in the step's output file."""
_ERRORS = ("ERROR", "FATAL", "PANIC", "ERRO", "psql:")
_WARNINGS = ("WARNING", "AVISO", "NOTICE:  warning")


class LogLine(Struct, frozen=True, gc=False):
    """One line: `at` as in the journal, `source` the step's number or a log's name, `text` not yet made inert.

    A line with a `key` says anew what the line with the same key has said, and stands in its place: wherever that is
    (`counts`), or as long as its source has said nothing else since."""

    at: str
    severity: Severity
    source: str
    text: str
    key: str = ""
    counts: bool = False


def severity_word(severity: str) -> str:
    """At most five columns, so that the texts stand in line."""
    return {"error": _("ERROR"), "warning": _("warn"), "event": _("run"), "person": _("hand"), "output": ""}[severity]


def log_lines(lines: Iterable[Line], state: RunState) -> Iterator[LogLine]:
    """The lines these entries give. `state`: a state in which their steps are known."""
    for line in lines:
        if e.class_of(line.type).SILENT:
            continue
        try:
            event = e.decode(line.type, line.data)
        except msgspec.ValidationError:
            event = None
        if event is None:
            yield LogLine(line.at, "event", "", _("an event this version does not know: {type}").format(type=line.type))
        elif isinstance(event, e.StepOutput):
            yield from _output(line, event, state)
        elif isinstance(event, e.LogLines):
            yield from _logged(line, event)
        elif isinstance(event, e.StepEvent) and is_counted(event, state):
            yield from _counted(line, event, state)
        else:
            yield from _told(line, event, state)


def _told(line: Line, event: e.Event, state: RunState) -> Iterator[LogLine]:
    said = _said(event, line, state)
    if said is not None:
        yield LogLine(line.at, said[0], _number(event, state), said[1], _wait_key(event))


def _wait_key(event: e.Event) -> str:
    """A wait is told again with every look at it, and one for a lock with every try."""
    if not isinstance(event, e.StepWaiting):
        return ""
    return f"wait {event.step}.{event.attempt} {'lock' if event.reason in LOCKS else event.reason}"


def _counted(line: Line, event: e.StepEvent, state: RunState) -> Iterator[LogLine]:
    """A statement that is repeated a thousand times is one line, so that what the server says is seen beside it."""
    text = counting(event, line, state)
    if text:
        yield LogLine(line.at, "event", _number(event, state), text, count_key(event), counts=True)
    if not isinstance(event, e.TxCommitted | e.StepProgress):
        yield from _told(line, event, state)


def _number(event: Any, state: RunState) -> str:
    step = getattr(event, "step", None)
    known = state.steps.get(step) if isinstance(step, str) else None
    return "" if known is None else known.place.number


def _severity(text: str) -> Severity:
    start = text[:60].lstrip()
    if start.startswith(_ERRORS) and (not start.startswith("psql:") or "ERROR" in text[:300]):
        return "error"
    return "warning" if start.startswith(_WARNINGS) else "output"


def _output(line: Line, event: e.StepOutput, state: RunState) -> Iterator[LogLine]:
    number = _number(event, state)
    for text in event.text.removesuffix("\n").split("\n") if event.text else ():
        yield LogLine(line.at, _severity(text), number, text[:LONGEST])
    if event.dropped:
        text = ngettext(
            "{n} byte more lies in the step's output file",
            "{n} bytes more lie in the step's output file",
            event.dropped,
        )
        yield LogLine(line.at, "warning", number, text.format(n=f"{event.dropped:,}"))


def _logged(line: Line, event: e.LogLines) -> Iterator[LogLine]:
    for logged in event.entries():
        text = told(logged if "code" in logged else logged.get("text") or logged.get("message") or logged.get("line"))
        level = str(logged.get("severity") or logged.get("level") or "").upper()
        severity: Severity = "output"
        if level in ("ERROR", "FATAL", "PANIC") or (not level and _severity(text) == "error"):
            severity = "error"
        elif level == "WARNING" or (not level and _severity(text) == "warning"):
            severity = "warning"
        yield LogLine(line.at, severity, event.stream, text[:LONGEST])
    if event.dropped:
        left = ngettext("{n} line left out", "{n} lines left out", event.dropped)
        yield LogLine(line.at, "warning", event.stream, left.format(n=f"{event.dropped:,}"))


def _said(event: e.Event, line: Line, state: RunState) -> tuple[Severity, str] | None:
    """What an event says in words; None for those that say nothing to people."""
    by = line.by
    match event:
        case e.RunOpened():
            text = _("Run {run} opened on {target} by {by}").format(run=event.id, target=event.target, by=by)
            spite = _("in spite of: {codes}").format(codes=", ".join(event.despite)) if event.despite else None
            told = (text, *([spite] if spite else ()), *map(say, beside(event.others, event.beside)))
            return ("warning" if event.others or spite else "event"), "; ".join(told)
        case e.RunBeside():
            text = _("Another run on this target, beside which this one goes on: {run}")
            return "warning", " | ".join(text.format(run=say(neighbour(other))) for other in event.runs)
        case e.RunRecovered():
            text = _("The run was taken up again by another engine; the helm is free")
            if event.end_known is False:
                text = _(
                    "The run was taken up again by another engine; the helm is free. Whether lines were missing at the "
                    "journal's end was not known there."
                )
            return "warning", text
        case e.RunHeld() if event.code is not None:
            return "error", _("Held: {why}").format(why=held_sentence(Barrier(code=event.code, facts=event.facts)))
        case e.RunHeld():
            return "person", _("Held by {by}").format(by=by) + _because(event.reason)
        case e.RunResumed():
            until = "" if event.policy is None or event.policy.until is None else event.policy.until
            if until:
                known = state.steps.get(until)
                goal = until if known is None else name_of(known)
                return "person", _("Runs on to {step}, by {by}").format(step=goal, by=by)
            if event.beside:
                text = _("Goes on beside {runs}, by {by}").format(runs=", ".join(event.beside), by=by)
                return "person", text + _because(event.reason)
            if event.identity is not None:
                return "person", _("What answered is the target now, by {by}").format(by=by) + _because(event.reason)
            return "person", _("Goes on, by {by}").format(by=by)
        case e.RunDriven():
            why = word(TAKEN_OVER, event.reason)
            return "person", _("{person} drives from here on, by hand ({why})").format(person=by, why=why)
        case e.RunClosed():
            outcome = run_word(event.outcome) + excepted(event.stays)
            return "event", _("Run closed: {outcome}").format(outcome=outcome) + _because(event.reason)
        case e.ClockStepped():
            return "warning", _("The wall clock was set by {n} s").format(n=f"{event.seconds:+.1f}")
        case e.HelmTaken():
            if event.taken_from:
                text = _("{person} took the helm from {other}").format(person=event.person, other=event.taken_from)
                return "person", text + _because(event.reason)
            return "person", _("{person} has the helm").format(person=event.person)
        case e.HelmReleased():
            return "person", _("{person} gave the helm up").format(person=event.person) + _because(event.note)
        case e.NoteAdded():
            return "person", _("Note by {by}: {text}").format(by=by, text=event.text)
        case e.FeedbackAdded():
            return "person", _("Feedback by {by}: {text}").format(by=by, text=event.text)
        case e.ErrorRecorded():
            return "error", f"{event.id} {error_text(event.told)}" + _code(event.sqlstate)
        case e.ErrorResolved():
            return "person", _("{id} resolved by {by}: {text}").format(id=event.id, by=by, text=event.text)
        case e.GuardBreached():
            text = _("{metric} BREACHED: {value} against {limit}, measured on {source}")
            return "error", text.format(
                metric=metric_word(event.metric), value=figure(event.metric, event.value),
                limit=figure(event.metric, event.limit), source=event.source or "?",
            )  # fmt: skip
        case e.GuardCleared():
            return "event", _("{metric} is within its limit again").format(metric=metric_word(event.metric))
        case e.TriggerFired():
            return "error", _("Rollback proposed: {title}").format(title=event.title)
        case e.RollbackStarted():
            return "error", _("Rollback started by {by}").format(by=by) + _because(event.reason)
        case e.RollbackFinished():
            severity: Severity = "error" if event.outcome == "failed" or event.stays else "event"
            text = _("Rollback ended: {outcome}").format(outcome=word(ROLLBACK_STATUS, event.outcome))
            if event.outcome != "failed":
                return severity, text + excepted(event.stays)
            left = ", ".join(event.stays)
            return severity, text + (_("; not taken back: {steps}").format(steps=left) if left else "")
        case e.BackupRecorded():
            text = ngettext("Backup recorded: {path}, {n} byte", "Backup recorded: {path}, {n} bytes", event.bytes)
            return "event", text.format(path=event.path, n=f"{event.bytes:,}")
        case e.StepEvent():
            return _step(event, line, state)
    return None


def _step(event: e.StepEvent, line: Line, state: RunState) -> tuple[Severity, str] | None:
    known = state.steps.get(event.step)
    name = event.step if known is None else name_of(known).partition(" ")[2]
    match event:
        case e.StepStarted():
            text = _("started: {step}").format(step=name)
            text += _(" (attempt {n})").format(n=event.attempt) if event.attempt > 1 else ""
            if event.confirm is None:
                return "event", text + _because(event.reason)
            return "person", text + _("; confirmed by {by}").format(by=line.by) + _because(event.reason)
        case e.StepWaiting() if event.reason:
            return "warning", f"{wait_words(event.reason, event.facts)}: {name}"
        case e.StepFate():
            severity: Severity = "error" if event.fate == "undecided" else "event"
            text = f"{word(FATE, event.fate)}: {name}"
            return severity, text + _because(word(FATE_REASON, event.reason) if event.reason else None)
        case e.StepPassed():
            return "event", _("passed: {step}").format(step=name)
        case e.StepFailed():
            why = told(event.told) or which_checks(event.evidence.get("checks")) or word(REASON, event.reason)
            text = _("FAILED: {step}").format(step=name) + _because(why)
            return "error", f"{text}{_code(event.sqlstate)}; {word(EFFECT, event.effect)}"
        case e.StepSkipped():
            return "person", _("skipped by {by}: {step}").format(step=name, by=line.by) + _because(
                error_text(event.reason)
            )
        case e.StepSigned():
            by = event.person or line.by
            return "person", _("signed by {by}: {step}").format(step=name, by=by) + _because(event.note)
        case e.StepByHand():
            by = event.person or line.by
            return "person", _("done by hand by {by}: {step}").format(step=name, by=by) + _because(event.note)
        case e.StepCancelled():
            if event.reason == "host_ended":
                return "event", _("ended with the step it accompanies: {step}").format(step=name)
            return "warning", _("cancelled: {step}").format(step=name) + f"; {word(EFFECT, event.effect)}"
        case e.StepUndone():
            return "event", _("undone: {step}").format(step=name)
        case e.CancelRequested():
            return "person", _("cancel asked for by {by}: {step}").format(step=name, by=line.by)
        case e.TxCommitted():
            text = _("committed: {step}").format(step=name)
            if event.rows is None:
                return "event", text
            return "event", text + " " + ngettext("({n} row)", "({n} rows)", event.rows).format(n=f"{event.rows:,}")
        case e.TxAborted():
            return "warning", _("transaction aborted: {step}").format(step=name) + _because(told(event.told))
    return None


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _code(sqlstate: str | None) -> str:
    return f" (SQLSTATE {visible(sqlstate)})" if sqlstate else ""
