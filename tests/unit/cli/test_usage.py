"""Bad input: one sentence that says what, where and what to do, and exit 2; never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.cli.conftest import Virada
from tui.cli.command_line import FORMS, usage
from tui.cli.main import COMMANDS, group


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["frobnicate"], "There is no command 'frobnicate'"),
        (["stauts"], "Is 'status' meant?"),
        (["do"], "Missing argument 'RUN'"),
        (["status", "x", "--at", "yesterday"], "is no position in a run"),
        (["status", "x", "--frob"], "No such option"),
        (["replay", "x", "--speed", "0"], "--speed"),
        (["replay", "x", "--speed", "fast"], "--speed"),
        (["run"], "Missing argument 'PLAN'"),
        (["run", "p.yaml", "--compress", "0.5"], "--compress"),
        (["run", "p.yaml", "--on-failure", "pray"], "--on-failure"),
        (["run", "p.yaml", "--sign-off", "x"], "--sign-off is for --headless"),
        (["run", "p.yaml", "--headless", "--sign-off", " "], "--sign-off"),
        (["run", "p.yaml", "--plain", "--detach"], "exclude each other"),
        (["run", "p.yaml", "--plain", "--as", "a(b)"], "cannot be a declared name"),
        (["run", "p.yaml"], "use --plain"),
        (["demo"], "use --plain"),
        (["attach"], "use --plain"),
        (["watch"], "use --plain"),
        (["replay", "x"], "use --plain"),
        (["do", "last"], "Missing argument 'COMMAND'"),
        (["do", "last", "execute"], "execute needs STEP"),
        (["do", "last", "skip", "a"], "needs --reason"),
        (["do", "last", "explode"], "There is no command 'explode'"),
    ],
)
def test_usage_errors(arguments: list[str], part: str) -> None:
    result = CliRunner().invoke(group(), arguments)
    assert result.exit_code == 2, result.output
    assert part in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, virada: Virada) -> None:
    result = virada(command, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: virada {command}")


def test_the_help_of_do_says_what_each_command_is(virada: Virada) -> None:
    lines = virada("do", "--help").out.splitlines()
    said = [lines[lines.index(f"    {usage(name)}") + 1] for name in FORMS]
    assert all(line.startswith("        ") and line.endswith(".") and len(line) < 80 for line in said)


def test_the_list_of_commands_is_not_cut(virada: Virada) -> None:
    result = virada("--help")
    assert "..." not in result.out.partition("Commands:")[2]
    assert all(f"  {command} " in result.out for command in COMMANDS)


def test_help_is_in_the_language_of_the_environment() -> None:
    environment = {**os.environ, "LANG": "pt_BR.UTF-8"}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tui.cli.main", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)

    told = call("status", "--help").stdout
    assert "Uso: virada status" in told
    assert "Onde está uma execução" in told
    assert "Mostra esta mensagem e sai." in told
    mistake = call("frobnicate")
    assert mistake.returncode == 2
    assert "Erro: Não existe o comando 'frobnicate'" in mistake.stderr


def test_version(virada: Virada) -> None:
    from tui import __version__

    assert virada("--version").out == f"virada {__version__}\n"


def test_an_invalid_plan_is_refused_with_every_problem_at_its_place(virada: Virada, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("virada: 1\nname: x\ntargtes: {}\nphases: 7\n", encoding="utf-8")
    checked = virada("check", str(plan))
    assert checked.code == 2
    assert f"{plan}:3:1: error" in checked.out
    assert f"{plan}:4:" in checked.out
    started = virada("run", str(plan), "--headless")
    assert started.code == 2
    assert f"{plan}:3:1: error" in started.err
    assert started.out == ""


@pytest.mark.parametrize("command", [["run", "/nowhere/plan.yaml", "--headless"], ["check", "/nowhere/plan.yaml"]])
def test_a_plan_that_is_not_there(command: list[str], virada: Virada) -> None:
    result = virada(*command)
    assert result.code == 2
    assert "/nowhere/plan.yaml" in result.out + result.err
