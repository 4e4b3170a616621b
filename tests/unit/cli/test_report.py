"""`virada report` and `virada verify --report`, as a person types them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.console.journals import ANA, RUN, failed
from tests.unit.cli.conftest import Virada
from tui.journal import events as e
from tui.report.mark import mark_of, sealed, unsealed


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


def test_a_report_of_a_torn_and_one_of_a_broken_journal_belong_to_it(virada: Virada, run: Path, tmp_path: Path) -> None:
    journal, file = run / "journal.jsonl", tmp_path / "report.html"
    with journal.open("ab") as tail:
        tail.write(b'{"v":1,"seq":')
    virada("report", RUN, "-o", str(file))
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 0 and "the report belongs to it" in done.out
    assert re.search(r"13 bytes lay behind line \d+ when it was made, which the report says", done.err)
    journal.write_bytes(journal.read_bytes().replace(b"db1", b"db2", 1))
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 1 and done.out.startswith("broken at line") and "does not belong to it" in done.out
    assert "is another one than when it was made" in done.err
    virada("report", RUN, "-o", str(file))
    done = virada("verify", RUN, "--report", str(file))
    line = re.match(r"broken at line (\d+)\nthe report belongs to it, and is what its journal gives", done.out)
    assert done.code == 1 and line is not None
    assert f"The journal was broken at line {line[1]} when it was made, as it is now" in done.err


def test_another_build_cannot_be_compared(
    virada: Virada, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.md"
    virada("report", RUN, "-o", str(file))
    told = file.read_text("utf-8")
    mark = mark_of(told)
    assert mark is not None
    other = unsealed(told, mark).replace(mark.made_by, f"{mark.version}:{'0' * 16}")
    file.write_text(sealed(other), "utf-8")
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 0 and "which makes the same" in done.err
    # Characters that Python of then did not know, or a sentence of then.
    file.write_text(sealed(other.replace("In brief", "In short")), "utf-8")
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 4 and "cannot be known here: another build made it" in done.out
    assert "cannot be compared byte by byte" in done.err and "belongs" not in done.out
    file.write_text(file.read_text("utf-8").replace("In short", "In shirt"), "utf-8")
    done = virada("verify", RUN, "--report", str(file))
    assert done.code == 1 and "its own digest is another one" in done.err and "the journal gives" not in done.err


def test_a_file_without_an_end_is_no_report(virada: Virada, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.cli import verify_report

    monkeypatch.setattr(verify_report, "LARGEST", 4096)
    done = virada("verify", RUN, "--report", "/dev/zero")
    assert done.code == 1 and "is no report of virada's" in done.err


def test_an_asciicast_has_another_name_than_the_document(virada: Virada, run: Path, tmp_path: Path) -> None:
    for name in ("r.cast", "R.CAST"):
        done = virada("report", RUN, "-o", str(tmp_path / name), "--cast")
        assert (done.code, done.out) == (2, "") and "another name" in done.err and not [*tmp_path.glob("*.*")]
    (tmp_path / "r.cast").symlink_to(run / "journal.jsonl")
    done = virada("report", RUN, "-o", str(tmp_path / "r.html"), "--cast")
    assert done.code == 2 and "is the journal itself" in done.err and (tmp_path / "r.cast").is_symlink()
