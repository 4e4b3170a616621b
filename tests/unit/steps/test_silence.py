"""How long the server may be silent: what a step says, what its statements say, and what is warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.steps.drive import play, step
from tui.plan.loader import load
from tui.plan.model import BRIEF, PATIENT
from tui.steps.effects import Effect, RunStatement, RunTransaction, TxDone
from tui.steps.registry import KINDS

INDEX = "create index concurrently a on t (n)"
VALID = "alter table t validate constraint c"


def tolerated(text: str, transaction: str, said: float | None = None) -> list[float]:
    """By each statement or transaction."""

    def answer(effect: Effect) -> Any:
        return TxDone(committed=True)

    spec = {"text": text, "transaction": transaction}
    played = play(KINDS["sql"], spec, answer, of=step("sql", spec, tolerate=said))
    return [work.settings.tolerate for work in played.asked if isinstance(work, RunStatement | RunTransaction)]


def test_each_statement_of_a_script_is_judged_by_itself() -> None:
    script = f"alter table t add column n int; {INDEX}; {VALID}; vacuum t"
    assert tolerated(script, "per_statement") == [BRIEF, PATIENT, PATIENT, PATIENT]
    assert tolerated(script, "per_statement", 20.0) == [20.0] * 4
    # What the script says itself is left alone.
    assert tolerated(f"set tcp_user_timeout = 5000; {INDEX}", "per_statement") == [BRIEF]


def test_a_transaction_is_patient_where_all_of_it_is() -> None:
    assert tolerated(VALID, "single") == [PATIENT]
    assert tolerated(f"{VALID}; update t set n = 1", "single") == [BRIEF]
    assert tolerated("update t set n = 1", "single", 30.0) == [30.0]


@pytest.mark.parametrize(
    ("said", "spec", "codes"),
    [
        ("2m", '{sql: "update t set n = 1"}', ["tolerates-long"]), ("30s", '{sql: "update t set n = 1"}', []),
        ("10m", f'{{sql: "{VALID}"}}', []), ("2m", '{batch: {sql: "delete from t"}}', ["tolerates-long"]),
        ("0.5s", "{sign: yes}", ["bad-value"]), ("1h", "{backup: {directory: /b}}", []),
    ],
)  # fmt: skip
def test_a_step_says_how_long(tmp_path: Path, said: str, spec: str, codes: list[str]) -> None:
    plan = f"""virada: 1
name: n
targets: {{dev: {{environment: development, dsn: x}}}}
phases: [{{title: p, sections: [{{title: s, steps: [{{id: a, title: a, tolerate: {said}, {spec[1:]}]}}]}}]
"""
    (tmp_path / "plan.yaml").write_text(plan)
    found = [p.code for p in load(tmp_path / "plan.yaml", KINDS).problems]
    assert [code for code in found if code in ("tolerates-long", "bad-value")] == codes, found
