from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play, step
from tui.plan.model import Proof
from tui.steps.effects import Failed, Passed, RunChild
from tui.steps.psql import KIND, milliseconds

SPEC: dict[str, Any] = {"file": "policies.sql"}
BASE = ("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose")


def child(spec: dict[str, Any], **more: Any) -> RunChild:
    (asked,) = play(KIND, spec, answers(ended()), of=step("psql", spec, **more)).asked
    assert isinstance(asked, RunChild)
    return asked


def test_errors_stop_it_and_nothing_of_the_account_is_read() -> None:
    asked = child(SPEC)
    assert asked.argv == (*BASE, "-1", "-c", "set lock_timeout = 500", "-f", "policies.sql")
    assert asked.target and asked.fence


def test_everything_the_plan_says_reaches_the_session() -> None:
    spec = SPEC | {
        "variables": {"setting": "app.regions", "n": "1=2"}, "single_transaction": False, "lock_timeout": None,
        "statement_timeout": 120.0, "timeout": 300.0,
    }  # fmt: skip
    asked = child(spec, as_='o"wner')
    assert asked.argv == (
        *BASE, "-v", "setting=app.regions", "-v", "n=1=2", "-c", "set statement_timeout = 120000",
        "-c", 'set role "o""wner"', "-f", "policies.sql",
    )  # fmt: skip
    assert asked.timeout == 300.0


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.5, 500), (0.29, 290), (0.57, 570), (0.0004, 1), (0.0, 0), (30.0, 30000)]
)
def test_a_limit_never_rounds_to_none_at_all(seconds: float, shown: int) -> None:
    assert milliseconds(seconds) == shown


def test_its_exit_status_decides() -> None:
    done = play(KIND, SPEC, answers(ended(0))).ended
    assert isinstance(done, Passed)
    assert (done.effect, done.evidence["single_transaction"]) == ("all", True)


@pytest.mark.parametrize(
    ("status", "single", "effect"),
    [(3, True, "none"), (3, False, "unknown"), (2, True, "unknown"), (1, True, "unknown"), (-9, True, "unknown")],
)
def test_only_an_error_in_a_single_transaction_left_nothing_for_certain(status: int, single: bool, effect: str) -> None:
    done = play(KIND, SPEC | {"single_transaction": single}, answers(ended(status))).ended
    assert isinstance(done, Failed)
    assert (done.reason, done.effect, done.evidence["tail"]) == ("exit_status", effect, "the end")


def test_not_started_it_did_nothing() -> None:
    done = play(KIND, SPEC, answers(ended(None, error="no psql"))).ended
    assert isinstance(done, Failed) and (done.reason, done.effect) == ("not_started", "none")


class TestLint:
    def test_without_a_proof_it_warns(self) -> None:
        files = {"policies.sql": "\\set x 1\nselect 1;\n"}
        (found,) = lint(KIND, SPEC, files=files)
        assert (found.code, found.level) == ("no-prove", "warning")
        assert lint(KIND, SPEC, files=files, prove=Proof(query="select 1", equals=1)) == []
        assert lint(KIND, SPEC, files=files, is_undo=True) == []

    def test_transaction_control_defeats_the_single_transaction(self) -> None:
        files = {"policies.sql": "select 1;\ncommit;\n"}
        found = lint(KIND, SPEC, files=files, is_undo=True)
        assert [(f.code, f.line) for f in found] == [("transaction-control", 2)]
        assert lint(KIND, SPEC | {"single_transaction": False}, files=files, is_undo=True) == []

    def test_what_cannot_be_read(self) -> None:
        assert codes(lint(KIND, SPEC, is_undo=True)) == ["unreadable-file"]
        assert codes(lint(KIND, SPEC, files={"policies.sql": "select 'x"}, is_undo=True)) == ["unterminated-string"]


def test_what_it_is() -> None:
    assert (KIND.short, KIND.changes, KIND.fence, KIND.repeat) == ("file", True, "child", "after_proof")
    assert KIND.facts is not None and KIND.facts({"exit_status": 0}) == [("exit_status", "0")]
