"""`virada report` and `virada verify --report`, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.journals import ANA, RUN, failed
from tests.unit.cli.conftest import Virada
from tui.journal import events as e


@pytest.fixture
def run(home: Path) -> Path:
    """A run's directory, of a run that failed and is open."""
    return failed().save(home / "runs" / RUN).directory


def test_the_file_s_ending_says_the_format(virada: Virada, run: Path, tmp_path: Path) -> None:
    for ending, begins in (
        ("html", "<!DOCTYPE html>"),
        ("md", "# Plano"),
        ("json", '{\n "mark"'),
        ("txt", "<!DOCTYPE"),
    ):
        file = tmp_path / f"report.{ending}"
        done = virada("report", RUN, "-o", str(file))
        assert (done.code, done.out) == (0, f"{file}\n") and file.read_text("utf-8").startswith(begins)
        assert file.stat().st_mode & 0o777 == 0o640
    done = virada("report", "last", "--format", "md", "--part", "errors")
    assert done.out.startswith("# Plano") and "## Errors and resolutions" in done.out and "## Metrics" not in done.out


def test_what_cannot_be_done_is_one_sentence(virada: Virada, run: Path, tmp_path: Path) -> None:
    done = virada("report", RUN, "-o", str(run / "journal.jsonl"))
    assert done.code == 2 and "is the journal itself" in done.err
    done = virada("report", RUN, "--cast")
    assert done.code == 2 and "-o FILE" in done.err
    done = virada("report", RUN, "-o", str(tmp_path / "nowhere" / "x.html"))
    assert done.code == 1 and "nowhere" in done.err and "Traceback" not in done.err
    (tmp_path / "other.jsonl").write_text("")
    done = virada("report", str(tmp_path / "other.jsonl"))
    assert done.code == 2 and "does not begin with the opening of a run" in done.err


def test_a_broken_journal_has_a_report_that_says_so(virada: Virada, run: Path, tmp_path: Path) -> None:
    journal = run / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"note":"feito"', b'"note":"falso"').replace(b"db1", b"db2", 1))
    done = virada("report", RUN, "-o", str(tmp_path / "x.html"))
    assert done.code == 0 and "The journal is broken at line" in done.err
    assert "The journal is broken at line" in (tmp_path / "x.html").read_text("utf-8")


def test_an_asciicast_beside_it_is_named_in_it(virada: Virada, run: Path, tmp_path: Path) -> None:
    assert virada("report", RUN, "-o", str(tmp_path / "x.md"), "--cast", "--part", "recording").code == 0
    told = (tmp_path / "x.md").read_text("utf-8")
    assert (tmp_path / "x.cast").read_bytes().startswith(b'{"version":2') and "x.cast<br>SHA\\-256" in told.replace(
        "SHA-256", "SHA\\-256"
    )
    assert virada("verify", RUN, "--report", str(tmp_path / "x.md")).code == 0


def test_whether_a_report_belongs_to_the_journal(virada: Virada, run: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    virada("report", RUN, "-o", str(file))
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 0 and "is what its journal gives, to the last byte" in done.out
    story = failed()
    whole = len(story.lines)
    story._written = whole
    story.add(e.NoteAdded(text="later"), by=ANA).save(run)
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 0 and f"It was made at line {whole - 1}; 1 line has come since" in done.err
    file.write_text(file.read_text("utf-8").replace("Plano de", "Plana de"), "utf-8")
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 1 and "is not as it was made" in done.out and "Plana de" in done.err and "Plano de" in done.err
    file.write_bytes(b"\xff\x00 nothing")
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 1 and "is no report of virada's" in done.err
    assert virada("verify", RUN, "--report", str(tmp_path / "none")).code == 2
