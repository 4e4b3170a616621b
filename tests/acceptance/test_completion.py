"""TAB in the real shells: a word that is completed stands on the screen as if it had been typed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.station import VIRADA
from tests.acceptance.terminal import Terminal
from tests.unit.cli.journals import RUN, story

pytestmark = pytest.mark.acceptance

PLAN = """virada: 1
name: Small
targets:
  staging: {environment: staging, service: s}
  production: {environment: production, service: p}
phases: []
"""
START = {
    "bash": ["--noprofile", "--norc", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
LOAD = {
    "bash": "PS1='$ '; bind 'set bell-style none'; source <(virada completion bash)",
    "zsh": "PS1='$ '; autoload -U compinit; compinit -u -D; source <(virada completion zsh)",
    "fish": "function fish_prompt; echo '$ '; end; virada completion fish | source",
}
TYPED = [
    ("virada do last exec", "virada do last execute"),
    ("virada do last execute ex", "virada do last execute expand"),
    ("virada replay 2026", f"virada replay {RUN}"),
    ("virada run plan.yaml --on prod", "virada run plan.yaml --on production"),
    ("virada check pl", "virada check plan.yaml"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    story().write(tmp_path / "home" / "runs" / RUN / "journal.jsonl")
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "plan.txt").write_text("no plan\n")
    return tmp_path


def environment(place: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join((str(VIRADA.parent), os.environ.get("PATH", os.defpath)))
    return {
        "PATH": path, "HOME": str(place), "VIRADA_HOME": str(place / "home"), "LANG": "C.UTF-8", **more,
    }  # fmt: skip


@pytest.mark.parametrize("shell", START)
def test_a_shell_completes(shell: str, place: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    with Terminal([program, *START[shell]], environment(place)) as terminal:
        # The word is put together by the shell, so that it is not the line that was typed.
        terminal.send(f"cd {place}; {LOAD[shell]}; clear; echo re''ady\r")
        terminal.wait_text("ready")
        for typed, wanted in TYPED:
            terminal.send(typed + "\t")
            terminal.wait_text("$ " + wanted, seconds=20)
            terminal.send("\x15")
            terminal.wait_gone(wanted)
        terminal.send("exit\r")
        terminal.wait()


def asked(line: str, place: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What a shell is told behind this line, as zsh asks: sort, text and what is said of it."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_VIRADA_COMPLETE": "zsh_complete"}
    return subprocess.run(
        [str(VIRADA)], env=environment(place, **words, **more), cwd=place, text=True, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip


def texts(line: str, place: Path) -> list[str]:
    return asked(line, place).stdout.splitlines()[1::3]


def test_what_is_offered(place: Path) -> None:
    assert texts("virada do last undo ", place) == ["expand", "fill"]
    assert texts("virada do last sign ", place) == ["go", "told"]
    assert texts("virada do last note --step ", place) == ["go", "expand", "fill", "told"]
    assert texts("virada status ", place) == ["last", RUN]
    # The run is closed: there is nothing to command.
    assert texts("virada attach ", place) == ["last"]
    assert asked("virada do last execute expa", place).stdout == "plain\nexpand\nDo expand\n"
    # To type the target's name is what a dangerous step costs.
    assert texts("virada do last execute expand --confirm ", place) == []
    assert texts("virada completion ", place) == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("line", ["virada do last execute ", "virada run nowhere.yaml --on "])
def test_nothing_breaks_it(line: str, place: Path) -> None:
    runs = place / "home" / "runs"
    (runs / RUN / "journal.jsonl").write_bytes(b'{"data": {"plan": [' + b"x" * 70000 + b"\n\xff")
    (place / "nowhere.yaml").write_bytes(b"targets: {a: [\xff")
    for step in ("a journal that is none", "runs are a file", "a home that may not be read"):
        done = asked(line, place)
        assert (done.returncode, done.stderr) == (0, ""), step
        if step == "a journal that is none":
            shutil.rmtree(runs)
            runs.write_text("")
        elif os.geteuid() != 0:
            (place / "home").chmod(0)
    (place / "home").chmod(0o700)


def test_a_hostile_title_is_one_inert_line(place: Path) -> None:
    journal = place / "home" / "runs" / RUN / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"Do expand"', b'"Do\\u001b[31m\\nplain\\nx"', 1))
    assert asked("virada do last execute exp", place).stdout == "plain\nexpand\nDo\\x1b[31m\\nplain\\nx\n"


def test_it_is_quick(place: Path) -> None:
    """Processor time beyond that of a bare interpreter, the best of some: what a person waits for where nothing else
    goes on."""

    def seconds(argv: list[str], env: dict[str, str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    words = {"COMP_WORDS": "virada do last execute ", "COMP_CWORD": "4", "_VIRADA_COMPLETE": "bash_complete"}
    bare = min(seconds([sys.executable, "-c", "pass"], environment(place)) for _round in range(3))
    whole = min(seconds([str(VIRADA)], environment(place, **words)) for _round in range(3))
    print(f"a bare interpreter {bare * 1000:.0f} ms, what may follow {whole * 1000:.0f} ms")
    assert whole - bare < 0.2
