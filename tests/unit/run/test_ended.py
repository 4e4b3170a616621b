"""Completed means completed: how a run ends, over everything that can become of its steps, whoever drives it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import tui.locale
from tests.unit.run.runs import (
    AUTOMATIC,
    Driven,
    close,
    companion,
    listed,
    phase,
    query,
    section,
    sql,
    undo,
)
from tests.unit.run.runs import rollback as back
from tui.cli.exit import Exit
from tui.cli.outcome import of_command, of_run
from tui.journal import events as e
from tui.plain.table import runs_lines, status_lines
from tui.plan.model import Proof
from tui.run import commands as c
from tui.run.next import Wait, exit_code
from tui.run.rollback import stays
from tui.run.status import status

Act = Callable[[Driven], object]


def fails(run: Driven, step: str = "b", effect: e.Effect = "none", recorded: bool = True) -> None:
    """The attempt under way fails, with the error that an engine records."""
    at = run.at(step)
    run.append(e.StepFailed(step=step, attempt=at.attempt, effect=effect, reason="sql_error"))
    if recorded:
        number = f"E{len(run.state.errors) + 1}"
        run.append(e.ErrorRecorded(id=number, text="wrong", step=step, attempt=at.attempt, source="step"))
    run.go()


def retried(run: Driven) -> None:
    run.do(c.Retry(step="b"))


def passed(run: Driven) -> None:
    run.passed("b")


def skipped(run: Driven) -> None:
    run.do(c.Skip(step="b", reason="look later"))


def skipped_and_undone(run: Driven) -> None:
    """What was left of it when it was skipped is taken back, and it is tried again."""
    run.do(c.Skip(step="b", reason="look later"))
    run.do(undo("b"))
    run.passed("undo.b")
    run.do(c.Retry(step="b"))


def undone(run: Driven) -> None:
    run.do(undo("b"))
    run.passed("undo.b")


def by_hand(run: Driven) -> None:
    run.do(c.ByHand(step="b", note="in psql"))


def cancelled(run: Driven) -> None:
    run.do(c.Cancel(step="b"))
    run.cancelled("b")


def lost(run: Driven) -> None:
    run.crash()
    run.undecided("b")


def resolved(*errors: str) -> Act:
    def resolve(run: Driven) -> None:
        for error in errors:
            run.do(c.Resolve(error=error, text="harmless"))

    return resolve


def elsewhere(run: Driven) -> None:
    run.settle(e.ErrorRecorded(id="E1", text="of the application", source="server"))


def fails_silently(run: Driven) -> None:
    """The engine ended between the outcome and its error."""
    fails(run, recorded=False)


def half(run: Driven) -> None:
    fails(run, effect="some")


FAILED = (fails, skipped)
ENDS: dict[str, tuple[tuple[Act, ...], str]] = {
    "passed": ((passed,), "completed"),
    "skipped without ever failing": ((cancelled, skipped), "completed"),
    "skipped, a person having looked": ((lost, skipped), "completed"),
    "skipped, and others met an error": ((cancelled, elsewhere, skipped), "completed"),
    "failed and skipped": (FAILED, "failed"),
    "its error is resolved": ((*FAILED, resolved("E1")), "completed"),
    "its error is resolved before": ((fails, resolved("E1"), skipped), "completed"),
    "failed twice and skipped": ((fails, retried, *FAILED), "failed"),
    "one of its errors is resolved": ((fails, retried, *FAILED, resolved("E2")), "failed"),
    "both are": ((fails, retried, *FAILED, resolved("E1", "E2")), "completed"),
    "retried, cancelled and skipped": ((fails, retried, cancelled, skipped), "failed"),
    "retried, lost and skipped": ((fails, retried, lost, skipped), "failed"),
    "retried and passed": ((fails, retried, passed), "completed"),
    "retried and done by hand": ((fails, by_hand), "completed"),
    "undone and skipped": ((half, undone, skipped), "completed"),
    "skipped, undone and passed": ((half, skipped_and_undone, passed), "completed"),
    "skipped, undone, failed and skipped": ((half, skipped_and_undone, *FAILED), "failed"),
    "passed, undone and skipped": ((fails, retried, passed, undone, skipped), "completed"),
    "the error was never written down": ((fails_silently, skipped), "failed"),
}


CLOSES_BEFORE = "passed, undone and skipped"
"""What passes last is closed by a headless engine before anybody can undo it."""


@pytest.mark.parametrize(
    ("name", "policy"),
    [pytest.param(name, e.Policy(), id=f"{name}-by_hand") for name in ENDS]
    + [pytest.param(name, AUTOMATIC, id=f"{name}-headless") for name in ENDS if name != CLOSES_BEFORE],
)
def test_how_it_ends(name: str, policy: e.Policy) -> None:
    tui.locale.use("en")
    acts, ends = ENDS[name]
    run = Driven(listed(sql("a"), sql("b")), policy=policy)
    if run.go() == Wait(reason="person", step="a"):
        run.ran(["a"])
        run.do(c.Execute(step="b"))
    else:
        run.passed("a")
    for act in acts:
        act(run)
    assert run.status() == ends
    assert exit_code(run.state) == {"completed": 0, "failed": 1}[ends]
    verdict = of_run(run.state, run.wall)
    assert verdict is not None and verdict.code == exit_code(run.state)
    closed = run.state.closed
    if policy is AUTOMATIC and closed is not None:
        # By itself the engine closes only what is completed: else a rollback, or the error's answer, would be lost.
        assert ends == "completed" == closed.outcome
        return
    assert run.go() == (Wait(reason="completed") if ends == "completed" else Wait(reason="unsettled", step="b"))
    # Another engine says the same, with and without a policy of its own.
    assert run.crash() == run.go() and run.status() == ends
    if ends == "failed":
        way_on = "no error of it can be resolved" if run.at("b").unrecorded else "left out; resolve E"
        assert way_on in "\n".join(status_lines(status(run.state)))
    run.crash(AUTOMATIC)
    assert run.status() == ends and (run.state.closed is None) == (ends == "failed")
    if run.state.closed is None:
        run.do(close("nobody knows why"))
    assert run.status() == ends and exit_code(run.state) == {"completed": 0, "failed": 1}[ends]


@pytest.mark.parametrize("first", ["b", "d"])
def test_each_of_several_counts(first: str) -> None:
    """One that is settled hides no other."""
    run = Driven(listed(sql("a"), query("b"), query("d")))
    run.ran(["a"])
    for step in ("b", "d"):
        run.do(c.Execute(step=step))
        fails(run, step)
        run.do(c.Skip(step=step, reason="look later"))
    other = {"b": "d", "d": "b"}[first]
    assert run.do(c.Resolve(error={"b": "E1", "d": "E2"}[first], text="x")) == Wait(reason="unsettled", step=other)
    assert run.do(c.Resolve(error={"b": "E2", "d": "E1"}[first], text="x")) == Wait(reason="completed")


def test_resolved_a_headless_run_closes_itself() -> None:
    run = Driven(listed(query("b")), policy=AUTOMATIC)
    run.go()
    fails(run)
    run.do(c.Skip(step="b", reason="look later"), keep_driving=True)
    assert run.state.closed is None and run.go() == Wait(reason="unsettled", step="b")
    resolved("E1")(run)
    assert run.state.closed is not None and run.status() == "completed"


def test_what_the_plan_lets_go_on_is_no_obstacle() -> None:
    run = Driven(listed(query("b", on_failure="continue"), query("d")), policy=AUTOMATIC)
    run.go()
    fails(run)
    run.passed("d")
    assert run.status() == "completed" and exit_code(run.state) == 0
    run = Driven(listed(query("b", on_failure="continue"), query("d")))
    run.do(c.Execute(step="b"))
    fails(run)
    skipped(run)
    run.ran(["d"])
    assert run.status() == "completed", "a person who says so as well makes it no worse"


@pytest.mark.parametrize("how", ["failed", "cancelled", "interrupted"])
def test_an_undo_that_stopped_half_way_leaves_it_failed(how: str) -> None:
    """Its step still counts as done; a part of it is gone, and nobody but a person brings that to its end."""
    run = Driven(listed(sql("a"), sql("b")))
    run.ran(["a", "b"])
    run.do(undo("b"))
    if how == "failed":
        run.failed("undo.b", effect="some")
    else:
        run.cancelled("undo.b", effect="some", reason={"cancelled": "person"}.get(how, how))
    assert run.at("b").status == "passed"
    assert (run.status(), exit_code(run.state), run.go()) == ("failed", 1, Wait(reason="failed", step="undo.b"))
    verdict = of_run(run.state, run.wall)
    assert verdict is not None and (verdict.code, verdict.step) == (Exit.FAILED, "undo.b")
    assert run.refused(c.Close()).facts["why"] == "close"
    run.crash(AUTOMATIC)
    assert run.state.closed is None, "nor does an engine that drives close it as completed"
    run.do(undo("b"))
    run.passed("undo.b")
    assert run.at("b").status == "undone" and run.status() != "completed"


def test_nor_does_leaving_it_out_complete_the_run() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    run.ran(["a", "b"])
    run.do(undo("b"))
    fails(run, "undo.b", effect="some")
    assert run.do(c.Skip(step="undo.b", reason="look later")) == Wait(reason="unsettled", step="undo.b")
    assert run.status() == "failed" and run.refused(c.Close()).facts["why"] == "close"
    assert run.do(c.Resolve(error="E1", text="b is as it was")) == Wait(reason="completed")


def test_one_that_has_taken_back_nothing_does_not() -> None:
    run = Driven(listed(sql("a")))
    run.ran(["a"])
    run.do(undo("a"))
    run.failed("undo.a")
    assert run.status() == "completed" and run.go() == Wait(reason="completed")


def test_an_old_journal_says_what_it_said() -> None:
    """Closed as completed by an engine that did not look: its replay does not judge it anew."""
    run = Driven(listed(query("b")))
    run.do(c.Execute(step="b"))
    fails(run)
    skipped(run)
    run.append(e.RunClosed(outcome="completed"))
    assert run.status() == "completed" and exit_code(run.state) == 0


# -- rollbacks ------------------------------------------------------------------------------------------------------


def to_b(run: Driven) -> None:
    run.ran(["a"])
    run.do(c.Execute(step="b"))


def of(b: dict[str, object]) -> Driven:
    return Driven(listed(sql("a"), sql("b", **b), sql("d")))


WITHOUT: dict[str, object] = {"undo": None}
BACK: dict[str, tuple[dict[str, object], tuple[Act, ...], str, int, tuple[str, ...]]] = {
    # the step b, what becomes of it, then: status, exit code, what stays behind a rollback that has ended.
    "everything": ({}, (to_b, passed), "rolled_back", 3, ()),
    "one has no undo": (WITHOUT, (to_b, passed), "rolled_back", 3, ("b",)),
    "failed half way": (WITHOUT, (to_b, half), "rolled_back", 3, ("b",)),
    "failed, and nothing is there": (WITHOUT, (to_b, fails), "rolled_back", 3, ()),
    "left out half way": (WITHOUT, (to_b, half, skipped), "rolled_back", 3, ("b",)),
    "by hand": (WITHOUT, (to_b, fails, by_hand), "rolled_back", 3, ("b",)),
    "nobody knows": (WITHOUT, (to_b, lost), "undecided", 4, ("b",)),
    "nobody knew, and it is undone": ({}, (to_b, lost), "rolled_back", 3, ()),
}


@pytest.mark.parametrize("policy", [e.Policy(), AUTOMATIC], ids=["by_hand", "headless"])
@pytest.mark.parametrize("name", BACK)
def test_how_a_rollback_ends(name: str, policy: e.Policy) -> None:
    tui.locale.use("en")
    b, acts, ends, code, left = BACK[name]
    run = of(b)
    for act in acts:
        act(run)
    if policy is AUTOMATIC:
        # Whoever drives once it is decided: the engine goes on by itself.
        run.append(e.RunResumed(policy=policy))
        run.ask(back(), keep_driving=True)
        run.go()
    else:
        run.do(back())
    while run.state.active:
        assert run.status() == "rolling_back", "whatever is undecided"
        run.passed(run.state.active[0])
    assert (run.status(), exit_code(run.state), stays(run.state)) == (ends, code, left)
    asked = of_command(run.state, back(), 0, run.wall)
    assert asked is not None and asked.code == (Exit.UNDECIDED if ends == "undecided" else Exit.DONE)
    if ends == "undecided":
        assert run.state.closed is None, "closed, nobody could say any more what became of it"
        assert "then by-hand or skip" in "\n".join(status_lines(status(run.state)))
        verdict = of_run(run.state, run.wall)
        assert verdict is not None and (verdict.code, verdict.step) == (4, "b")
        run.crash(AUTOMATIC)
        assert run.status() == "undecided" and run.state.closed is None
        # A person has looked: it is what the rollback has left, or nothing is.
        run.do(c.Skip(step="b", reason="its table is not there"), keep_driving=True)
        assert run.status() == "rolled_back"
    assert (run.state.closed is not None) == (policy is AUTOMATIC or ends == "undecided")
    if run.state.closed is None:
        run.do(c.Close())
    assert run.status() == "rolled_back" and exit_code(run.state) == 3
    assert run.state.closed is not None and run.state.closed.stays == left


def test_closed_with_an_undecided_step_it_stays_undecided() -> None:
    run = of(WITHOUT)
    to_b(run)
    lost(run)
    run.do(back())
    run.passed("undo.a")
    assert run.refused(c.Close()).code in ("confirm", "reason")
    run.do(close("the server is gone"))
    assert run.status() == "undecided" and exit_code(run.state) == 4


def test_nothing_is_closed_in_the_middle_of_a_rollback() -> None:
    """Also between two of its steps, with a step that nobody knows about."""
    run = Driven(listed(sql("a"), sql("b", undo=None), back=(phase(section(query("r"))),)))
    to_b(run)
    lost(run)
    run.do(back())
    run.append(e.StepPassed(step="undo.a", attempt=1, effect="all"))
    assert not run.state.active and run.status() == "rolling_back"
    assert run.refused(close("x")).code == "rollback"


def test_an_undo_that_nobody_knows_about_is_undecided_and_a_failed_one_is_not() -> None:
    for lost_one, ends, code in ((True, "undecided", 4), (False, "rollback_failed", 1)):
        run = Driven(listed(sql("a"), companion("watch", "a")))
        run.do(c.Execute(step="a"))
        run.passed("a")
        run.passed("watch")
        run.do(back())
        if lost_one:
            run.crash()
            run.undecided("undo.a")
        else:
            run.failed("undo.a")
        verdict = of_run(run.state, run.wall)
        assert verdict is not None and (verdict.code, run.status()) == (code, ends)
        asked = of_command(run.state, back(), 0, run.wall)
        assert asked is not None and asked.code == code and stays(run.state) == ("a",)


def test_a_list_of_runs_says_except_too() -> None:
    tui.locale.use("en")
    row = {"id": "r", "problem": None, "status": "rolled_back", "target": "t", "environment": "staging", "plan": "p"}
    for left, said in ((["a"], "rolled back, except a "), (list("abcd"), "except 4 steps "), ([], "rolled back ")):
        assert said in runs_lines([row | {"stays": left}], None)[0]


def test_behind_a_rollback_a_person_s_word_settles_what_has_a_proof() -> None:
    """The proof is not asked any more: nothing of the checklist begins behind a rollback."""
    run = of(WITHOUT | {"prove": Proof(query="select 1", equals=1)})
    to_b(run)
    lost(run)
    run.do(back())
    run.passed("undo.a")
    assert run.status() == "undecided"
    run.do(c.ByHand(step="b", note="its table is there"))
    assert (run.status(), run.at("b").status, stays(run.state)) == ("rolled_back", "by_hand", ("b",))
