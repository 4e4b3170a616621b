from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play, step
from tui.journal.codes import FailReason
from tui.plan.model import Proof
from tui.steps.effects import Failed, Passed, PsqlDone, RunPsql, SqlSettings
from tui.steps.psql import KIND

SPEC: dict[str, Any] = {"file": "policies.sql"}


def asked(spec: dict[str, Any], **more: Any) -> RunPsql:
    (effect,) = play(KIND, spec, answers(PsqlDone(child=ended())), of=step("psql", spec, **more)).asked
    assert isinstance(effect, RunPsql)
    return effect


def test_what_the_plan_leaves_open() -> None:
    assert asked(SPEC) == RunPsql(file="policies.sql", settings=SqlSettings())


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("vacuum t;\n\\echo\ncreate index concurrently i on t (a);\n", 0.0),
        ("alter table p detach partition c concurrently;", 0.0),
        ("create index i on t (a); vacuum t;", 0.5),
    ],
)
def test_commands_that_wait_concurrently_have_no_limit(text: str, limit: float) -> None:
    spec = SPEC | {"single_transaction": False}
    done = play(KIND, spec, answers(text, PsqlDone(child=ended())))
    assert done.of(RunPsql)[0].settings.lock_timeout == limit
    said = play(KIND, spec | {"lock_timeout": 1.5}, answers(PsqlDone(child=ended())))
    assert said.of(RunPsql)[0].settings.lock_timeout == 1.5


def test_everything_the_plan_says_is_asked() -> None:
    spec = SPEC | {
        "variables": {"setting": "app.regions", "n": "1=2"}, "single_transaction": False, "lock_timeout": None,
        "statement_timeout": 120.0, "timeout": 300.0,
    }  # fmt: skip
    assert asked(spec, as_='o"wner', timeout=7.0) == RunPsql(
        file="policies.sql", variables={"setting": "app.regions", "n": "1=2"}, single_transaction=False,
        settings=SqlSettings(role='o"wner', lock_timeout=None, statement_timeout=120.0), timeout=300.0,
    )  # fmt: skip


def test_it_passes_where_the_server_says_that_all_of_it_is_there() -> None:
    done = play(KIND, SPEC, answers(PsqlDone(child=ended(0), effect="all", commit={"xid": "7"}))).ended
    assert isinstance(done, Passed)
    assert (done.effect, done.evidence["single_transaction"], done.evidence["commit"]) == ("all", True, {"xid": "7"})


@pytest.mark.parametrize(
    ("told", "reason", "effect"),
    [
        (PsqlDone(child=ended(3), effect="none"), "exit_status", "none"),
        (PsqlDone(child=ended(3), effect="unknown"), "exit_status", "unknown"),
        (PsqlDone(child=ended(2), effect="unknown"), "exit_status", "unknown"),
        (PsqlDone(child=ended(-9), effect="none"), "signalled", "none"),
        (PsqlDone(child=ended(None, lost=True), effect="none"), "program_lost", "none"),
        (PsqlDone(child=ended(None, error="no psql"), effect="unknown"), "not_started", "none"),
        (PsqlDone(child=ended(0), problem=FailReason.TRANSACTION_LEFT), "transaction_left", "unknown"),
        (PsqlDone(child=ended(3), problem=FailReason.TRANSACTION_LEFT), "transaction_left", "unknown"),
        (PsqlDone(child=ended(0), problem=FailReason.ERRORS_IGNORED, effect="none"), "errors_ignored", "none"),
    ],
)
def test_otherwise_it_failed_and_the_effect_is_what_was_asked(told: PsqlDone, reason: str, effect: str) -> None:
    done = play(KIND, SPEC, answers(told)).ended
    assert isinstance(done, Failed)
    assert (done.reason, done.effect) == (reason, effect)


def test_what_was_committed_is_never_run_again_unless_the_plan_says_so() -> None:
    played = play(KIND, SPEC, answers(), done=1)
    assert played.asked == [] and played.ended == Passed(evidence={"single_transaction": True, "done": 1}, effect="all")
    again = play(KIND, SPEC, answers(PsqlDone(child=ended())), of=step("psql", SPEC, repeat="always"), done=1)
    assert len(again.asked) == 1


class TestLint:
    @pytest.mark.parametrize(
        ("text", "more"),
        [
            ("select 1;\n", {"single_transaction": False}),
            ("set transaction read write;\n", {}),
            ("\\i more.sql\n", {}),
            ("select :'x';\n", {"variables": {"x": "${FROM_OUTSIDE}"}}),
        ],
    )
    def test_without_a_proof_it_warns_where_its_transaction_may_not_tell_all(
        self, text: str, more: dict[str, Any]
    ) -> None:
        files = {"policies.sql": text, "more.sql": "\\copy t to program 'cat'\n"}
        spec = SPEC | more
        said = [found for found in lint(KIND, spec, files=files) if found.code == "no-prove"]
        assert [found.level for found in said] == ["warning"]
        proved = lint(KIND, spec, files=files, prove=Proof(query="select 1", equals=1))
        assert not [
            found for found in (*proved, *lint(KIND, spec, files=files, is_undo=True)) if found.code == "no-prove"
        ]

    def test_one_transaction_proves_itself(self) -> None:
        assert lint(KIND, SPEC, files={"policies.sql": "\\set x 1\nselect 1;\n"}) == []

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
    assert KIND.facts is not None and KIND.facts({"exit_status": 0}) == [("exit_status", 0)]
