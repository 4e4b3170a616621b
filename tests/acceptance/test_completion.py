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
HOSTILE = """virada: 1
name: Small
targets:
  "$(touch owned)": {environment: staging, service: s}
  "`touch owned`": {environment: staging, service: s}
  ";touch owned;": {environment: staging, service: s}
  plain: {environment: production, service: p}
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
    ("virada do last execute ex", "virada do last execute expand"),
    ("virada run plan.yaml --on prod", "virada run plan.yaml --on production"),
    ("virada check pl", "virada check plan.yaml"),
    # One alone may stand there: the others would do something else than name a target.
    ("virada run odd.yaml --on ", "virada run odd.yaml --on plain"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    story().write(tmp_path / "home" / "runs" / RUN / "journal.jsonl")
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "odd.yaml").write_text(HOSTILE)
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
