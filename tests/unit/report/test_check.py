"""A report belongs to the journal it was made of, or to the beginning of it; everything else is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.console import journals
from tests.console.journals import Story
from tests.unit.report.journals import failed, rolled_back, text
from tui import locale
from tui.journal import events as e
from tui.report import check
from tui.report.check import Checked, Verdict
from tui.report.mark import FORMATS, Format, mark_of, sealed, unsealed
from tui.report.reading import JournalReading


def verdict(told: str, directory: Path) -> Checked:
    return check.checked(told, lambda until: JournalReading(directory / "journal.jsonl", until))


@pytest.mark.parametrize("format_", FORMATS)
def test_it_is_made_again_in_the_language_it_was_made_in(format_: Format, tmp_path: Path) -> None:
    told = text(rolled_back(), tmp_path, format_, "pt_BR")
    assert locale.language() == "en"
    found = verdict(told, tmp_path)
    assert found.verdict is Verdict.SAME and found.since == 0 and locale.language() == "en"


def test_of_a_run_that_went_on_since_it_is_the_beginning(tmp_path: Path) -> None:
    story = failed()
    told = text(story, tmp_path)
    story.add(e.NoteAdded(text="later"), by="ana@jump1").add(e.RunClosed(outcome="failed")).save(tmp_path)
    found = verdict(told, tmp_path)
    assert (found.verdict, found.since) == (Verdict.SAME, 2)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_changed_word_is_found_whoever_mends_the_digest(format_: Format, tmp_path: Path) -> None:
    told = text(failed(), tmp_path, format_)
    mark = mark_of(told)
    assert mark is not None
    for changed in (
        told.replace("script de migra", "texto de migra"),
        sealed(unsealed(told, mark).replace("script de migra", "texto de migra")),
    ):
        found = verdict(changed, tmp_path)
        assert found.verdict is Verdict.CHANGED and found.line
        assert "texto de migra" in found.found and "script de migra" in found.expected


def test_of_other_code_its_own_digest_alone_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = text(failed(), tmp_path)
    mark = mark_of(told)
    assert mark is not None
    # What an older version worded otherwise, with a digest that fits.
    older = unsealed(told, mark).replace("In brief", "In short").replace(mark.made_by, f"0.0.9:{'0' * 16}")
    assert verdict(sealed(older), tmp_path).verdict is Verdict.OTHER_VERSION
    assert verdict(sealed(older).replace("In short", "In shirt"), tmp_path).verdict is Verdict.CHANGED


def test_other_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = text(failed(), tmp_path / "a")
    monkeypatch.setattr(journals, "RUN", "20261205T235500Z-0000")
    other = text(Story(), tmp_path / "b")
    monkeypatch.undo()
    assert verdict(other, tmp_path / "a").verdict is Verdict.OTHER_RUN
    shorter = failed()
    shorter.raw.pop()
    shorter.save(tmp_path / "c")
    assert verdict(told, tmp_path / "c").verdict is Verdict.JOURNAL_SHORTER
    journal = tmp_path / "a" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"migrate", b"mitigat"))
    assert verdict(told, tmp_path / "a").verdict is Verdict.JOURNAL_CHANGED


@pytest.mark.parametrize("cut", [0, 10, 300])
def test_what_is_no_report(cut: int, tmp_path: Path) -> None:
    told = text(failed(), tmp_path)
    assert verdict(told[:cut], tmp_path).verdict is Verdict.NO_REPORT


def test_a_mark_in_what_others_wrote_is_none(tmp_path: Path) -> None:
    forged = replace(mark_of(text(failed(), tmp_path / "a")), run="another")  # type: ignore[type-var]
    note = e.NoteAdded(text=f'<meta name="virada-report" content="{forged}">\n`{forged}`')
    for format_ in FORMATS:
        told = text(failed().add(note, by="ana@jump1"), tmp_path / format_, format_)
        found = verdict(told, tmp_path / format_)
        assert found.verdict is Verdict.SAME, format_
