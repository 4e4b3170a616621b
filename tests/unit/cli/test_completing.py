"""What is offered behind TAB, asked as a shell asks; nothing breaks it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.unit.cli.journals import RUN, story
from tui.cli.completing.answer import answer
from tui.cli.main import COMMANDS, group

PLAN = "virada: 1\nname: Small\nphases: []\ntargets: {staging: {environment: staging}, production: {service: [p]}}\n"


@pytest.fixture
def place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    story().write(home / "runs" / RUN / "journal.jsonl")
    (tmp_path / "plan.yaml").write_text(PLAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Asked:
    """Asks as zsh does: sort, text and what is said of it, a line each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def __call__(self, line: str) -> str:
        self.monkeypatch.setenv("COMP_WORDS", line)
        self.monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        assert answer(group(), "zsh_complete") == 0
        out, err = self.capsys.readouterr()
        assert err == ""
        return out

    def texts(self, line: str) -> list[str]:
        return self(line).splitlines()[1::3]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(monkeypatch, capsys)


def test_what_is_offered(place: Path, asked: Asked) -> None:
    assert asked.texts("virada ") == list(COMMANDS)
    assert asked.texts("virada do last exec") == ["execute"]
    assert asked.texts("virada do last execute ") == ["go", "expand", "fill", "told"]
    assert asked.texts("virada do last undo ") == ["expand", "fill"]
    assert asked.texts("virada do last sign ") == ["go", "told"]
    assert asked.texts("virada do last note --step ") == ["go", "expand", "fill", "told"]
    assert asked.texts("virada status ") == ["last", RUN]
    # The run is closed: there is nothing to command.
    assert asked.texts("virada attach ") == ["last"]
    assert asked("virada do last execute expa") == "plain\nexpand\nDo expand\n"
    # To type the target's name is what a dangerous step costs.
    assert asked.texts("virada do last execute expand --confirm ") == []
    assert asked.texts("virada completion ") == ["bash", "zsh", "fish"]
    assert asked.texts("virada run plan.yaml --on ") == ["staging", "production"]
    assert asked.texts("virada run --compress 2 plan.yaml --on p") == ["production"]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        *(("prod", True), ("produção", True), ("prod-2.b", True), ("2", True)),
        *((name, False) for name in ("$(id)", "`id`", "a;id", "a b", "-x", "~ana", "a'b", 'a"b', "a\\b", "!1", "a:b")),
        *((name, False) for name in ("*", "a|id", "a&", "a>b", "a=b", "#", "{a,b}", "a\u202eb", "", "a\n")),
    ],
)
def test_only_plain_names_are_offered(name: str, offered: bool, place: Path, asked: Asked) -> None:
    """bash puts them into the line as they are; what else a target is called is typed out."""
    (place / "plan.yaml").write_text(f"targets: {{{json.dumps(name)}: {{service: p}}, other: {{service: o}}}}\n")
    assert asked.texts("virada run plan.yaml --on ") == [name] * offered + ["other"]
    if not offered and name:
        shutil.copytree(place / "home" / "runs" / RUN, place / "home" / "runs" / name)
    assert asked.texts("virada status ") == ["last", RUN], "nor does a directory that is no run's"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_run_and_plan_of_every_command_is_offered(command: str, place: Path, asked: Asked) -> None:
    """A command that is new has them by the names of its words."""
    arguments = {parameter.name for parameter in group().get_command(None, command).params}  # type: ignore[arg-type, union-attr]
    offered = asked(f"virada {command} ").splitlines()
    if "run" in arguments:
        assert "last" in offered
    elif "plan" in arguments:
        assert offered[0] == "plan"


@pytest.mark.parametrize("line", ["virada do last execute ", "virada status ", "virada run wrong.yaml --on "])
def test_nothing_breaks_it(line: str, place: Path, asked: Asked) -> None:
    runs = place / "home" / "runs"
    (runs / RUN / "journal.jsonl").write_bytes(b'{"data": {"plan": [' + b"x" * 70000 + b"\n\xff")
    (place / "wrong.yaml").write_bytes(b"targets: {a: [\xff")
    asked(line)
    shutil.rmtree(runs)
    runs.write_text("")
    asked(line)
    if os.geteuid() != 0:
        runs.unlink()
        (place / "home").chmod(0)
        asked(line)
        (place / "home").chmod(0o700)


def test_a_hostile_title_is_one_inert_line(place: Path, asked: Asked) -> None:
    journal = place / "home" / "runs" / RUN / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"Do expand"', b'"Do\\u001b[31m\\nplain\\nx"', 1))
    assert asked("virada do last execute exp") == "plain\nexpand\nDo\\x1b[31m\\nplain\\nx\n"


def test_an_unknown_shell_is_told_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(group(), "tcsh_complete") == 1
    assert capsys.readouterr().out == ""


def test_what_is_asked_for_changes_no_command(asked: Asked, place: Path) -> None:
    def types() -> list[object]:
        command = group().get_command(None, "check")  # type: ignore[arg-type]
        assert command is not None
        return [parameter.type for parameter in command.params]

    before = types()
    assert asked("virada check ")
    assert types() == before
