"""The execution log: every step, planned against actual, who, with what evidence; then what happened, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tui.locale import _, ngettext
from tui.pictures.checklist_order import ChecklistRows
from tui.report.blocks import Cell, Chapter, GridColumn, Paragraph, ReportBlock, Row, Subtitle, heading, row, table
from tui.report.parts.amendments import amendments
from tui.report.parts.summary import STEP_STYLE
from tui.report.reading import JournalReading, Kept
from tui.report.times import Times
from tui.run.clock import expected, instant
from tui.run.lasted import duration
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.words.codes import FATE_REASON, REASON, reason_of, step_word, word
from tui.words.events import told
from tui.words.figures import offset, span, whole
from tui.words.lasting import lasted_words
from tui.words.persons import person_words
from tui.words.severity import severity_word
from tui.words.steps import evidence_words, note_of
from tui.words.trouble import told_rows, trouble

LINES: Final = 2_000
"""Lines of what happened that are told; of more the first and the last."""
STEPS: Final = 2_000


def section(reading: JournalReading) -> Chapter:
    """Steps in the checklist's order, then the journal's sentences."""
    state, times = reading.state, Times(reading.state)
    columns = (
        "", GridColumn(_("step"), wide=True), _("planned"), _("began"), GridColumn(_("took"), right=True), _("outcome"),
        GridColumn(_("who"), loose=True),
    )  # fmt: skip
    blocks: list[ReportBlock] = [Paragraph(text=_times(times)), table(columns, list(_steps(reading, times)), 2 * STEPS)]
    if len(state.steps) > STEPS:
        text = ngettext(
            "Of {n} step the first {most} are listed; `virada status` has all of them.",
            "Of {n} steps the first {most} are listed; `virada status` has all of them.", len(state.steps),
        )  # fmt: skip
        blocks.append(Paragraph(text=text.format(n=whole(len(state.steps)), most=whole(STEPS)), style="warn"))
    blocks += [*amendments(reading), Subtitle(text=_("What happened")), *_happened(reading, times)]
    return Chapter(name="log", title=_("Execution log"), blocks=tuple(blocks))


def _times(times: Times) -> str:
    zone = times.zone_name if times.day is None else f"{times.zone_name}, {times.day}"
    if times.window is None:
        return _("Times are those of {zone}.").format(zone=zone)
    return _("Times are those of {zone}; T counts from the opening of the window.").format(zone=zone)


def _steps(reading: JournalReading, times: Times) -> Iterator[Row]:
    state, shown = reading.state, 0
    for found in ChecklistRows(state.steps).rows:
        if found.kind != "step":
            title = _("Undo of what was applied") if found.group == "undo" else f"{found.number} {found.title}"
            yield heading(title)
            continue
        shown += 1
        if shown > STEPS:
            return
        yield _step(reading, state.steps[found.step], times)


def _step(reading: JournalReading, at: StepState, times: Times) -> Row:
    state = reading.state
    title = at.step.title + (f"\n{at.step.role}" if at.step.role else "")
    estimate = expected(state, at)
    now = _planned(estimate, at.step.milestone)
    opening = reading.planned.step(at.id)
    planned = now if opening is None else _planned(reading.planned.expected(opening), opening.milestone)
    if planned != now:
        planned = [*planned, _("as amended:"), *(now or [_("nothing")])]
    elif opening is None and at.undoes is None and at.amended:
        planned = [_("as amended:"), *now]
    seconds = duration(at)
    slow = estimate is not None and seconds is not None and seconds > 1.5 * estimate + 5
    return row(
        at.place.number, title, "\n".join(planned), times.both(at.started_at or at.ended_at),
        Cell(lasted_words(at), "warn" if slow else ""),
        Cell(outcome_of(state, at), STEP_STYLE.get(at.status, "")), _who(at), below=tuple(_below(at, times)),
    )  # fmt: skip


def _planned(seconds: float | None, milestone: float | None) -> list[str]:
    """How long it is to take, and when it begins."""
    told = [] if seconds is None else [span(seconds)]
    return told if milestone is None else [*told, offset(milestone)]


def outcome_of(state: RunState, at: StepState) -> str:
    """Its status; what has not begun and will not is not to be expected any more."""
    over = state.closed is not None or (state.given_up and at.group == "main")
    return _("not carried out") if at.status == "pending" and over else step_word(at.status)


def _who(at: StepState) -> str:
    """Who signed it, or began its last attempt: its end is the engine's word."""
    label = at.person or (at.attempts[-1].by if at.attempts else at.by)
    return person_words(label) if label else ""


def _below(at: StepState, times: Times) -> Iterator[Cell]:
    """Evidence, what went wrong, what a person said, and the attempts before the last one."""
    wrong = told_rows(trouble(at))
    if wrong:
        yield Cell("\n".join(wrong), "bad")
    elif why := reason_of(at.reason, at.sqlstate, at.status, at.by):
        yield Cell(why, "warn")
    proved = evidence_words(at) if at.evidence else ""
    if proved and not wrong:
        yield Cell(proved, "dim")
    note = note_of(at.note, at.evidence)
    if note:
        yield Cell(_("note: {text}").format(text=note))
    if at.confirmed is not None and at.confirmed.target is not None:
        yield Cell(_("confirmed with {what}").format(what=at.confirmed.reason or at.confirmed.target))
    for attempt in at.attempts[:-1]:
        why = attempt.said or word(REASON if attempt.reason in REASON else FATE_REASON, attempt.reason)
        text = _("attempt {number}, {at}: {outcome}").format(
            number=attempt.number, at=times.at(attempt.started_at), outcome=step_word(attempt.status)
        )
        yield Cell(text + (f", {why}" if why else ""), "warn")


def _happened(reading: JournalReading, times: Times) -> Iterator[ReportBlock]:
    """One line for each event that says something; output and logs lie beside the journal."""
    state = reading.state
    kept = reading.kept
    left_out = reading.left_out + max(0, len(kept) - LINES)
    if len(kept) > LINES:
        kept = [*kept[: LINES // 2], *kept[-LINES // 2 :]]
    columns = (_("when"), "T", GridColumn(_("what"), wide=True))
    yield table(columns, [line for each in kept if (line := _line(each, state, times)) is not None], LINES)
    if left_out:
        text = ngettext(
            "{n} line in the middle is left out; the whole of it: virada replay --plain",
            "{n} lines in the middle are left out; the whole of it: virada replay --plain", left_out,
        )  # fmt: skip
        yield Paragraph(text=text.format(n=whole(left_out)), style="warn")


def _line(kept: Kept, state: RunState, times: Times) -> Row | None:
    found = told(kept.event, kept.line, state)
    if found is None:
        return None
    step = getattr(kept.event, "step", None)
    at = state.steps.get(step) if isinstance(step, str) else None
    text = found.sentence if at is None else f"{at.place.number} {found.sentence}"
    mark = severity_word(found.severity) if found.severity in ("error", "warning") else ""
    style = {"error": "bad", "warning": "warn"}.get(found.severity, "")
    return row(times.short(kept.line.at), times.t(instant(kept.line.at)), Cell(f"{mark} {text}".strip(), style))
