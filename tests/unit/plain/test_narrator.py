"""The narration: every line of a run in words, nothing in it that a terminal would obey."""

from __future__ import annotations

import pytest

import tui.locale
from tests.unit.cli.journals import Journal, plan, sign, sql, story
from tui.journal import events as e
from tui.plain.narrator import end_line, narrate
from tui.run.fold import fold
from tui.run.state import RunState


@pytest.fixture(autouse=True)
def english() -> None:
    tui.locale.use("en")


def told(journal: Journal) -> list[str]:
    state, lines = RunState(), []
    for line in journal.lines:
        previous, state = state, fold(state, line)
        lines += narrate(previous, state, line)
    return [*lines, end_line(state)]


def test_a_run_is_told_from_its_opening_to_its_end() -> None:
    text = "\n".join(told(story()))
    for part in (
        "T-00:01:00  Run 20261122T060000Z-7f3a opened on demo by ana@jump1",
        "1.1.1 go signed by ana@jump1: Agree on go: all say go",
        "1.1.2 expand passed: Do expand; took 2.5 s; statements 3, rows 7",
        "1.1.3 fill waits for a lock on app.orders, held by pid 4711: Do fill",
        "1.1.3 fill | second",
        "response time BREACHED: 250 ms against 100 ms, measured on db1",
        "1.1.3 fill FAILED: Do fill: deadlock detected (SQLSTATE 40P01); nothing of it is in the database; took 5.0 s",
        "ROLLBACK started by ana@jump1: it does not work",
        "U1.1.2 undo.expand started, takes expand back: Do expand",
        "Run closed by ana@jump1: rolled back",
    ):
        assert part in text, part


def test_what_would_steer_the_terminal_is_shown() -> None:
    lines = told(story())
    assert any("\\x1b[31mred" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_server_text_with_line_breaks_stays_on_its_line() -> None:
    journal = Journal(plan(sql("expand")))
    journal.add(e.StepStarted(step="expand", attempt=1))
    journal.add(e.StepFailed(step="expand", attempt=1, reason="sql_error", message="one\r\ntwo\x9b31m\u202eevil"))
    lines = told(journal)
    assert any("FAILED: Do expand: one" in line for line in lines)
    assert any("two\\x9b31m\\u202eevil" in line for line in lines)


def test_metrics_are_not_told_and_progress_only_at_its_tenths() -> None:
    journal = Journal(plan(sql("fill")))
    journal.add(e.StepStarted(step="fill", attempt=1))
    before = len(told(journal))
    for done in range(100):
        journal.add(e.MetricsSampled(values={"cpu": 0.5}))
        journal.add(e.StepProgress(step="fill", attempt=1, phase="rows", done=float(done), total=100.0))
    assert len(told(journal)) - before == 10


def test_a_person_who_is_waited_for_is_named_once() -> None:
    journal = Journal(plan(sign("go"), sql("expand")), policy=e.Policy(drive="headless"))
    journal.add(e.NoteAdded(text="one"), by="ana@jump1")
    journal.add(e.NoteAdded(text="two"), by="ana@jump1")
    waits = [line for line in told(journal) if "waits for a person to sign it" in line]
    assert len(waits) == 1
    assert "1.1.1 go" in waits[0]


def test_an_event_of_a_later_version_is_named_and_passed_over() -> None:
    journal = Journal(plan(sql("expand")))
    journal.raw("step.teleported\x1b[2J", {"step": "expand"})
    assert any("step.teleported\\x1b[2J" in line for line in told(journal))


def test_evidence_of_another_shape_is_told_as_it_is() -> None:
    journal = Journal(plan(sql("expand")))
    journal.passed("expand", commit="not an object", rows=1)
    assert any("rows 1" in line for line in told(journal))


def test_without_a_window_time_counts_from_the_opening() -> None:
    journal = Journal(plan(sql("expand")), window=False)
    journal.add(e.NoteAdded(text="late"), by="ana@jump1", after=3725.0)
    assert any(line.startswith("+01:02:05  Note by ana@jump1") for line in told(journal))
