"""Exit codes: how a command, and a run, came out."""

from __future__ import annotations

import pytest

from tests.unit.cli.journals import OPENED, Journal, plan, sign, sql
from tui.cli.exit import Exit
from tui.cli.outcome import CommandOutcome, of_command, of_run
from tui.journal import events as e
from tui.run import commands as c
from tui.run.fold import fold_all
from tui.run.state import RunState

LATER = OPENED + 1000.0


def folded(journal: Journal) -> RunState:
    return fold_all(journal.lines)


def headless(*events: e.Event, **policy: object) -> RunState:
    journal = Journal(plan(sql("a"), sql("b")), policy=e.Policy(drive="headless", **policy))  # type: ignore[arg-type]
    for event in events:
        journal.add(event)
    return folded(journal)


STARTED = e.StepStarted(step="a", attempt=1)
FAILED = e.StepFailed(step="a", attempt=1, reason="sql_error")


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (headless(), None),
        (headless(STARTED), None),
        (headless(STARTED, FAILED), CommandOutcome(Exit.FAILED, "failed", "a", "failed")),
        (headless(STARTED, FAILED, on_failure="rollback"), None),
        (headless(STARTED, e.StepFate(step="a", attempt=1, fate="undecided", reason="x")),
         CommandOutcome(Exit.UNDECIDED, "undecided", "a", "undecided")),
        (headless(STARTED, e.StepFate(step="a", attempt=1, fate="still_running", reason="x")), None),
        (headless(STARTED, FAILED, e.ErrorRecorded(id="E1", text="x", step="a"),
                  e.StepSkipped(step="a", attempt=2, reason="no"), e.StepSkipped(step="b", attempt=1, reason="no"),
                  e.RunResumed(policy=e.Policy())), CommandOutcome(Exit.FAILED, "failed", "a", "unsettled")),
        (headless(e.RunHeld(reason="lunch")), CommandOutcome(Exit.WAITING, "held", None, "held")),
        (headless(e.RunClosed(outcome="completed")), CommandOutcome(Exit.DONE, "completed")),
        (headless(e.RunClosed(outcome="rolled_back")), CommandOutcome(Exit.ROLLED_BACK, "rolled_back")),
        (headless(e.RunClosed(outcome="failed")), CommandOutcome(Exit.FAILED, "failed")),
        (headless(e.RunClosed(outcome="undecided")), CommandOutcome(Exit.UNDECIDED, "undecided")),
        (headless(e.RollbackStarted(reason="x"), e.RollbackFinished(outcome="failed", step="a")),
         CommandOutcome(Exit.FAILED, "rollback_failed", "a", "rollback_failed")),
    ],
)  # fmt: skip
def test_of_a_headless_run(state: RunState, verdict: CommandOutcome | None) -> None:
    assert of_run(state, LATER) == verdict


def test_a_headless_run_without_a_sign_off_waits_at_the_signed_step_and_names_it() -> None:
    without = folded(Journal(plan(sign("go")), policy=e.Policy(drive="headless")))
    signing = folded(Journal(plan(sign("go")), policy=e.Policy(drive="headless", sign_off="as agreed")))
    assert of_run(without, LATER) == CommandOutcome(Exit.WAITING, "scheduled", "go", "person")
    assert of_run(signing, LATER) is None


def test_a_step_is_waited_for_until_it_has_an_outcome() -> None:
    journal = Journal(plan(sql("a"), sql("b")))
    asked = c.Execute(step="a")
    seq = journal.add(e.StepStarted(step="a", attempt=1)).seq
    assert of_command(fold_all(journal.lines[:-1]), asked, seq, LATER) is None
    assert of_command(folded(journal), asked, seq, LATER) is None
    journal.add(e.StepPassed(step="a", attempt=1))
    assert of_command(folded(journal), asked, seq, LATER) == CommandOutcome(Exit.DONE, "passed", "a")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (e.StepPassed(step="a", attempt=1), Exit.DONE),
        (e.StepFailed(step="a", attempt=1), Exit.FAILED),
        (e.StepCancelled(step="a", attempt=1, reason="person"), Exit.FAILED),
        (e.StepFate(step="a", attempt=1, fate="undecided", reason="x"), Exit.UNDECIDED),
    ],
)
def test_of_executing(event: e.Event, code: Exit) -> None:
    journal = Journal(plan(sql("a")))
    seq = journal.add(STARTED).seq
    journal.add(event)
    verdict = of_command(folded(journal), c.Execute(step="a"), seq, LATER)
    assert verdict is not None
    assert verdict.code == code


def test_what_was_commanded_to_end_and_ended_is_done() -> None:
    journal = Journal(plan(sql("a")))
    journal.add(STARTED)
    seq = journal.add(e.CancelRequested(step="a", attempt=1, reason="person")).seq
    cancel = c.Cancel(step="a")
    assert of_command(folded(journal), cancel, seq, LATER) is None
    journal.add(e.StepCancelled(step="a", attempt=1, reason="person"))
    assert of_command(folded(journal), cancel, seq, LATER) == CommandOutcome(Exit.DONE, "cancelled", "a")


def test_a_signature_is_done_at_once() -> None:
    journal = Journal(plan(sign("go"), sql("a")))
    seq = journal.add(e.StepSigned(step="go", attempt=1, note="x", person="ana")).seq
    assert of_command(folded(journal), c.Sign(step="go", note="x"), seq, LATER) == CommandOutcome(
        Exit.DONE, "signed", "go"
    )


def test_running_on_stops_at_a_person() -> None:
    journal = Journal(plan(sql("a"), sign("go"), sql("b")))
    run_to = c.RunTo(step="b")
    seq = journal.add(e.RunResumed(policy=e.Policy(drive="run_to", until="b"))).seq
    assert of_command(folded(journal), run_to, seq, LATER) is None
    journal.passed("a")
    assert of_command(folded(journal), run_to, seq, LATER) == CommandOutcome(Exit.WAITING, "running", "go", "person")


def test_running_on_ends_with_its_step_or_with_one_that_failed() -> None:
    run_to = c.RunTo(step="b")
    good, bad = (Journal(plan(sql("a"), sql("b"))) for _ in range(2))
    for journal in (good, bad):
        seq = journal.add(e.RunResumed(policy=e.Policy(drive="run_to", until="b"))).seq
    good.passed("a")
    assert of_command(folded(good), run_to, seq, LATER) is None
    good.passed("b")
    assert of_command(folded(good), run_to, seq, LATER) == CommandOutcome(Exit.DONE, "passed", "b")
    bad.add(STARTED)
    bad.add(FAILED)
    assert of_command(folded(bad), run_to, seq, LATER) == CommandOutcome(Exit.FAILED, "failed", "a")


def undoing() -> tuple[Journal, int]:
    journal = Journal(plan(sql("a")))
    journal.passed("a")
    return journal, journal.add(e.StepStarted(step="undo.a", attempt=1, undoes="a")).seq


def test_an_undo_is_done_when_its_step_is_undone() -> None:
    journal, seq = undoing()
    journal.add(e.StepPassed(step="undo.a", attempt=1, effect="all"))
    assert of_command(folded(journal), c.Undo(step="a"), seq, LATER) is None
    journal.add(e.StepUndone(step="a", attempt=1, by_step="undo.a"))
    assert of_command(folded(journal), c.Undo(step="a"), seq, LATER) == CommandOutcome(Exit.DONE, "undone", "a")


def test_an_undo_that_fails_is_a_failure() -> None:
    journal, seq = undoing()
    journal.add(e.StepFailed(step="undo.a", attempt=1))
    assert of_command(folded(journal), c.Undo(step="a"), seq, LATER) == CommandOutcome(Exit.FAILED, "failed", "undo.a")


@pytest.mark.parametrize(
    ("outcome", "code"), [("rolled_back", Exit.DONE), ("rolled_back_to", Exit.DONE), ("failed", Exit.FAILED)]
)
def test_a_rollback_is_waited_for(outcome: str, code: Exit) -> None:
    journal, _ = undoing()
    journal.add(e.StepFailed(step="undo.a", attempt=1))
    rollback = c.Rollback(reason="x", confirm="demo")
    seq = journal.add(e.RollbackStarted(reason="x", undo=("a",))).seq
    journal.add(e.StepStarted(step="undo.a", attempt=2, undoes="a"))
    assert of_command(folded(journal), rollback, seq, LATER) is None
    journal.add(e.StepPassed(step="undo.a", attempt=2, effect="all"))
    journal.add(e.RollbackFinished(outcome=outcome))  # type: ignore[arg-type]
    verdict = of_command(folded(journal), rollback, seq, LATER)
    assert verdict is not None
    assert verdict.code == code


def test_a_rollback_with_a_signed_step_waits_for_a_person() -> None:
    journal = Journal(plan(sql("a"), rollback=(sign("told"),)))
    seq = journal.add(e.RollbackStarted(reason="x")).seq
    verdict = of_command(folded(journal), c.Rollback(reason="x", confirm="demo"), seq, LATER)
    assert verdict == CommandOutcome(Exit.WAITING, "rolling_back", "told", "person")
