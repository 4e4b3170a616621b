"""Whatever stands in a journal, in a file's name or in an error: no control character reaches the terminal raw."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import tui
from tests.unit.cli.conftest import Result, Virada
from tests.unit.cli.hostile import FORGED, POISON, TEXT, hostile, written
from tests.unit.cli.journals import RUN, Journal, plan, sql, story
from tui.journal import events as e

READERS = (
    ("status", "last"), ("status", "last", "--at", "9"), ("status", "last", "--json"), ("runs",), ("runs", "--json"),
    ("verify", "last"), ("replay", "last", "--plain", "--speed", "1e9"), ("watch", RUN, "--plain"),
)  # fmt: skip


def check(result: Result, where: object) -> None:
    for line in (result.out + result.err).split("\n"):
        bad = [character for character in line if not character.isprintable()]
        assert not bad, f"{where}: {bad!r} in {line!r}"
        assert not line.startswith(FORGED), f"{where}: a text of others stands where a line begins"
    assert "Traceback" not in result.err


@pytest.mark.parametrize("arguments", READERS, ids=lambda each: "-".join(each))
@pytest.mark.parametrize("step", ["fill", "undo.expand"])
def test_every_text_of_every_event_is_inert(virada: Virada, home: Path, step: str, arguments: tuple[str, ...]) -> None:
    journal = hostile(step)
    journal.add(e.RunClosed(outcome=TEXT, reason=TEXT), by=TEXT)
    written(home, journal)
    result = virada(*arguments)
    check(result, arguments)
    assert result.code == 0, result.err
    if arguments[0] != "verify":
        assert "\\x1b]0;owned" in result.out or "\\u001b]0;owned" in result.out, "the journal is hostile indeed"


def test_json_means_the_same_with_its_texts_made_inert(virada: Virada, home: Path) -> None:
    written(home, hostile())
    told = json.loads(virada("status", "last", "--json").out)
    assert told["plan"].endswith(TEXT)
    assert told["guards"] is not None


def test_the_hash_of_a_backup_is_a_text_of_others(virada: Virada, home: Path) -> None:
    journal = Journal(plan(sql("a")))
    journal.add(e.BackupRecorded(step="a", attempt=1, path="p", format="custom", bytes=1, sha256=POISON))
    journal.add(e.RunClosed(outcome="failed"))
    written(home, journal)
    result = virada("replay", "last", "--plain", "--speed", "1e9")
    check(result, "backup")
    assert "\\x1b]0;owned" in result.out


@pytest.mark.parametrize("command", ["status", "verify", "replay", "do", "continue", "attach", "watch", "export"])
def test_a_name_that_is_no_run_is_told_inert(virada: Virada, home: Path, tmp_path: Path, command: str) -> None:
    story().write(home / "runs" / RUN / "journal.jsonl")
    directory = tmp_path / f"d{TEXT}"
    directory.mkdir()
    more = {"do": ("hold",), "watch": ("--plain",), "replay": ("--plain",), "attach": ("--plain",)}.get(command, ())
    for name in (f"x{TEXT}", str(directory), f"./x{TEXT}"):
        result = virada(command, name, *more)
        assert result.code in (2, 5)
        check(result, (command, name))


def test_a_broken_journal_in_a_hostile_place_is_told_inert(virada: Virada, tmp_path: Path) -> None:
    path = tmp_path / f"j{TEXT}.jsonl"
    path.write_bytes(story().bytes()[:-40] + f"\n{POISON}\n".encode())
    for command in (("status",), ("verify",), ("replay", "--plain", "--speed", "1e9")):
        result = virada(command[0], str(path), *command[1:])
        assert result.code == 1
        check(result, command)


def test_words_of_the_command_line_are_told_inert(virada: Virada) -> None:
    for arguments in ((TEXT,), (f"--{TEXT}",), ("check", TEXT), ("do", "last", TEXT), ("status", "--at", TEXT)):
        result = virada(*arguments)
        assert result.code in (1, 2)
        check(result, arguments)


def test_a_window_that_is_no_time_is_no_opening(virada: Virada, home: Path) -> None:
    journal = story()
    opened = json.loads(bytes(journal.lines[0].data))
    opened["window"]["opens"] = TEXT
    written(home, Journal.of(opened))
    for arguments in (("status", "last"), ("replay", "last", "--plain"), ("runs",)):
        result = virada(*arguments)
        check(result, arguments)
        assert result.code == (0 if arguments == ("runs",) else 2)
        assert "does not begin with the opening of a run" in result.out + result.err


def test_the_command_line_has_one_way_out() -> None:
    ways = []
    for path in sorted((Path(tui.__file__).parent / "cli").glob("*.py")):
        if path.name == "output.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("echo", "secho", "echo_via_pager"):
                ways.append(f"{path.name}:{node.lineno}")
            if isinstance(node, ast.Name) and node.id == "print":
                ways.append(f"{path.name}:{node.lineno}")
    assert not ways


def test_an_export_moves_the_cursor_and_colours_and_nothing_else(virada: Virada, home: Path, tmp_path: Path) -> None:
    journal = hostile()
    journal.add(e.RunClosed(outcome=TEXT, reason=TEXT), by=TEXT)
    written(home, journal)
    into = tmp_path / "cast"
    result = virada("export", "last", "-o", str(into), "--size", "80x24", "--speed", "1000")
    assert result.code == 0, result.err
    check(result, "export")
    header, *frames = (json.loads(line) for line in into.read_text(encoding="utf-8").splitlines())
    assert all(value.isprintable() for value in header.values() if isinstance(value, str))
    painted = ""
    for _at, code, text in frames:
        if code == "o":
            text = re.sub(r"\x1b\[[0-9;?]*[HJmlh]", "", text)
            painted += text
        bad = [character for character in text if not character.isprintable()]
        assert not bad, f"{bad!r} in {text!r}"
    assert "\\x1b]0;owned" in painted, "the journal is hostile indeed"
