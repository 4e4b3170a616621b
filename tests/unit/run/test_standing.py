"""Where a run stands with regard to others on its target: each word is said where it is so, and nowhere else."""

from __future__ import annotations

import pytest

from tests.unit.run.runs import Driven, companion, listed, query, rollback, sign, sql, undo
from tui.journal import events as e
from tui.journal.codes import Standing
from tui.journal.other_runs import IN_THE_WAY
from tui.plan.model import Step
from tui.run import commands as c
from tui.run.standing import changes_something, in_the_way, standing
from tui.run.steps import may_change


def code(run: Driven) -> Standing | None:
    """Where it stands, by both ways of telling it."""
    assert run.state.opened is not None
    steps = [at.step for at in run.state.steps][: run.state.checklist]
    quickly = in_the_way(run.state, [n for n, step in enumerate(steps) if may_change(step)])
    stand = standing(run.state)
    assert quickly == (stand is not None and stand.code in IN_THE_WAY), stand
    return None if stand is None else stand.code


@pytest.mark.unsaid(Standing.CHANGES_AHEAD, Standing.CHANGING, Standing.WATCHES, Standing.ENDED)
def test_it_is_in_the_way_as_long_as_something_changes_or_will() -> None:
    run = Driven(listed(query("ready"), sql("a"), sql("b"), query("look"), sign("review")))
    assert code(run) == Standing.CHANGES_AHEAD
    stand = standing(run.state)
    assert stand is not None and stand.at is not None and (stand.at.id, stand.ahead) == ("a", 2)
    run.do(c.Execute(step="ready"))
    # A question is under way, and changes nothing.
    assert code(run) == Standing.CHANGES_AHEAD
    run.passed("ready")
    run.do(c.Execute(step="a"))
    assert code(run) == Standing.CHANGING
    run.passed("a")
    assert code(run) == Standing.CHANGES_AHEAD
    run.do(c.Skip(step="b", reason="not today"))
    assert code(run) == Standing.WATCHES
    run.ran(["look"])
    assert code(run) == Standing.WATCHES
    run.ran(["review"])
    assert code(run) == Standing.ENDED
    run.append(e.RunClosed(outcome="completed"))
    assert code(run) is None


@pytest.mark.unsaid(Standing.UNDECIDED)
def test_an_undecided_step_is_in_the_way_until_it_is_settled() -> None:
    run = Driven(listed(sql("a"), sign("review")))
    run.do(c.Execute(step="a"))
    assert code(run) == Standing.CHANGING
    run.undecided("a")
    assert code(run) == Standing.UNDECIDED
    run.do(c.Skip(step="a", reason="looked"))
    assert code(run) == Standing.WATCHES


@pytest.mark.unsaid(Standing.ROLLBACK_PROPOSED, Standing.ROLLING_BACK, Standing.ROLLBACK_FAILED)
def test_a_rollback_is_in_the_way_from_its_proposal_to_its_end() -> None:
    run = Driven(listed(sql("a"), query("look", on_failure="propose_rollback"), sign("review")))
    run.ran(["a"])
    assert code(run) == Standing.WATCHES
    run.do(c.Execute(step="look"))
    run.failed("look")
    assert code(run) == Standing.ROLLBACK_PROPOSED
    # What made it be proposed is over.
    run.do(c.Retry(step="look"))
    run.passed("look")
    assert code(run) == Standing.WATCHES
    run.do(rollback())
    assert code(run) == Standing.ROLLING_BACK
    run.failed("undo.a", effect="some")
    assert code(run) == Standing.ROLLBACK_FAILED
    run.do(c.Retry(step="undo.a"))
    assert code(run) == Standing.ROLLING_BACK
    run.passed("undo.a")
    assert run.status() == "rolled_back" and code(run) == Standing.ENDED


def test_what_was_undone_is_ahead_again() -> None:
    run = Driven(listed(sql("a"), sign("review")))
    run.ran(["a"])
    assert code(run) == Standing.WATCHES
    run.do(undo("a"))
    assert code(run) == Standing.CHANGING
    run.cancelled("undo.a", effect="some")
    # It has taken back a part.
    assert code(run) == Standing.CHANGES_AHEAD


def test_what_changes_something() -> None:
    run = Driven(listed(query("look"), sign("review")))
    assert code(run) == Standing.WATCHES
    assert not changes_something(listed(query("look"), companion("watch", "look")))
    assert changes_something(listed(query("look"), sql("a")))
    program = Step(id="x", title="X", kind="command", spec={"run": ["true"]})
    assert may_change(program)
    # A kind that this version does not know may do anything.
    assert may_change(Step(id="x", title="X", kind="teleport", spec={}))
