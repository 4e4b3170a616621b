"""A report belongs to the journal it was made of, or to the beginning of it; everything else is said."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
import zoneinfo
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from tests.console import journals
from tests.console.journals import Story
from tests.unit.report.journals import failed, rolled_back, text
from tui import locale
from tui.journal import events as e
from tui.report import build, check
from tui.report.check import Checked, Verdict
from tui.report.make import made
from tui.report.mark import BYTES, FORMATS, Format, mark_of, sealed, unsealed
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
    assert verdict(sealed(older), tmp_path).verdict is Verdict.OTHER_BUILD
    found = verdict(sealed(older).replace("In short", "In shirt"), tmp_path)
    assert (found.verdict, found.line) == (Verdict.CHANGED, None), "which line it is that build alone knows"


def test_of_other_code_that_makes_the_same(tmp_path: Path) -> None:
    told = text(failed(), tmp_path)
    mark = mark_of(told)
    assert mark is not None
    same = sealed(unsealed(told, mark).replace(mark.made_by, f"{mark.version}:{'0' * 16}"))
    found = verdict(same, tmp_path)
    assert found.verdict is Verdict.SAME and found.own == mark.made_by


@pytest.mark.parametrize("format_", FORMATS)
def test_of_a_journal_with_a_torn_tail(format_: Format, tmp_path: Path) -> None:
    story = failed()
    journal = story.save(tmp_path).journal
    with journal.open("ab") as file:
        file.write(b'{"v":1,"seq":')
    told = text(story, tmp_path, format_)
    found = verdict(told, tmp_path)
    assert found.verdict is Verdict.SAME and found.mark is not None and found.mark.torn == 13
    # The engine was in the middle of a line, which is whole by now; or another one has cut it.
    journal.write_bytes(journal.read_bytes()[:-13])
    assert verdict(told, tmp_path).verdict is Verdict.SAME
    story.add(e.NoteAdded(text="later"), by="ana@jump1").save(tmp_path)
    found = verdict(told, tmp_path)
    assert (found.verdict, found.since) == (Verdict.SAME, 1)
    forged = sealed(unsealed(told, found.mark or mark_of(told)).replace("13 bytes", "14 bytes"))  # type: ignore[arg-type]
    if format_ != "json":
        assert verdict(forged, tmp_path).verdict is Verdict.CHANGED


@pytest.mark.parametrize("format_", FORMATS)
def test_of_a_journal_whose_chain_is_broken(format_: Format, tmp_path: Path) -> None:
    before = text(failed(), tmp_path, format_)
    journal = tmp_path / "journal.jsonl"
    whole = journal.read_bytes()
    lines = whole.split(b"\n")
    lines[40] = lines[40].replace(b'"engine"', b'"nobody"')
    journal.write_bytes(b"\n".join(lines))
    told = made(JournalReading(journal), format_)
    found = verdict(told, tmp_path)
    assert found.verdict is Verdict.SAME and found.mark is not None and found.mark.broken == 41
    assert verdict(before, tmp_path).verdict is Verdict.JOURNAL_CHANGED, "it was whole when that was made"
    elsewhere = unsealed(told, found.mark).replace(found.mark.made_by, f"0.0.9:{'0' * 16}")
    assert verdict(sealed(elsewhere.replace(" broken=41", " broken=42")), tmp_path).verdict is Verdict.JOURNAL_CHANGED
    journal.write_bytes(whole)
    assert verdict(told, tmp_path).verdict is Verdict.JOURNAL_CHANGED, "somebody mended it"


@pytest.mark.parametrize("behind", [0, 1, 9])
def test_what_is_broken_behind_its_last_line_is_none_of_its_own(behind: int, tmp_path: Path) -> None:
    story = failed()
    told = text(story, tmp_path)
    for _line in range(10):
        story.add(e.NoteAdded(text="later"), by="ana@jump1")
    journal = story.save(tmp_path).journal
    lines = journal.read_bytes().split(b"\n")
    lines[-11 + behind] = b"{}"
    journal.write_bytes(b"\n".join(lines))
    found = verdict(told, tmp_path)
    assert (found.verdict, found.since) == (Verdict.SAME, behind)


def test_of_a_journal_that_ends_in_a_line_that_is_none(tmp_path: Path) -> None:
    journal = failed().save(tmp_path).journal
    with journal.open("ab") as file:
        file.write(b"{}\n")
    assert verdict(made(JournalReading(journal), "html"), tmp_path).verdict is Verdict.SAME


def test_bytes_are_compared_and_not_what_they_look_like(tmp_path: Path) -> None:
    story = failed().add(e.NoteAdded(text="x \x9b31m y"), by="ana@jump1")
    told = text(story, tmp_path).encode()
    assert b"\\x9b31m" in told
    raw = told.replace(b"\\x9b31m", b"\x9b31m").decode("utf-8", BYTES)
    found = verdict(raw, tmp_path)
    assert found.verdict is Verdict.CHANGED and "\udc9b31m" in found.found


def test_the_build_is_all_that_a_report_is_made_with(tmp_path: Path) -> None:
    journal = failed().save(tmp_path).journal
    program = (
        "import sys\nfrom pathlib import Path\nfrom tui.report.make import made\n"
        "from tui.report.reading import JournalReading\n"
        f"for form in {FORMATS!r}: made(JournalReading(Path({str(journal)!r})), form)\n"
        "print(*sorted({name.split('.')[1] for name in sys.modules if name.startswith('tui.')}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"report", "steps", "sql", "locale"} <= loaded
    # Where the program is one file there is `onefile` too, which decides nothing here.
    assert not (loaded & build.ASIDE) - {"onefile"}


def test_another_zone_or_other_characters_are_another_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saopaulo = ZoneInfo("America/Sao_Paulo")
    here = build.made_by(saopaulo)
    assert here == build.made_by(ZoneInfo("America/Sao_Paulo")) != build.made_by(UTC)
    changed = tmp_path / "America" / "Sao_Paulo"
    changed.parent.mkdir()
    changed.write_bytes(b"TZif of another year")
    with monkeypatch.context() as other:
        other.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
        assert build.made_by(saopaulo) != here
    build._code.cache_clear()
    with monkeypatch.context() as other:
        other.setattr(unicodedata, "unidata_version", "99.0.0")
        assert build.made_by(saopaulo) != here
    build._code.cache_clear()
    assert build.made_by(saopaulo) == here


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
