"""The log: bounded whatever comes, its place kept while it pauses, errors and texts found."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.console.journals import failed, prepared
from tests.console.twin import shown
from tui.console.kept import CHARACTERS, LINES, Kept
from tui.console.loglines import LogLine, Severity
from tui.console.view import Moment, View
from tui.console.widgets.log import Log


def line_of(n: int, severity: Severity = "output", text: str = "") -> LogLine:
    return LogLine("2026-12-06T01:00:00Z", severity, "2.1.1", f"line {n}{text}")


def log_of() -> Log:
    view = View(state=prepared().state(), moment=Moment(0, 0, 0), mode="observer")
    return Log(lambda: view)


def test_a_million_lines_take_bounded_memory() -> None:
    log = log_of()
    log.set_filter("9")
    tracemalloc.start()
    try:
        for block in range(1000):
            log.append([line_of(block * 1000 + n, text=" x" * 20) for n in range(1000)])
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48_000_000, peak
    lines = log.text().splitlines()
    assert LINES // 2 <= len(lines) <= LINES * 5 // 4 and "line 999999 " in lines[-1]
    log.set_filter("")
    assert LINES <= len(log.text().splitlines()) <= LINES * 5 // 4


def test_long_lines_are_bounded_by_their_characters() -> None:
    kept = Kept()
    for n in range(20):
        kept.add([line_of(n, text="x" * 4000) for _n in range(500)])
    assert sum(len(line.text) for line in kept.lines) <= CHARACTERS * 5 // 4
    assert len(kept) < 10_000 and kept.lines[-1].text.startswith("line 19x")


def test_what_is_trimmed_is_counted() -> None:
    kept, gone = Kept(), 0
    for block in range(60):
        gone += kept.add([line_of(block * 1000 + n) for n in range(1000)])
    assert gone + len(kept) == 60_000 and kept.lines[0].text == f"line {gone}"


@pytest.mark.parametrize("wanted", ["error", "ERROR"])
def test_a_severity_filters_too(wanted: str) -> None:
    log = log_of()
    log.append([line_of(1), line_of(2, "error"), line_of(3, "warning")])
    log.set_filter(wanted)
    assert [line.split("2.1.1 ")[1] for line in log.text().splitlines()] == ["line 2"]


async def test_looking_for_a_text_hides_nothing(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 24)) as seen:
        await seen.press("L")
        assert "Nothing has been looked for yet." in seen.text()
        await seen.press("l")
        await seen.settle()
        await seen.type("commit")
        await seen.settle()
        await seen.press("enter")
        assert "committed: Executar script de migração" in seen.text() and "paused" in seen.text()
        assert "division by zero" in seen.text()
        await seen.press("l")
        await seen.settle()
        await seen.press("ctrl+u")
        await seen.type("nowhere")
        await seen.settle()
        await seen.press("enter")
        assert "No line of the log holds “nowhere”." in seen.text()


async def test_the_newest_error_comes_first_where_the_end_is_followed(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 24)) as seen:
        await seen.press("3", "e")
        mark = seen.app.overview.log_pane.chosen()
        assert mark is not None and "Rollback proposed" in mark.text
        await seen.press("e")
        mark = seen.app.overview.log_pane.chosen()
        assert mark is not None and "division by zero" in mark.text, "after the last one comes the first again"


async def test_a_line_is_read_whole(tmp_path: Path) -> None:
    story = failed()
    story.output("verify", "ERROR:  " + "x" * 300 + " the end of it")
    async with shown(story, tmp_path, size=(80, 24)) as seen:
        await seen.press("3", "e")
        assert "the end of it" not in seen.text()
        await seen.press("enter")
        assert "the end of it" in seen.text() and "ERROR  2.3.1" in seen.text()


async def test_no_error_behind_a_filter_is_told_as_such(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 24)) as seen:
        seen.app.overview.log_pane.set_filter("backup")
        await seen.press("e")
        assert "No error is among the lines that the filter shows." in seen.text()
