"""What a rollback has not taken back is named."""

from __future__ import annotations

import pytest

import tui.locale
from tests.unit.run.runs import TARGET, Driven, listed, query, sql
from tui.journal import events as e
from tui.plain.narrator import end_lines, narrate
from tui.plain.table import status_lines
from tui.run import commands as c
from tui.run.fold import fold
from tui.run.next import Wait
from tui.run.rollback import stays
from tui.run.state import RunState
from tui.run.status import status
from tui.words.codes import EFFECT, word


def back(to: str | None = None) -> c.Rollback:
    return c.Rollback(reason="it does not work", confirm=TARGET, to=to)


def finished(run: Driven) -> e.RollbackFinished:
    """The end of the rollback that ended last, as the journal has it."""
    line = [line for line in run.lines if line.type == "rollback.finished"][-1]
    event = e.decode(line.type, line.data)
    assert isinstance(event, e.RollbackFinished)
    return event


def told(run: Driven) -> str:
    state, lines = RunState(), []
    for line in run.lines:
        previous, state = state, fold(state, line)
        lines += narrate(previous, state, line)
    return "\n".join([*lines, *end_lines(state), *status_lines(status(state))])


@pytest.fixture(autouse=True)
def english() -> None:
    tui.locale.use("en")


@pytest.mark.parametrize("effect", ["all", "some", "unknown"])
def test_a_step_without_undo_stays_whatever_is_known_of_it(effect: e.Effect) -> None:
    run = Driven(listed(sql("a"), sql("b", undo=None), sql("d")))
    run.ran(["a"])
    run.do(c.Execute(step="b"))
    run.settle(e.StepPassed(step="b", attempt=1, effect=effect))
    run.do(back())
    assert run.state.rollback is not None and run.state.rollback.without_undo == ("b",)
    # While the undo of another is still to come, only what cannot be taken back is named.
    assert stays(run.state) == ("b",)
    assert run.passed("undo.a") == Wait(reason="rolled_back")
    assert status(run.state)["rollback"]["stays"] == ["b"]
    assert finished(run).stays == ("b",)
    text = told(run)
    assert f"NOT taken back: 1.1.2 b; {word(EFFECT, effect)}" in text
    assert "rolled back, except b; the run can be closed" in text
    assert "The run is rolled back, except b, at line" in text
    assert "everything is rolled back" not in text
    assert run.status() == "rolled_back"


def test_everything_is_rolled_back_only_where_nothing_stays() -> None:
    run = Driven(listed(sql("a"), query("b")))
    run.ran(["a", "b"])
    run.do(back())
    run.passed("undo.a")
    assert stays(run.state) == () and "everything is rolled back" in told(run)
    assert status(run.state)["rollback"]["stays"] == []


def test_a_skipped_undo_leaves_its_step_there() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    run.ran(["a", "b"])
    run.do(back())
    run.failed("undo.b")
    assert run.state.rollback is not None and run.state.rollback.status == "failed"
    assert stays(run.state) == ("a", "b")
    run.do(c.Skip(step="undo.b", reason="the table is gone with its schema"))
    assert stays(run.state) == ("b",)
    run.passed("undo.a")
    assert run.status() == "rolled_back" and stays(run.state) == ("b",)
    assert "NOT taken back: 1.1.2 b" in told(run)


def test_what_was_done_by_hand_and_what_failed_half_way_stays() -> None:
    run = Driven(listed(sql("a", undo=None), sql("b", undo=None), sql("d", undo=None)))
    run.do(c.ByHand(step="a", note="in psql"))
    run.do(c.Execute(step="b"))
    run.failed("b", effect="some")
    run.do(c.Skip(step="b", reason="half of it is enough"))
    run.do(c.Execute(step="d"))
    run.failed("d", effect="none")
    run.do(back())
    assert stays(run.state) == ("a", "b")


def test_after_a_rollback_to_a_step_only_what_it_left_is_named() -> None:
    run = Driven(listed(sql("first"), sql("a", undo=None), sql("b")))
    run.ran(["first", "a", "b"])
    run.do(back(to="first"))
    run.passed("undo.b")
    assert run.state.rollback is not None and run.state.rollback.status == "rolled_back_to"
    assert stays(run.state) == ("a",)
    run.do(c.Resume())
    run.do(c.Retry(step="b"))
    run.passed("b")
    assert stays(run.state) == ("a",), "what was executed since is no rollback's"


def test_a_rollback_that_was_taken_up_again_began_when_it_began_first() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    run.ran(["a", "b"])
    run.do(back())
    began = run.state.mono
    run.passed("undo.b")
    run.failed("undo.a")
    run.sleep(600)
    run.do(c.Retry(step="undo.a"))
    run.passed("undo.a")
    rollback = run.state.rollback
    assert rollback is not None and rollback.status == "rolled_back" and rollback.ended is not None
    assert rollback.started == pytest.approx(began, abs=3) and rollback.ended - rollback.started > 600
    assert finished(run).duration_s > 600
    # Both parts are of it, the first one first.
    assert rollback.undo == ("b", "a") and stays(run.state) == ()


def test_another_rollback_has_a_beginning_of_its_own() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    run.ran(["a", "b"])
    run.do(back(to="a"))
    run.passed("undo.b")
    run.sleep(600)
    run.do(back())
    run.passed("undo.a")
    assert finished(run).duration_s < 60
