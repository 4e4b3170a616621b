"""The manual page is the commands' own help, read by `man` without a complaint, and shipped where `man` looks."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.manpage import FILE, text
from tui.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_help() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "write it anew: python -m tests.manpage"


def test_it_has_every_command_and_option() -> None:
    page = FILE.read_text(encoding="utf-8").replace("\\-", "-")
    assert all(f'.SS "virada {command}"' in page for command in COMMANDS)
    for option in ("--keep-driving", "--create-ledger", "--on-failure hold|rollback", "-o, --output PLAN"):
        assert f".B {option}\n" in page


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("mandoc", ["-T", "lint", "-W", "style"]), ("groff", ["-ww", "-man", "-K", "utf8", "-Tutf8", "-z"])],
)
def test_nothing_is_wrong_with_it(program: str, arguments: list[str]) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *arguments, str(FILE)], capture_output=True, text=True, timeout=60, check=False)
    if program == "groff" and "cannot open" in done.stderr + done.stdout:
        pytest.skip("groff is installed without its macros")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_is_shipped_where_man_looks() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["shared-data"] == {"docs/virada.1": "share/man/man1/virada.1"}
