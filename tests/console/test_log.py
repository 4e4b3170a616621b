"""The log: bounded whatever comes, its place kept while it pauses, errors and texts found."""

from __future__ import annotations

import re
import tracemalloc
from datetime import UTC
from pathlib import Path

import pytest

from tests.console.journals import Story, failed, migrated, migrating, prepared, session
from tests.console.test_twelve_questions import undecided
from tests.console.twin import shown
from tui.console.feed.log_buffer import CHARACTERS, LINES, LogBuffer
from tui.console.widgets.log import Log
from tui.journal import events as e
from tui.journal.reader import Entry
from tui.pictures.lines import plain, width_of
from tui.pictures.log import LogEntry, log_lines, log_row, log_rows
from tui.pictures.view import Moment, View
from tui.recording.recent import RecentEntries
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words.inert import visible
from tui.words.severity import Severity


def line_of(n: int, severity: Severity = "output", text: str = "") -> LogEntry:
    return LogEntry("2026-12-06T01:00:00Z", severity, "2.1.1", f"line {n}{text}")


def log_of() -> Log:
    view = View(state=prepared().state(), moment=Moment(0, 0, 0), mode="observer")
    return Log(lambda: view)


def test_a_flood_of_lines_takes_bounded_memory() -> None:
    log = log_of()
    log.set_filter("9")
    tracemalloc.start()
    try:
        for block in range(150):
            log.append([line_of(block * 1000 + n, text=" x" * 20) for n in range(1000)])
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48_000_000, peak
    lines = log.text().splitlines()
    assert LINES // 2 <= len(lines) <= LINES * 5 // 4 and "line 149999 " in lines[-1]
    log.set_filter("")
    assert LINES <= len(log.text().splitlines()) <= LINES * 5 // 4


def test_long_lines_are_bounded_by_their_characters() -> None:
    kept = LogBuffer()
    for n in range(20):
        kept.add([line_of(n, text="x" * 4000) for _n in range(500)])
    assert sum(len(line.text) for line in kept.lines) <= CHARACTERS * 5 // 4
    assert len(kept) < 10_000 and kept.lines[-1].text.startswith("line 19x")


def test_what_is_trimmed_is_counted() -> None:
    kept, gone = LogBuffer(), 0
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
        assert mark is not None and "ROLLBACK PROPOSED" in mark.text
        await seen.press("e")
        mark = seen.app.overview.log_pane.chosen()
        assert mark is not None and "division by zero" in mark.text, "after the last one comes the first again"


async def test_a_line_is_read_whole(tmp_path: Path) -> None:
    story = failed()
    story.output("verify", "ERROR:  " + "x" * 900 + " the end of it")
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


# -- long lines

WIDE = "注文" * 30 + " the end of wide characters"


@pytest.mark.parametrize("text", ["word " * 40 + "the end", "x" * 250, WIDE, "\x1b[2J" * 40, "", "e\u0301" * 200])
@pytest.mark.parametrize("width", [20, 48, 80])
def test_a_long_line_wraps_and_nothing_of_it_is_lost(text: str, width: int) -> None:
    line = LogEntry("2026-12-06T01:00:00Z", "error", "2.1.1", text)
    rows = log_rows(line, width, UTC, 60)
    assert all(width_of(row) <= width for row in rows)
    whole = "".join(plain(row).lstrip(" ") if n else plain(row).partition("2.1.1 ")[2] for n, row in enumerate(rows))
    assert whole.replace(" ", "") == visible(text).replace(" ", "")
    assert len(log_rows(line, width, UTC, 2)) <= 2
    shown = "".join(plain(log_row(line, width, UTC, left))[-12:] for left in (0, 30, 10_000))
    assert shown.isprintable() and all(width_of(log_row(line, width, UTC, left)) <= width for left in (0, 7, 30))


async def test_the_log_wraps_and_is_moved_sideways(tmp_path: Path) -> None:
    story = failed()
    story.output("verify", "ERROR:  " + "word " * 26 + "the middle " + "word " * 10 + "the end")
    async with shown(story, tmp_path, size=(80, 24)) as seen:
        await seen.press("right")
        assert "Left and Right move the log, which is not on the screen." in seen.text()
        await seen.press("3")
        assert "the middle" in seen.text() and "the end" in seen.text() and "ERROR 2.3.1 ERROR:" in seen.text()
        await seen.press("W")
        assert "the middle" not in seen.text() and "one row each" in seen.text()
        before = seen.text()
        await seen.press(*["right"] * 6)
        assert "the end" in seen.text() and "from column " in seen.text() and "22:07:" in seen.text()
        await seen.press("right")
        assert "goes further to the right" in seen.text() and "the end" in seen.text()
        await seen.press(*["left"] * 9)
        assert "from column" not in seen.text() and "ERROR 2.3.1 ERROR:" in seen.text()
        assert before.splitlines()[5:-3] == seen.text().splitlines()[5:-3]
        await seen.press("W")
        assert "the end" in seen.text() and "Long lines of the log wrap." in seen.text()


async def test_wrapped_lines_are_moved_through_one_by_one(tmp_path: Path) -> None:
    story = prepared().begin("backup")
    for n in range(30):
        story.output("backup", f"line {n} " + "word " * (2 * n % 40) + f"end-{n}.")
    async with shown(story, tmp_path, size=(80, 24)) as seen:
        await seen.press("3")
        assert "end-29." in seen.text(), "the newest line is whole at the bottom"
        ends = set()
        for _n in range(30):
            ends |= set(re.findall(r"end-(\d+)\.", seen.text()))
            await seen.press("k")
        assert len(ends) == 30
        await seen.press("home")
        assert "Run 20261205T235500Z-7f3a opened" in seen.text()
        for _n in range(40):
            await seen.press("j")
        assert "follows" in seen.text() and "end-29." in seen.text()


# -- a batch is one line that counts


def batch(count: int) -> Story:
    """The backfill in so many batches, an error of the server's among them, a second each."""
    story = migrating().add(e.StepWaiting(step="migrate", attempt=1))
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=1.0).begin("backfill", after=0.0)
    for n in range(1, count + 1):
        story.add(e.TxBegin(step="backfill", attempt=1, witness={"xid": str(n)}, statement=n - 1))
        story.add(e.TxCommitSent(step="backfill", attempt=1))
        story.add(e.TxCommitted(step="backfill", attempt=1, rows=500, statement=n - 1), after=1.0)
        story.add(
            e.StepProgress(step="backfill", attempt=1, done=500.0 * n, total=500.0 * count, unit="rows"), after=0.0
        )
        if n == count // 2:
            story.add(e.LogLines(stream="server", text="ERROR:  deadlock detected", lines=({},)))
    return story


def told(story: Story, log: Log) -> None:
    """Line by line, as it comes."""
    state = RunState()
    for line in story.lines:
        state = fold(state, line)
        log.append(log_lines([line], state))


def test_a_batch_is_one_line_that_counts() -> None:
    story, log = batch(200), log_of()
    told(story, log)
    lines = log.text().splitlines()
    counted = [n for n, line in enumerate(lines) if " rows" in line and "2.2.3" in line]
    assert len(counted) == 1
    assert "100,000 of 100,000 rows (100 %), 500/s" in lines[counted[0]]
    assert counted[0] < next(n for n, line in enumerate(lines) if "deadlock" in line) == len(lines) - 1
    evidence = {"rows": 100_000, "batches": 200, "total": 100_000}
    story.add(e.StepPassed(step="backfill", attempt=1, evidence=evidence, effect="all"))
    log.append(log_lines(story.lines[-1:], story.state()))
    lines = log.text().splitlines()
    assert "100,000 of 100,000 rows (100 %), 500/s, 200 batches" in lines[counted[0]]
    assert lines[-1].endswith("passed: Preencher a região dos pedidos em lotes")


async def test_it_counts_in_its_place_whatever_is_filtered_or_marked(tmp_path: Path) -> None:
    async with shown(batch(4), tmp_path, size=(80, 24)) as seen:
        await seen.press("3")
        assert "2,000 of 2,000 rows (100 %), 500/s" in seen.text() and "deadlock detected" in seen.text()
        log = seen.app.overview.log_pane
        log.set_filter("rows (")
        assert log.seek("2,000")
        seen.story.add(e.StepProgress(step="backfill", attempt=1, done=2500.0, total=2500.0, unit="rows"), after=1.0)
        seen.story.save(tmp_path / "run")
        await seen.until(lambda: "2,500 of 2,500 rows" in seen.text())
        mark = log.chosen()
        assert mark is not None and mark.text.startswith("2,500"), "the mark stays on it"
        assert "2,000 of" not in seen.text()
        log.set_filter("")
        assert "2,500 of 2,500 rows" in seen.text() and "2,000 of" not in seen.text()


def test_a_screen_that_opens_late_still_has_the_servers_errors() -> None:
    story, tail = batch(2000), RecentEntries(limit=100_000)
    for line, raw in zip(story.lines, story.raw, strict=True):
        tail.add(Entry(0, raw, line))
    texts = [line.text for line in log_lines((entry.line for entry in tail.entries()), story.state())]
    assert "ERROR:  deadlock detected" in texts and "1,000,000 of 1,000,000 rows (100 %), 500/s" in texts


def test_a_wait_is_one_line_until_its_step_says_something_else() -> None:
    story, log = prepared().begin("backup"), log_of()
    facts = {"blockers": [session(20, "blocks_us", state="idle in transaction", state_age_s=1.0)]}
    for n in range(1, 6):
        story.add(e.StepWaiting(step="backup", attempt=1, reason="lock", facts=facts), after=1.0)
        tries = {"try": n, "of": 9, "pause_s": 1}
        story.add(e.StepWaiting(step="backup", attempt=1, reason="lock_retry", facts=tries | facts))
        story.add(e.StepWaiting(step="backup", attempt=1))
    story.output("backup", "something else")
    story.add(e.StepWaiting(step="backup", attempt=1, reason="lock", facts=facts), after=1.0)
    told(story, log)
    waits = [line for line in log.text().splitlines() if "pid 20" in line]
    assert len(waits) == 2 and "try 5 of 9" in waits[0] and "waits for a lock" in waits[1]


def test_trimming_forgets_no_line_that_counts() -> None:
    log = log_of()
    for count in range(80):
        log.append([LogEntry("2026-12-06T01:00:00Z", "event", "2.2.3", f"{count} rows", "count b.1", counts=True)])
        log.append([line_of(n) for n in range(1000)])
    counted = [line for line in log.text().splitlines() if " rows" in line]
    assert len(counted) == 1, "what was trimmed away begins anew, once"


def test_one_more_attempt_counts_by_itself() -> None:
    story, log = batch(3), log_of()
    evidence = {"rows": 1500, "batches": 3, "total": 1500}
    story.add(e.StepFailed(step="backfill", attempt=1, reason="sql_error", evidence=evidence, effect="some"))
    story.begin("backfill", 2)
    story.add(e.StepProgress(step="backfill", attempt=2, done=10.0, total=20.0, unit="rows"), after=1.0)
    log.append(log_lines(story.lines, story.state()))
    counted = [line for line in log.text().splitlines() if " rows (" in line]
    assert ["1,500 of" in counted[0], "10 of 20 rows" in counted[1]] == [True, True] and len(counted) == 2


def test_other_steps_tell_every_commit() -> None:
    log = log_of()
    story = migrated()
    log.append(log_lines(story.lines, story.state()))
    assert "committed: Executar script de migração (0 rows)" in log.text()


async def test_by_what_a_fate_was_decided_is_told_in_words(tmp_path: Path) -> None:
    async with shown(undecided(), tmp_path, size=(120, 40)) as seen:
        await seen.press("3", "z")
        told = " ".join(seen.text().split())
        assert "fate of Executar script de migração: it is undecided" in told
        assert "(the server is on another timeline)" in told
