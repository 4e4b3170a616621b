"""What squawk says of what a step executes: its words and codes at the file's lines; without it nothing."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.run.runs import Driven, listed, opening
from tui.engine.preflight import advice as module
from tui.engine.preflight.advice import NAMED, advice, readable
from tui.journal.events import Advice, StepAdvice
from tui.pictures.details import StepFiles, details
from tui.pictures.lines import plain
from tui.pictures.view import Moment, View
from tui.plan.model import Action, Plan, Step
from tui.run.status import status
from tui.steps.registry import KINDS

SCRIPT = """\\set ON_ERROR_STOP on
alter table orders alter column id type bigint;

copy orders from stdin;
1\tx
\\.
create index on orders (region);
"""


def plan() -> Plan:
    undo = Action(kind="sql", spec={"text": "drop table orders"})
    return listed(
        Step(id="a", title="A", kind="sql", spec={"file": "a.sql"}, undo=undo),
        Step(id="p", title="P", kind="psql", spec={"file": "gone.sql"}),
        Step(id="q", title="Q", kind="query", spec={"sql": "select 1", "equals": 1}),
    )


def read(name: str) -> str:
    if name != "a.sql":
        raise FileNotFoundError(name)
    return SCRIPT


def installed(path: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    """A program of that name, which keeps what it is given."""
    program = path / "squawk"
    keeps = f'echo "$@" >> {path}/asked; cat >> {path}/given; echo >> {path}/given'
    program.write_text(f"#!/bin/sh\n{keeps}\ncat <<'END'\n{says}\nEND\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(path), prepend=":")


def test_without_the_program_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert advice(plan(), read, KINDS) == {}


def test_what_it_is_given_and_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = '{"file":"x","line":1,"rule_name":"changing-column-type","message":"It rewrites.","help":null}'
    installed(tmp_path, monkeypatch, "[" + ",".join([one] * (NAMED + 2)) + ', "?"]')
    found = advice(plan(), read, KINDS)
    assert set(found) == {"a", "undo.a"} and found["a"].count == NAMED + 2 and len(found["a"].found) == NAMED
    assert found["a"].found[0] == Advice(code="changing-column-type", text="It rewrites.", line=2)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert "--assume-in-transaction" in asked[0] and "--exclude require-lock-timeout" in asked[0]
    given = (tmp_path / "given").read_text()
    assert "\\set" not in given and "1\tx" not in given and given.splitlines()[6] == "create index on orders (region);"


@pytest.mark.parametrize("says", ["", "{}", "no json", '[{"line": "x"}]'])
def test_whatever_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    installed(tmp_path, monkeypatch, says)
    assert all(one.code == "?" for each in advice(plan(), read, KINDS).values() for one in each.found)


def test_statements_stay_in_their_lines() -> None:
    assert readable("select 1; select\n2;\n\n-- x\nselect 3;") == "select 1;select\n2;\n\n\nselect 3;"


def test_it_stands_in_the_steps_page_and_in_status() -> None:
    of = plan()
    told = StepAdvice(tool="squawk", count=3, found=(Advice(code="ban\x1b", text="No.", line=2, help="Do not."),))
    run = Driven(of)
    run.append(replace(opening(of), advice={"a": told}))
    view = View(state=run.state, moment=Moment(0.0, 1.0, 0.0), mode="replay")
    page = "\n".join(map(plain, details(view, run.state.steps["a"], StepFiles(), 100)))
    assert "squawk           line 2: ban\\x1b: No. Do not." in page and "and 2 more" in page
    steps = {step["id"]: step for step in status(run.state)["steps"]}
    assert steps["a"]["advice"]["count"] == 3 and steps["q"]["advice"] is None


def test_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed beside the tests' interpreter, whose directory need not be on the PATH."""
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    monkeypatch.setenv("PATH", beside)
    if shutil.which("squawk") is None:
        pytest.skip("squawk is not installed")
    monkeypatch.setattr(module, "_TIMEOUT", 60.0)
    found = advice(plan(), read, KINDS)
    told = {(one.code, one.line) for one in found["a"].found}
    assert ("changing-column-type", 2) in told and ("require-concurrent-index-creation", 7) in told
    assert not {code for code, _line in told} & {"require-lock-timeout", "syntax-error"}
    assert "ban-drop-table" in {one.code for one in found["undo.a"].found}
