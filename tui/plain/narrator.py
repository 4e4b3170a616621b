"""A run told a line at a time: what one journal line changed, in words. Pure."""

from __future__ import annotations

from tui.finite import share
from tui.journal import events as e
from tui.journal.line import Line
from tui.locale import _
from tui.run.clock import instant
from tui.run.lasted import Lasted, lasted
from tui.run.next import Append, Wait, next_effects
from tui.run.rollback import stays
from tui.run.state import RunState
from tui.words.codes import STREAM, step_word, word
from tui.words.event_details import event_details, stays_lines, step_name
from tui.words.events import event_of, told
from tui.words.figures import span, t_clock
from tui.words.inert import visible
from tui.words.lasting import seconds_words
from tui.words.runs import counted_steps, outcome_word, run_waiting
from tui.words.severity import logged, printed
from tui.words.steps import evidence_words
from tui.words.trouble import Row, told_rows, trouble


def narrate(previous: RunState, state: RunState, line: Line) -> list[str]:
    """The lines to print for a journal line that led from `previous` to `state`; none for most of the quiet ones."""
    event = event_of(line)
    if event is not None and (event.BULK or event.ROUTINE):
        lines = _passing(previous, state, event, line)
    else:
        lines = [*_lines(previous, state, event, line), *_standing(previous, state, line)]
    clock = t_clock(state, line.at, line.mono)
    return [f"{clock}  {text}" for text in lines]


def end_lines(state: RunState) -> list[str]:
    """The last lines of a narration: what stands in the way and why, and how the run stands."""
    lines: list[str] = []
    for at in (*state.failed, *state.undecided):
        lines.append(f"{step_name(state, at.id)} {step_word(at.status)}: {visible(at.step.title)}")
        lines += [f"    {text}" for text in told_rows(trouble(at))]
    if state.rollback is not None and state.rollback.status != "running":
        lines += stays_lines(state)
    return [*lines, end_line(state)]


def end_line(state: RunState) -> str:
    """The last line of a narration: how the run stands."""
    counts: dict[str, int] = {}
    for step in state.steps:
        counts[step.status] = counts.get(step.status, 0) + 1
    steps = ", ".join(counted_steps(status, count) for status, count in counts.items())
    return _("The run is {status}, at line {seq}; steps: {steps}.").format(
        status=outcome_word(state.status, stays(state)), seq=state.seq, steps=steps
    )


def _lines(previous: RunState, state: RunState, event: e.Event | None, line: Line) -> list[str]:
    """The event's sentence behind the step it is of, and what else is to be said of it."""
    said = told(event, line, state)
    if event is None or said is None:
        return [] if said is None else [said.sentence]
    step = getattr(event, "step", None)
    name = step_name(state, step) if isinstance(step, str) else ""
    if not isinstance(event, e.StepEvent):
        return [f"{name}: {said.sentence}" if name else said.sentence, *event_details(previous, state, event, line)]
    return [f"{name} {said.sentence}" + _outcome(state, event), *_rows(state, event, name, said.sentence)]


def _outcome(state: RunState, event: e.StepEvent) -> str:
    """How long it took, and by what a good end is proved."""
    at = state.steps.get(event.step)
    if at is None or not isinstance(event, e.StepOutcome):
        return ""
    parts = [""]
    found = lasted(at)
    if found is not None and at.status != "undone":
        parts.append(_took(found))
    if at.status not in ("failed", "cancelled"):
        parts.append(evidence_words(at))
    return "; ".join(part for n, part in enumerate(parts) if part or not n)


def _took(found: Lasted) -> str:
    if found.unsure == "unseen":
        return _("took at most {span}: nobody saw its end").format(span=span(found.seconds))
    return _("took {span}").format(span=seconds_words(found))


def _rows(state: RunState, event: e.StepEvent, name: str, sentence: str) -> list[str]:
    """What went wrong, a labelled line each, but for what the sentence says already."""
    at = state.steps.get(event.step)
    if at is None or not (
        isinstance(event, e.StepOutcome) or (isinstance(event, e.StepFate) and at.fate == "undecided")
    ):
        return []
    blocks: list[list[Row]] = []
    for row in trouble(at):
        # A row without a label goes on the one before.
        blocks.append([row]) if row[0] or not blocks else blocks[-1].append(row)
    new = [row for block in blocks if not all(_is_told(block[0][0], text, sentence) for _label, text in block)
           for row in block]  # fmt: skip
    return [f"{name}   {text}" for text in told_rows(new)]


def _is_told(label: str, text: str, sentence: str) -> bool:
    if label == _("reason"):
        return True
    if label in (_("where"), "SQLSTATE", _("message"), _("effect")):
        return text.rstrip(".") in sentence
    return f"{label}: {text}" in sentence or f"{label} {text}" in sentence


def _passing(previous: RunState, state: RunState, event: e.Event, line: Line) -> list[str]:
    """What comes in any number: lines of others as they are, and of the rest only what is new."""
    said = told(event, line, state)
    match event:
        case e.StepOutput():
            name = step_name(state, event.step)
            lines = [f"{name} | {visible(text)}" for _severity, text in printed(event.text)]
            return lines if said is None else [*lines, f"{name} | ({said.sentence})"]
        case e.LogLines():
            name = word(STREAM, event.stream)
            lines = [f"{name} | {_record(text, record)}" for _severity, text, record in logged(event)]
            return lines if said is None else [*lines, f"{name} | ({said.sentence})"]
        case e.StepProgress() if said is not None and _advanced(previous, event):
            return [f"{step_name(state, event.step)} … {said.sentence}"]
        case e.StepWaiting() if not _waits_so(previous, event):
            name = step_name(state, event.step)
            return [_("{step} waits no longer").format(step=name) if said is None else f"{name} {said.sentence}"]
    return []


def _record(text: str, record: dict[str, object]) -> str:
    return " ".join(visible(str(part)) for part in (record.get("severity"), record.get("sqlstate"), text) if part)


def _advanced(previous: RunState, event: e.StepProgress) -> bool:
    """When the phase changes and at each tenth: every event would drown the rest."""
    before = previous.steps.get(event.step)
    known = (before.progress if before is not None else None) or {}
    same_phase = known.get("phase") == event.phase and bool(known)
    return not same_phase or _tenth(known.get("done"), known.get("total")) != _tenth(event.done, event.total)


def _tenth(done: float | None, total: float | None) -> int | None:
    return None if done is None or not total else int(10 * share(done, total))


def _waits_so(previous: RunState, event: e.StepWaiting) -> bool:
    before = previous.steps.get(event.step)
    return before is not None and (before.waiting or "") == event.reason and before.waiting_facts == event.facts


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
    return [f"{step_name(state, at.id)}: {waits}"]


def _stands(state: RunState, at: str) -> tuple[str, str | None] | None:
    if state.opened is None or state.active:
        return None
    last = next_effects(state, instant(at))[-1]
    if isinstance(last, Append) or not isinstance(last, Wait) or last.reason in ("running", "closed"):
        return None
    return last.reason, last.step
