from __future__ import annotations

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play, step
from tui.journal.codes import FailReason
from tui.steps.command import KIND
from tui.steps.effects import ChildDone, Failed, Passed, RunChild, SqlSettings

SPEC = {"run": ["pg_isready"]}
EVIDENCE = {"exit_status": 0, "seconds": 1.5, "output_bytes": 10, "output_sha256": "ab", "timed_out": False}


def test_its_exit_status_decides() -> None:
    done = play(KIND, SPEC, answers(ended(0)))
    assert done.ended == Passed(evidence=EVIDENCE, effect="unknown")
    failed = play(KIND, SPEC, answers(ended(2))).ended
    assert failed == Failed(
        reason=FailReason.EXIT_STATUS, evidence=EVIDENCE | {"exit_status": 2, "tail": "the end"}, effect="unknown"
    )


def test_the_plan_says_which_status_is_good() -> None:
    assert isinstance(play(KIND, SPEC | {"expect_status": 3}, answers(ended(3))).ended, Passed)
    assert isinstance(play(KIND, SPEC | {"expect_status": 3}, answers(ended(0))).ended, Failed)


@pytest.mark.parametrize(
    ("child", "reason"),
    [
        (ended(-9), "signalled"), (ended(137), "exit_status"), (ended(1), "exit_status"),
        (ended(-15, timed_out=True), "timeout"), (ended(0, timed_out=True), "timeout"),
        (ended(None, error="its keeper was killed", lost=True), "program_lost"),
    ],
)  # fmt: skip
def test_of_its_end_no_more_is_said_than_is_known(child: ChildDone, reason: str) -> None:
    done = play(KIND, SPEC, answers(child)).ended
    assert isinstance(done, Failed)
    assert (done.reason, done.effect) == (reason, "unknown")


def test_output_that_found_no_room_is_said() -> None:
    done = play(KIND, SPEC, answers(ended(0, output_error="No space left on device"))).ended
    assert isinstance(done, Passed) and done.evidence["output_error"] == "No space left on device"
    assert "output_error" not in EVIDENCE


def test_not_started_it_did_nothing() -> None:
    done = play(KIND, SPEC, answers(ended(None, error="no such program"))).ended
    assert isinstance(done, Failed)
    assert (done.reason, done.effect, done.evidence["error"]) == ("not_started", "none", "no such program")


def test_arguments_go_to_the_program_as_they_are() -> None:
    spec = {"run": ["sh", "-c", "echo $HOME"], "environment": {"A": "${B}"}, "timeout": 5.0}
    (asked,) = play(KIND, spec, answers(ended())).asked
    assert asked == RunChild(
        argv=("sh", "-c", "echo $HOME"),
        environment={"A": "${B}"},
        timeout=5.0,
        target=True,
        authored=True,
        settings=SqlSettings(),
        changes=True,
        files=True,
    )


def test_the_steps_timeout_holds_when_it_has_none_of_its_own() -> None:
    (asked,) = play(KIND, SPEC, answers(ended()), of=step("command", SPEC, timeout=7.0)).asked
    assert isinstance(asked, RunChild) and asked.timeout == 7.0


def test_lint() -> None:
    assert lint(KIND, SPEC) == []
    assert codes(lint(KIND, {"run": []})) == ["command-empty"]
    assert codes(lint(KIND, {"run": ["./own"]})) == ["command-file"]
    for run, files in ((["./own"], ["own"]), (["/bin/sh"], []), (["sh", "./own"], []), (["bin/../own"], ["own"])):
        assert lint(KIND, {"run": run, "files": files}) == []


def test_what_it_is() -> None:
    assert (KIND.short, KIND.fence, KIND.repeat) == ("run", "child", "after_proof")
    assert KIND.facts is not None
    assert KIND.facts(EVIDENCE) == [("exit_status", 0), ("seconds", 1.5), ("output_bytes", 10)]
