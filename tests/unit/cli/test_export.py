"""`virada export`: a cast or an SVG to stdout or into a file, and clear words for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.console.svg_screen import Screen
from tests.unit.cli.conftest import Virada
from tests.unit.cli.journals import RUN, story


def journal_file(home: Path) -> Path:
    return home / "runs" / RUN / "journal.jsonl"


def test_a_cast_on_stdout_is_nothing_but_the_cast(virada: Virada, home: Path) -> None:
    story().write(journal_file(home))
    result = virada("export", "last", "--format", "cast", "--size", "80x24")
    assert (result.code, result.err) == (0, "")
    header, *events = (json.loads(line) for line in result.out.splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    assert RUN in header["title"]
    assert events[0][0] == 0.0
    assert {code for _at, code, _data in events} == {"o", "m"}


def test_into_a_file_of_a_journal_alone(virada: Virada, tmp_path: Path) -> None:
    path = story().write(tmp_path / "copied.jsonl")
    file = tmp_path / "run.cast"
    result = virada("export", str(path), "-o", str(file), "--speed", "2", "--idle-limit", "60")
    assert (result.code, result.out) == (0, "")
    assert f"asciinema play {file}" in result.err
    lines = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["width"] == 120
    assert json.loads(lines[-1])[0] == pytest.approx(story().lines[-1].mono / 2, abs=0.01)
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left <= {"home", "copied.jsonl", "run.cast"}, "nothing else is left beside the journal"


def test_an_svg_goes_to_stdout_and_into_a_file(virada: Virada, home: Path, tmp_path: Path) -> None:
    story().write(journal_file(home))
    arguments = ("export", "last", "--format", "svg", "--size", "80x24", "--idle-limit", "1")
    told = virada(*arguments)
    assert (told.code, told.err) == (0, "")
    assert "rolled back" in "\n".join(Screen(told.out).lines()) and RUN in told.out
    file = tmp_path / "run.svg"
    written = virada(*arguments, "-o", str(file))
    assert (written.code, written.out) == (0, "") and "in any browser" in written.err
    assert file.read_text(encoding="utf-8") == told.out, "the same each time"


@pytest.mark.parametrize("size", ["120", "10x10", "999x40", "120x40x2", "x"])
def test_a_size_that_is_none(virada: Virada, home: Path, size: str) -> None:
    story().write(journal_file(home))
    result = virada("export", "last", "--size", size)
    assert result.code == 2
    assert "is no size of a screen" in result.err


def test_what_cannot_be_is_said(virada: Virada, home: Path) -> None:
    path = story().write(journal_file(home))
    before = path.read_bytes()
    assert virada("export", "last", "-o", str(path)).code == 2
    assert path.read_bytes() == before, "the journal is never written over"
    assert virada("export", "last", "--format", "gif").code == 2
    assert virada("export", "last", "--speed", "0").code == 2
    result = virada("export", "last", "-o", str(home / "missing" / "run.cast"))
    assert result.code == 1
    assert "missing" in result.err and "Traceback" not in result.err
    path.write_bytes(before[: len(before) // 2] + b"\nbroken\n")
    result = virada("export", "last")
    assert result.code == 1
    assert "is broken at line" in result.err
