"""TAB in the real shells: a word that is completed stands on the screen as if it had been typed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from tests.acceptance.station import VIRADA
from tests.acceptance.terminal import Terminal
from tests.unit.cli.journals import RUN, story
from tui.cli.completing.scripts import SCRIPTS

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
            terminal.wait_text("$ " + wanted)
            terminal.send("\x15")
            terminal.wait_gone(wanted)
        terminal.send("exit\r")
        terminal.wait()


@pytest.mark.parametrize("shell", START)
def test_where_it_goes_is_made(shell: str, place: Path) -> None:
    """The lines of the help, typed by somebody who has none of these directories yet."""
    env = environment(place)
    told = subprocess.run([VIRADA, "completion", "--help"], env=env, capture_output=True, text=True, check=True).stdout
    lines = told.partition("in every shell:\n")[2].splitlines()
    first = next(number for number, line in enumerate(lines) if line.split()[:1] == [shell])
    more = takewhile(lambda line: line.startswith(" " * 6), lines[first + 1 :])
    typed = [lines[first].split(maxsplit=1)[1], *(line for line in more if not line.lstrip().startswith("("))]
    subprocess.run(["sh", "-ec", "\n".join(typed)], env=env, check=True)
    [made] = [path for path in place.rglob("*virada*") if path.is_file() and path.parent != place / "home"]
    assert made.read_text() == SCRIPTS[shell]


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
