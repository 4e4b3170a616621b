"""Who drives: a person who comes, or commands, ends what goes on by itself; what says nothing of the work does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.run.runs import ANA, AUTOMATIC, TARGET, Driven, listed, query, rollback, sign, sql
from tui.journal import events as e
from tui.journal.codes import DriveReason
from tui.run import commands as c
from tui.run.driving import Driver, driver, taken_over, wished
from tui.run.next import Append, Run, Wait
from tui.run.order import Refusal

AUTOPILOT = e.Policy(drive="autopilot", sign_off="shown", signer="demo", on_failure="rollback")
RUN_TO = e.Policy(drive="run_to", until="d")
POLICIES = {"headless": AUTOMATIC, "autopilot": AUTOPILOT, "run_to": RUN_TO}

FAILED = "failed"
COMMANDS: dict[str, tuple[str, c.Command]] = {
    "execute": ("pending", c.Execute(step="b")),
    "run-to": ("pending", c.RunTo(step="b")),
    "skip": ("pending", c.Skip(step="b", reason="no need")),
    "by-hand": ("pending", c.ByHand(step="b", note="in psql")),
    "hold": ("pending", c.Hold()),
    "rollback": ("pending", rollback()),
    "undo": ("pending", c.Undo(step="a", confirm=TARGET)),
    "sign": ("sign", c.Sign(step="b", note="seen")),
    "retry": ("failed", c.Retry(step="b")),
    "cancel": ("running", c.Cancel(step="b")),
}
SILENT: dict[str, c.Command] = {
    "note": c.Note(text="hm"), "feedback": c.Feedback(text="slow"), "resolve": c.Resolve(error="E1", text="harmless"),
    "handover": c.Handover(note="over to you"), "lesson": c.Lesson(text="ask first"),
    "improve": c.Improve(text="shorter", owner="bruno", due="2031-12-31"),
}  # fmt: skip


def stands(at: str, policy: e.Policy) -> Driven:
    """A run whose first step has passed, and whose second stands as it is said, under this policy."""
    second = sign("b") if at == "sign" else sql("b")
    run = Driven(listed(sql("a"), second, query("d")), policy=policy)
    run.append(e.StepStarted(step="a", attempt=1), e.StepPassed(step="a", attempt=1, effect="all"))
    run.append(e.ErrorRecorded(id="E1", text="wrong"))
    if at in ("failed", "running"):
        run.append(e.StepStarted(step="b", attempt=1))
    if at == "failed":
        run.append(e.StepFailed(step="b", attempt=1, effect="none", reason="sql_error"))
    return run


def begun(run: Driven) -> list[str]:
    """Steps that the engine would begin, or begin a rollback with, by itself."""
    last = run.effects()[-1]
    return [] if not isinstance(last, Append) else [event.TYPE for event in last.events]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("drive", POLICIES)
def test_a_command_that_drives_ends_what_goes_on_by_itself(drive: str, name: str) -> None:
    at, command = COMMANDS[name]
    run = stands(at, POLICIES[drive])
    decision = run.ask(command)
    assert not isinstance(decision, Refusal), decision
    if name == "run-to":
        assert run.state.policy == e.Policy(drive="run_to", until="b", on_failure=POLICIES[drive].on_failure)
        return
    # Whoever gave it stands in the journal with it, and nobody signs in a person's place from here on.
    assert [(line.type, line.by) for line in run.lines if line.type == "run.driven"] == [("run.driven", ANA)]
    assert run.state.policy == e.Policy(on_failure=POLICIES[drive].on_failure)
    if name != "rollback":
        assert not begun(run)
    if name == "execute":
        assert run.passed("b") == Wait(reason="person", step="d")


@pytest.mark.parametrize("name", COMMANDS)
def test_one_that_keeps_it_leaves_it_as_it_is(name: str) -> None:
    at, command = COMMANDS[name]
    run = stands(at, AUTOMATIC)
    assert not isinstance(run.ask(command, keep_driving=True), Refusal)
    if name != "run-to":
        assert run.state.policy == AUTOMATIC
    assert not [line for line in run.lines if line.type == "run.driven"]


@pytest.mark.unsaid(DriveReason.COMMANDED)
@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("drive", POLICIES)
def test_what_says_nothing_of_the_work_ends_nothing(drive: str, name: str) -> None:
    run = stands("running", POLICIES[drive])
    assert not isinstance(run.ask(SILENT[name]), Refusal)
    assert run.state.policy == POLICIES[drive]
    assert not [line for line in run.lines if line.type == "run.driven"]


def test_an_engine_that_is_let_go_leaves_it_as_it_is_for_the_next_one() -> None:
    run = stands("pending", AUTOMATIC)
    assert not isinstance(run.ask(c.Rest()), Refusal)
    assert run.state.policy == AUTOMATIC and run.state.resting
    run.append(e.RunRecovered())
    assert run.state.policy == AUTOMATIC and not run.state.resting


@pytest.mark.parametrize("name", COMMANDS)
def test_a_refused_command_ends_nothing(name: str) -> None:
    run = stands("running", AUTOMATIC)
    wrong: dict[str, Any] = {"step": "nowhere"}
    command = COMMANDS[name][1]
    if isinstance(command, (c.Hold, c.Rollback)):
        command = c.Rollback(reason="why", confirm="elsewhere")
    else:
        command = type(command)(**{f: wrong.get(f, "x") for f in command.__struct_fields__ if f in ("step", "note")} | (
            {"reason": "x"} if isinstance(command, (c.Skip, c.Retry)) else {}
        ))  # fmt: skip
    run.refused(command)
    assert run.state.policy == AUTOMATIC


def test_what_is_held_stays_held_when_a_person_comes() -> None:
    for held in (e.RunHeld(reason="coffee"), e.RunHeld(code="other_timeline")):
        run = stands("pending", AUTOMATIC)
        run.append(held)
        run.append(*taken_over(run.state, DriveReason.JOINED), by=ANA)
        assert run.state.policy.drive == "by_hand" and run.state.held_for is not None


def test_what_runs_goes_on_to_its_end_and_nothing_behind_it() -> None:
    run = stands("running", AUTOMATIC)
    run.append(*taken_over(run.state, DriveReason.JOINED), by=ANA)
    assert run.effects() == (Run(step="b", attempt=1), Wait(reason="running", step="b"))
    assert run.passed("b") == Wait(reason="person", step="d")


@pytest.mark.unsaid(DriveReason.JOINED, DriveReason.TAKEN)
def test_where_a_person_drives_nobody_takes_over() -> None:
    run = stands("pending", e.Policy())
    for reason in DriveReason:
        assert taken_over(run.state, reason) == ()
    run.ask(c.Execute(step="b"))
    assert not [line for line in run.lines if line.type == "run.driven"]
    run.append(e.RunClosed(outcome="failed"))
    assert taken_over(run.state, DriveReason.JOINED) == ()


def test_an_engine_that_is_started_for_a_person_begins_nothing_before_they_do() -> None:
    run = stands("pending", AUTOPILOT)
    assert wished(run.state, None) is None
    assert wished(run.state, AUTOMATIC) == AUTOMATIC
    run.append(e.RunRecovered(policy=wished(run.state, "by_hand")))
    assert run.go() == Wait(reason="person", step="b")
    # What they decided for a failure counts again when the engine drives.
    assert run.state.policy == e.Policy(on_failure="rollback")
    assert wished(run.state, "by_hand") is None


def test_a_run_to_is_over_when_a_rollback_begins() -> None:
    run = Driven(listed(sql("a"), sql("b"), sql("d")), policy=e.Policy(on_failure="rollback"))
    run.do(c.RunTo(step="d"))
    run.passed("a")
    run.failed("b")
    assert driver(run.state) == Driver(how="rollback")
    assert run.state.policy == e.Policy(on_failure="rollback")


def test_who_drives() -> None:
    run = stands("pending", e.Policy())
    assert driver(run.state) == Driver(how="by_hand") and not Driver(how="by_hand").by_itself
    run.append(e.HelmTaken(person=ANA))
    assert driver(run.state) == Driver(how="by_hand", person=ANA)
    run.ask(c.RunTo(step="d"))
    assert driver(run.state) == Driver(how="run_to", person=ANA, until="d")
    run.ask(c.Drive(headless=True))
    assert driver(run.state) == Driver(how="headless", person=ANA) and Driver(how="headless").by_itself
    run.append(e.RunClosed(outcome="failed"))
    assert driver(run.state) is None


@pytest.mark.parametrize("headless", [True, False])
def test_to_have_it_driven_lifts_no_hold(headless: bool) -> None:
    """As with an engine that is started for it: whoever held it meant it, and what the engine held nobody has seen."""
    for held, code in ((e.RunHeld(reason="coffee"), "held"), (e.RunHeld(code="other_timeline"), "other-target")):
        run = stands("pending", e.Policy())
        run.append(held)
        assert run.refused(c.Drive(headless=headless)).code == code
        run.crash(AUTOMATIC)
        assert run.go() == Wait(reason="held")
        run.do(c.Resume())
        assert run.at("b").status == "running"


def test_nobody_signs_with_nothing() -> None:
    run = stands("sign", e.Policy())
    for blank in ("", " \t"):
        assert run.refused(c.Drive(sign_off=blank)).code == "note"
