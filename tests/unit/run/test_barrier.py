"""What answers is not the run's target: nothing is begun, whoever drives, until a person has decided."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.run.runs import TARGET, Driven, listed, query, rollback, sql, undo
from tui.cli.exit import Exit
from tui.cli.outcome import of_command, of_run
from tui.journal import events as e
from tui.journal.codes import CancelReason, EvidenceState, HoldReason, Standing, WaitReason
from tui.journal.other_runs import OtherRun
from tui.run import commands as c
from tui.run.next import Run, Wait, next_effects
from tui.run.status import status

FOUND = {"system_identifier": "7", "timeline": 2, "database": "app", "database_oid": 1, "postmaster_start": "later"}
_WITNESS = {"xid": "726", "timeline": 1, "ledger": True, "lsn": "0/16B3748", "postmaster_start": "then"}


def held(code: HoldReason, **facts: Any) -> e.RunHeld:
    return e.RunHeld(code=code, facts={"expected": {"timeline": 1}, "found": FOUND, **facts})


def promoted() -> e.RunHeld:
    return held(HoldReason.OTHER_TIMELINE, evidence=EvidenceState.LEDGER_ROW)


def passed(run: Driven, step: str) -> None:
    run.append(
        e.StepStarted(step=step, attempt=1, kind="sql"), e.TxBegin(step=step, attempt=1, witness=_WITNESS),
        e.TxCommitSent(step=step, attempt=1), e.TxCommitted(step=step, attempt=1),
        e.StepPassed(step=step, attempt=1, effect="all"),
    )  # fmt: skip


@pytest.mark.parametrize("drive", ["by_hand", "run_to", "headless", "autopilot"])
def test_nothing_begins_whoever_drives(drive: e.Drive) -> None:
    until = "b" if drive == "run_to" else None
    run = Driven(listed(sql("a"), sql("b")), policy=e.Policy(drive=drive, until=until))
    run.append(held(HoldReason.OTHER_SERVER))
    assert next_effects(run.state, run.wall) == (Wait(reason="held"),)
    assert run.state.status == "held" and run.state.held_for == "other_server"
    for command in (c.Execute(step="a"), c.RunTo(step="b"), c.ByHand(step="a", note="done")):
        assert run.refused(command).code == "other-target", command
    verdict = of_run(run.state, run.wall)
    assert verdict is not None and verdict.code == Exit.WAITING


def test_a_rollback_is_decided_and_waits_like_everything_else() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    passed(run, "a")
    run.append(held(HoldReason.OTHER_SERVER))
    assert run.refused(c.Undo(step="a")).code == "other-target"
    run.do(c.Rollback(reason="no", confirm=TARGET))
    # It asks again who answers: with the undo's first attempt.
    assert next_effects(run.state, run.wall)[0] == Run(step="undo.a", attempt=1)
    run.append(held(HoldReason.OTHER_SERVER))
    run.append(e.StepCancelled(step="undo.a", attempt=1, reason=CancelReason.OTHER_TARGET))
    assert next_effects(run.state, run.wall) == (Wait(reason="held"),)
    assert run.state.status == "held" and run.state.rollback is not None and run.state.rollback.status == "running"
    run.do(c.Resume())
    assert next_effects(run.state, run.wall)[0] == Run(step="undo.a", attempt=2)
    assert status(run.state)["status"] == "rolling_back"


def test_what_runs_goes_on_to_its_end() -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.append(held(HoldReason.OTHER_SERVER))
    assert next_effects(run.state, run.wall)[0] == Run(step="a", attempt=1)
    assert of_run(run.state, run.wall) is None
    run.append(e.StepWaiting(step="a", attempt=1, reason=WaitReason.OTHER_TARGET))
    for verdict in (of_run(run.state, run.wall), of_command(run.state, c.Execute(step="a"), 0, run.wall)):
        assert verdict is not None and verdict.code == Exit.WAITING


def test_an_attempt_that_was_kept_out_is_begun_again_by_itself() -> None:
    run = Driven(listed(sql("a")), policy=e.Policy(drive="headless"))
    run.append(e.StepStarted(step="a", attempt=1, kind="sql"), promoted())
    run.append(e.StepCancelled(step="a", attempt=1, reason=CancelReason.OTHER_TARGET))
    verdict = of_command(run.state, c.Execute(step="a"), 0, run.wall)
    assert verdict is not None and (verdict.code, verdict.waiting) == (Exit.WAITING, "held")
    run.do(c.Accept(reason="failover", confirm=TARGET))
    assert next_effects(run.state, run.wall)[0] == Run(step="a", attempt=2)


@pytest.mark.parametrize("code", list(HoldReason))
def test_only_what_lost_nothing_can_be_accepted(code: HoldReason) -> None:
    run = Driven(listed(sql("a")))
    acceptable = code in (HoldReason.OTHER_TIMELINE, HoldReason.LEDGER_EMPTIED)
    run.append(held(code))
    assert run.refused(c.Accept(reason="it is", confirm=TARGET)).code == "not-acceptable", "nobody looked"
    run.append(held(code, evidence=EvidenceState.TOO_OLD))
    if not acceptable:
        assert run.refused(c.Accept(reason="it is", confirm=TARGET)).code == "not-acceptable"
        return
    assert run.refused(c.Accept(reason="it is", confirm="other")).code == "confirm"
    assert run.refused(c.Accept(reason="  ", confirm=TARGET)).code == "reason"
    run.do(c.Accept(reason="it is", confirm=TARGET))
    assert run.state.barrier is None and run.state.identity == FOUND


def test_another_run_in_the_way_keeps_all_but_a_rollback_from_beginning() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    passed(run, "a")
    other = OtherRun(run="20261122T060000Z-0001", standing=Standing.CHANGES_AHEAD)
    run.append(e.RunHeld(code=HoldReason.OTHER_RUN, facts={"runs": [msgspec.to_builtins(other)]}))
    assert next_effects(run.state, run.wall) == (Wait(reason="held"),)
    for command in (c.Execute(step="b"), c.RunTo(step="b"), undo("a")):
        refusal = run.refused(command)
        assert refusal.code == "other-run" and refusal.facts["runs"] == [other.run], command
    assert run.refused(c.Accept(reason="agreed", confirm="other")).code == "confirm"
    run.do(c.Accept(reason="agreed", confirm=TARGET))
    assert run.state.barrier is None and run.state.beside == (other.run,)
    run.append(e.RunHeld(code=HoldReason.OTHER_RUN, facts={"runs": [{"run": 7}]}))
    assert run.refused(c.Accept(reason="agreed", confirm=TARGET)).code == "not-acceptable"
    run.do(rollback())
    assert run.state.barrier is None and next_effects(run.state, run.wall)[0] == Run(step="undo.a", attempt=1)


def test_nothing_is_accepted_that_nobody_met() -> None:
    assert Driven(listed(sql("a"))).refused(c.Accept(reason="x", confirm=TARGET)).code == "not-barred"


def test_a_person_s_own_hold_outlives_the_acceptance() -> None:
    run = Driven(listed(sql("a"), query("b")))
    run.do(c.Hold(reason="lunch"))
    run.append(promoted())
    run.do(c.Accept(reason="failover", confirm=TARGET))
    assert run.state.held_for == "lunch" and run.refused(c.Execute(step="a")).code == "held"
    run.do(c.Resume())
    assert run.state.held_for is None
    run.append(promoted())
    run.do(c.Hold(reason="lunch"))
    run.do(c.Resume())
    assert run.state.barrier is None and run.state.held is None


def test_what_is_proved_is_remembered_and_forgotten_with_an_emptied_ledger() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    passed(run, "a")
    last = run.state.proved
    assert last is not None and (last.step, last.xid, last.ledger, last.lsn) == ("a", "726", True, "0/16B3748")
    assert run.state.commits() == (last,)
    # Another attempt does not take from what the first one committed.
    run.append(e.StepUndone(step="a", attempt=1), e.StepStarted(step="a", attempt=2, kind="sql"))
    assert run.state.commits() == (last,)
    run.append(held(HoldReason.LEDGER_EMPTIED, evidence=EvidenceState.LEDGER_ROWS_MISSING))
    run.append(e.RunResumed(identity=FOUND, reason="emptied"))
    assert run.state.proved is None and run.state.commits() == ()


def test_a_fate_that_was_learnt_is_proof_as_well() -> None:
    run = Driven(listed(sql("a")))
    run.append(e.StepStarted(step="a", attempt=1, kind="sql"), e.TxBegin(step="a", attempt=1, witness=_WITNESS))
    run.append(e.RunRecovered(), e.StepFate(step="a", attempt=1, fate="applied", reason="ledger_row"))
    assert run.state.proved is not None and run.state.proved.xid == "726"


def test_status_says_what_was_expected_and_found() -> None:
    run = Driven(listed(sql("a")))
    assert status(run.state)["held_facts"] is None
    run.append(promoted())
    told = status(run.state)
    assert (told["held"], told["status"]) == ("other_timeline", "held")
    assert told["held_facts"]["found"] == FOUND and told["held_facts"]["expected"] == {"timeline": 1}
