"""Around every command: no traceback on the terminal, whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.cli.conftest import Virada
from tests.unit.cli.journals import RUN, Journal, plan, sign, story
from tui.cli.exit import Exit, Stop
from tui.cli.guard import guarded


def test_an_unexpected_error_is_a_sentence_and_a_crash_log(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()

    def fails() -> None:
        raise RuntimeError("the reason")

    assert guarded(fails) == 1
    told = capsys.readouterr().err
    assert str(home / "crash.log") in told
    assert len(told.splitlines()) == 1
    written = (home / "crash.log").read_text(encoding="utf-8")
    assert "RuntimeError: the reason" in written
    assert (home / "crash.log").stat().st_mode & 0o777 == 0o600


def test_without_a_home_the_crash_log_lies_in_the_temporary_directory(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails() -> None:
        raise RuntimeError("the reason")

    assert guarded(fails) == 1
    found = list(tmp_path.glob("virada-crash-*.log"))
    assert len(found) == 1
    assert str(found[0]) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop("one sentence", Exit.UNDECIDED), 4),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 130),
        (PermissionError(13, "Permission denied", "/x/journal.jsonl"), 5),
        (FileNotFoundError(2, "No such file or directory", "/x"), 1),
    ],
)
def test_expected_ends(error: BaseException, code: int, home: Path) -> None:
    def fails() -> None:
        raise error

    # The process's own streams are silenced when their reader has gone: not those of the tests.
    child = os.fork() if isinstance(error, BrokenPipeError) else None
    if child == 0:
        os._exit(guarded(fails))
    if child is None:
        assert guarded(fails) == code
    else:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
    assert not home.exists()


def test_a_reader_that_goes_away_ends_the_command_quietly(home: Path) -> None:
    story().write(home / "runs" / RUN / "journal.jsonl")
    command = [sys.executable, "-m", "tui.cli.main", "replay", "last", "--plain", "--speed", "1e9"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 130


def test_a_terminal_that_cannot_show_a_character_gets_its_escape(home: Path) -> None:
    Journal(replace(plan(sign("go")), name="Orders \u2192 regions")).write(home / "runs" / RUN / "journal.jsonl")
    environment = {**os.environ, "PYTHONIOENCODING": "iso-8859-1", "LANG": "en_US"}
    command = [sys.executable, "-m", "tui.cli.main", "runs"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"\\u2192" in done.stdout
    assert done.stderr == b""


def test_an_argument_that_is_no_text_is_a_sentence(virada: Virada) -> None:
    result = virada("status", os.fsdecode(b"\xff\xfe"))
    assert result.code == 2
    assert "Traceback" not in result.err


def test_the_command_line_starts_without_what_it_does_not_need() -> None:
    heavy = "textual rich psycopg yaml babel asyncio psutil tui.engine tui.demo tui.console tui.plan.loader"
    program = (
        "import sys, tui.cli.main\n"
        "for name in tui.cli.main.COMMANDS: tui.cli.main.group().get_command(None, name)\n"
        f"print([name for name in {heavy!r}.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_status_needs_no_screen_no_database_and_no_yaml(home: Path) -> None:
    story().write(home / "runs" / RUN / "journal.jsonl")
    program = (
        "import sys; from tui.cli.main import run; code = run(['status', 'last', '--json'])\n"
        "heavy = 'textual rich psycopg yaml asyncio psutil'.split()\n"
        "print([name for name in heavy if name in sys.modules], code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stderr.strip() == "[] 0"
