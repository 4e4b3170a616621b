"""What people said: the users' feedback, notes, what was handed over, and what was signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui.journal import events as e
from tui.locale import _
from tui.report.blocks import Chapter, GridColumn, Paragraph, ReportBlock, Row, Subtitle, row, table
from tui.report.reading import JournalReading, Kept
from tui.report.times import Times
from tui.run.state import RunState
from tui.run.steps import attestation_of
from tui.words.persons import person_words
from tui.words.steps import note_of


def section(reading: JournalReading) -> Chapter:
    """Feedback first, for that is what the document asks for."""
    times, state = Times(reading.state), reading.state
    blocks: list[ReportBlock] = []
    feedback = list(_of(reading.kept, e.FeedbackAdded, state, times))
    if feedback:
        blocks.append(_table(feedback))
    else:
        text = _("No feedback was recorded with `virada do RUN feedback`; what was signed for it stands below.")
        blocks.append(Paragraph(text=text))
    notes = list(_of(reading.kept, e.NoteAdded, state, times)) + list(_handed(reading.kept, times))
    if notes:
        blocks += [Subtitle(text=_("Notes")), _table(notes)]
    lessons = list(_lessons(reading.kept, times))
    if lessons:
        named = ("", GridColumn(_("lesson or improvement"), wide=True), _("owner"), _("due"), _("done"))
        blocks += [Subtitle(text=_("Lessons and improvements")), table(named, lessons)]
    signed = list(_signed(reading.kept, state, times))
    if signed:
        columns = (
            _("when"),
            GridColumn(_("who"), loose=True),
            GridColumn(_("what was signed, and the note"), wide=True),
        )
        blocks += [Subtitle(text=_("Signed")), table(columns, signed)]
    return Chapter(name="feedback", title=_("Feedback and notes"), blocks=tuple(blocks))


def _table(rows: list[Row]) -> ReportBlock:
    return table((_("when"), GridColumn(_("who"), loose=True), GridColumn(_("what was said"), wide=True)), rows)


def _of(
    kept: Iterable[Kept], type_: type[e.FeedbackAdded | e.NoteAdded], state: RunState, times: Times
) -> Iterator[Row]:
    for each in kept:
        if isinstance(each.event, type_):
            at = state.steps.get(getattr(each.event, "step", None) or "")
            before = "" if at is None else f"{at.place.number} {at.step.title}: "
            yield row(times.short(each.line.at), person_words(each.line.by), before + each.event.text)


def _handed(kept: Iterable[Kept], times: Times) -> Iterator[Row]:
    for each in kept:
        if isinstance(each.event, e.HelmReleased) and each.event.note:
            text = _("handed over: {note}").format(note=each.event.note)
            yield row(times.short(each.line.at), person_words(each.event.person), text)


def _lessons(kept: Iterable[Kept], times: Times) -> Iterator[Row]:
    """Those of this run; of earlier ones what was done in it."""
    done = {each.event.id: each for each in kept if isinstance(each.event, e.ImprovementDone) and not each.event.run}
    for each in kept:
        event = each.event
        if isinstance(event, e.LessonAdded):
            yield row(event.id, event.text, "", "", "")
        elif isinstance(event, e.ImprovementAdded):
            ended = done.get(event.id)
            yield row(event.id, event.text, event.owner, event.due, "" if ended is None else times.at(ended.line.at))
        elif isinstance(event, e.ImprovementDone) and event.run:
            yield row(f"{event.run} {event.id}", event.text, "", "", times.at(each.line.at))


def _signed(kept: Iterable[Kept], state: RunState, times: Times) -> Iterator[Row]:
    for each in kept:
        if not isinstance(each.event, e.StepSigned | e.StepByHand):
            continue
        at = state.steps.get(each.event.step)
        name = each.event.step if at is None else f"{at.place.number} {at.step.title}"
        text = "" if at is None else attestation_of(at.step).text or ""
        note = note_of(each.event.note, each.event.evidence)
        said = "\n".join(filter(None, (name, text, _("note: {text}").format(text=note) if note else "")))
        yield row(times.short(each.line.at), person_words(each.event.person or each.line.by), said)
