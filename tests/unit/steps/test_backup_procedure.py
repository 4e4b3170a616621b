"""`check: backup_procedure` without programs: what it makes of the answers that it gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import ended, play
from tui.journal.codes import Hindrance
from tui.plan.kinds import Needs, Program, Room
from tui.plan.model import Phase, Plan, Section, Step
from tui.steps.check import KIND
from tui.steps.effects import DropArtifact, Effect, Probe, RunChild

DUMP = Step(id="dump", title="Dump", kind="backup")
PLAN = Plan(name="p", phases=(Phase(title="p", sections=(Section(title="s", steps=(DUMP,)),)),))
TOOLS = {"found": {"pg_dump": {"major": 15}, "pg_restore": {"major": 15}}, "server_major": 15}


def procedure(tools: dict[str, Any], ssh: Any = None, host: str | None = None, dumped: Any = None) -> dict[str, Any]:
    """The rows by what they are about; a dump that fails is the end of it."""

    def answer(effect: Effect) -> Any:
        if isinstance(effect, Probe):
            return {"tools": tools, "room": {"free_bytes": 100}, "writable": {"writable": True}}.get(effect.name, {})
        if isinstance(effect, RunChild):
            return ssh if effect.argv[0] == "ssh" else dumped or ended(1)
        return None

    needs = Needs(programs=(Program("pg_dumpall"),), room=Room("/b b", lambda _database, _last: 10, host=host))
    done = play(KIND, {"backup_procedure": True}, answer, plan=PLAN, needs=lambda step: needs)
    assert len(done.of(DropArtifact)) == 2, "nothing of the schema stays"
    return {row["what"]: row for row in done.ended.evidence["checks"]}


def codes(row: dict[str, Any]) -> list[str]:
    return [one["code"] for one in row.get("why", ())]


@pytest.mark.unsaid(Hindrance.PROGRAM_LACKING, Hindrance.PROGRAM_OLD)
def test_programs_are_those_that_the_plans_steps_need() -> None:
    row = procedure(TOOLS | {"missing": ["pg_dumpall"], "too_old": ["pg_dump"]})["tools"]
    assert row["expected"] == ["pg_dump", "pg_restore", "pg_dumpall"]
    assert row["holds"] is False and codes(row) == ["program_lacking", "program_old"]
    assert procedure(TOOLS)["tools"]["holds"] is True
    assert procedure({"error": "?"})["tools"]["holds"] is None


@pytest.mark.parametrize(
    ("done", "holds", "code"),
    [
        (ended(0), True, []),
        (ended(1), False, ["not_writable"]),
        (ended(255), None, []),
        (ended(None, error="no ssh"), None, []),
    ],
)
def test_a_place_on_another_host_is_asked_there(done: Any, holds: bool | None, code: list[str]) -> None:
    row = procedure(TOOLS, done, host="vault")["place"]
    assert (row["holds"], codes(row), row["host"]) == (holds, code, "vault")


def test_a_dump_that_could_not_be_begun_says_nothing_of_the_server() -> None:
    assert procedure(TOOLS, dumped=ended(None, error="?"))["restore"]["holds"] is None
    row = procedure(TOOLS, dumped=ended(1))["restore"]
    assert row["holds"] is False and codes(row) == ["dump_failed"]
