"""The first page, for who was not there: what was changed, when, by whom, how it ended, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tui.journal import events as e
from tui.locale import _, ngettext
from tui.report.affected import change
from tui.report.blocks import (
    Cell,
    Chapter,
    Fact,
    Facts,
    GridColumn,
    Items,
    Paragraph,
    ReportBlock,
    Row,
    Subtitle,
    row,
    table,
)
from tui.report.lacking import lacking, words
from tui.report.parts.felt import felt, felt_table
from tui.report.parts.windows import windows
from tui.report.people import people
from tui.report.planned import TARGET
from tui.report.reading import JournalReading, Kept
from tui.report.times import Times
from tui.run.clock import instant
from tui.run.quality import qualities
from tui.run.rollback import stays
from tui.run.state import RunState
from tui.run.steps import StepState, changes
from tui.words.codes import ENVIRONMENT, GUARD_STATE, MODE, QUALITY, metric_word, step_word, word
from tui.words.driving import drive_word
from tui.words.events import rollback_reason
from tui.words.figures import figure, span
from tui.words.lasting import lasted_words
from tui.words.persons import person_words
from tui.words.runs import counted_steps, outcome_word

STATE_STYLE = {
    "completed": "ok", "rolled_back": "warn", "held": "warn", "failed": "bad", "rollback_failed": "bad",
    "rolling_back": "bad", "undecided": "bad",
}  # fmt: skip
STEP_STYLE = {
    "passed": "ok", "signed": "ok", "by_hand": "ok", "failed": "bad", "undecided": "bad", "skipped": "warn",
    "cancelled": "warn", "undone": "warn", "pending": "dim",
}  # fmt: skip
MOST = 8
"""Changing steps that the first page names."""
PEOPLE = 10


def outcome(reading: JournalReading) -> str:
    """The run's one word, with what a rollback has not taken back."""
    state = reading.state
    told = outcome_word(state.status, (state.steps[step].place.number for step in stays(state)))
    return told if state.closed is not None else _("{outcome}; the run is still open").format(outcome=told)


def section(reading: JournalReading) -> Chapter:
    """The whole page."""
    times = Times(reading.state)
    blocks: list[ReportBlock] = [Facts(rows=tuple(_facts(reading, times)))]
    changed = _changed(reading)
    if changed:
        blocks += [Subtitle(text=_("What was changed")), *changed]
    blocks += [Subtitle(text=_("For how long the application was affected")), *felt_table(reading)]
    criteria = [*_criteria(reading)]
    if criteria:
        columns = (
            GridColumn(_("criterion"), loose=True),
            GridColumn(_("limit"), loose=True),
            _("at the end"),
            _("breached"),
        )
        blocks += [Subtitle(text=_("Success criteria")), table(columns, criteria)]
    lacks = lacking(reading)
    blocks.append(Subtitle(text=_("What is not known")))
    blocks.append(
        Items(texts=tuple(map(words, lacks)))
        if lacks
        else Paragraph(text=_("Nothing: all that this report tells of was recorded."))
    )
    return Chapter(name="summary", title=_("In brief"), blocks=tuple(blocks))


def _facts(reading: JournalReading, times: Times) -> Iterator[Fact]:
    state = reading.state
    opened = state.opened
    assert opened is not None
    why = f"\n{state.closed.reason}" if state.closed is not None and state.closed.reason else ""
    yield Fact(_("outcome"), outcome(reading) + why, STATE_STYLE.get(state.status, ""))
    where = [word(ENVIRONMENT, opened.environment), word(MODE, opened.mode), *_server(state.identity)]
    yield Fact(_("target"), f"{opened.target} ({', '.join(where)})")
    yield Fact(_("when"), _when(reading, times))
    yield from windows(reading, times)
    yield felt(reading)
    yield Fact(_("by whom"), "\n".join(_who(reading)))
    yield Fact(_("steps"), ", ".join(_counted(state)))
    errors = len([error for error in state.errors if error.level == "error"])
    text = ngettext("{n} error, {open} without a resolution", "{n} errors, {open} without a resolution", errors)
    open_ = state.errors.unresolved - state.errors.warnings
    yield Fact(_("errors"), text.format(n=errors, open=open_) if errors else _("none"), "bad" if open_ else "")
    if state.rollback is not None:
        yield Fact(_("rollback"), _rollback(reading, times), "warn")
    if reading.amendments:
        told = (_amended(number, kept, times) for number, kept in reading.amendments)
        yield Fact(_("plan amended"), "\n".join(told), "warn")
    if opened.despite:
        yield Fact(_("in spite of"), ", ".join(opened.despite), "warn")


def _amended(number: int, kept: Kept, times: Times) -> str:
    assert isinstance(kept.event, e.RunAmended)
    text = _("amendment {n}, {at} by {who}: {reason}")
    return text.format(n=number, at=times.at(kept.line.at), who=person_words(kept.line.by), reason=kept.event.reason)


def _counted(state: RunState) -> Iterator[str]:
    """How many steps ended how, the most first; what will not begin any more is not told as pending."""
    counts = Counter(at.status for at in state.steps)
    for status in sorted(counts, key=lambda status: -counts[status]):
        if status == "pending" and (state.closed is not None or state.given_up):
            text = ngettext("{n} not carried out", "{n} not carried out", counts[status])
            yield text.format(n=counts[status])
        else:
            yield counted_steps(status, counts[status])


def _server(identity: dict[str, Any]) -> Iterator[str]:
    """The database, and which server it is on."""
    if identity.get("database"):
        yield _("database {name}").format(name=identity["database"])
    if identity.get("server_version_text"):
        yield str(identity["server_version_text"]).partition(" (")[0].partition(" on ")[0]


def _when(reading: JournalReading, times: Times) -> str:
    state = reading.state
    first = instant(state.opened_at)
    text = f"{times.span(first, instant(state.at))} {times.zone_name} ({span(state.mono)})"
    during = change(reading)
    if during is None:
        return text
    made = times.span(times.wall(during[0]), times.wall(during[1]))
    seconds = span(during[1] - during[0])
    if reading.used[TARGET].unseen:
        seconds = _("at most {span}").format(span=seconds)
    return "\n".join((text, _("changes made {span} ({seconds})").format(span=made, seconds=seconds)))


def _who(reading: JournalReading) -> Iterator[str]:
    state = reading.state
    opened = state.opened
    assert opened is not None
    first = next((kept.line.by for kept in reading.kept), "")
    why = f": {opened.reason}" if opened.reason else ""
    yield _("opened by {who}").format(who=person_words(first)) + why
    if opened.policy.drive != "by_hand":
        yield _("driven by: {how}").format(how=drive_word(opened.policy.drive, ""))
    acted = people(reading)
    if acted:
        named = ", ".join(person_words(label) for label in [*acted][:PEOPLE]) + (" …" if len(acted) > PEOPLE else "")
        yield _("commands and signatures: {who}").format(who=named)


def _rollback(reading: JournalReading, times: Times) -> str:
    rollback = reading.state.rollback
    assert rollback is not None
    lasted = "" if rollback.ended is None else f" ({span(rollback.ended - rollback.started)})"
    return _("{outcome}; begun {at} by {who}: {reason}").format(
        outcome=outcome_word(rollback.status, rollback.stays) + lasted, at=times.at(rollback.started_at),
        who=person_words(rollback.by), reason=rollback_reason(rollback.reason, rollback.by),
    )  # fmt: skip


def _changed(reading: JournalReading) -> list[ReportBlock]:
    """Every step that changed something, or was to; what took it back is told by its outcome."""
    steps = [at for at in reading.state.steps if changes(at.step) and at.attempt and at.group == "main"]
    rows = [_change(at) for at in steps[:MOST]]
    if len(steps) > MOST:
        more = ngettext("and {n} further step", "and {n} further steps", len(steps) - MOST)
        rows.append(row(Cell(more.format(n=len(steps) - MOST), "dim"), "", ""))
    if not rows:
        return [Paragraph(text=_("Nothing: no step that changes something has begun."))]
    columns = (GridColumn(_("step"), wide=True), _("outcome"), GridColumn(_("took"), right=True))
    return [table(columns, rows)]


def _change(at: StepState) -> Row:
    outcome = Cell(step_word(at.status), STEP_STYLE.get(at.status, ""))
    return row(f"{at.place.number} {at.step.title}", outcome, lasted_words(at))


def _criteria(reading: JournalReading) -> Iterator[Row]:
    state = reading.state
    relation = {"below": "<", "above": ">", "equals": "="}
    for guard in state.guards:
        limit = f"{relation.get(guard.relation, '?')} {figure(guard.metric, guard.limit, exact=True)}"
        style = {"ok": "ok", "over": "warn", "breached": "bad"}.get(guard.state, "dim")
        value = word(GUARD_STATE, guard.state)
        if guard.value is not None:
            value = f"{figure(guard.metric, guard.value)} ({value})"
        times = ngettext("{n} time", "{n} times", guard.breaches).format(n=guard.breaches)
        breached = Cell(times, "bad") if guard.breaches else Cell(_("never") if guard.sampled is not None else "?")
        yield row(metric_word(guard.metric), limit, Cell(value, style), breached)
    for each in qualities(state):
        style = {"met": "ok", "not_met": "bad"}.get(each.state, "dim")
        yield row(each.title, ", ".join(each.steps), Cell(word(QUALITY, each.state), style), "")
