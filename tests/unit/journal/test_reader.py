from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.journal import reader as reader_module
from tui.journal.clock import RunClock
from tui.journal.failure import JournalCorrupt
from tui.journal.line import Line, decode
from tui.journal.reader import Entry, JournalReader, read_all, scan
from tui.journal.writer import JournalWriter

from .faults import record


def wait_for(condition: Callable[[], bool], seconds: float = 20.0, every: float = 0.002) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(every)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    record(path)
    return path


def test_every_prefix_gives_exactly_its_complete_lines_and_recovery_cuts_the_rest(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    record(journal, 12)
    whole = journal.read_bytes()
    lines = [decode(raw) for raw in whole.splitlines()]
    prefix = journal.with_name("prefix")
    for length in range(len(whole) + 1):
        prefix.write_bytes(whole[:length])
        complete = whole.count(b"\n", 0, length)
        assert [line.seq for line in read_all(prefix)] == list(range(complete))
        # Taking it up again syncs, so not every one of the lengths: those around each line's end, and a few.
        if length % 200 and b"\n" not in whole[max(0, length - 2) : length + 2]:
            continue
        writer, recovered = JournalWriter.open(prefix, RunClock.start())
        end = whole.rfind(b"\n", 0, length) + 1
        assert (recovered.cut_bytes, recovered.lines) == (length - end, complete)
        assert recovered.last == (lines[complete - 1] if complete else None)
        assert prefix.read_bytes() == whole[:end]
        added = writer.append("run.recovered", {"cut_bytes": recovered.cut_bytes})
        writer.close()
        assert read_all(prefix) == [*lines[:complete], added]


def test_entries_say_where_they_stand(journal: Path) -> None:
    whole = journal.read_bytes()
    for entry in scan(journal):
        assert whole[entry.offset : entry.offset + len(entry.raw) + 1] == entry.raw + b"\n"
        assert decode(entry.raw) == entry.line


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 3000), max_size=12), limit=st.integers(1, 1000))
def test_however_the_bytes_come_every_line_is_delivered_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], limit: int
) -> None:
    directory = tmp_path_factory.mktemp("cuts")
    lines = record(directory / "source", 12)
    whole = (directory / "source").read_bytes()
    path = directory / "target"
    path.touch()
    got: list[Line] = []
    with JournalReader(path) as reader, path.open("ab", buffering=0) as file:
        for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(whole)], strict=True):
            file.write(whole[start:end])
            while entries := reader.poll(limit):
                got += [entry.line for entry in entries]
            assert len(got) == whole.count(b"\n", 0, end)
    assert got == lines


def test_a_torn_tail_is_held_back_and_what_replaces_it_is_read(journal: Path) -> None:
    whole = journal.read_bytes()
    with JournalReader(journal) as reader:
        assert len(reader.poll()) == 60
        with journal.open("ab", buffering=0) as file:
            file.write(b'{"v":1,"seq":60,"at":"2026')
            assert reader.poll() == []
            assert reader.offset == len(whole)
        writer, recovered = JournalWriter.open(journal, RunClock.start())
        assert reader.poll() == []
        assert recovered.cut_bytes == 26
        added = writer.append("run.recovered", {})
        writer.close()
        assert [entry.line for entry in reader.poll()] == [added]


def test_a_line_that_is_none_stops_the_reader_after_what_is_before_it(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    offset = sum(map(len, lines[:40]))
    lines[40] = b"x" + lines[40][1:]
    journal.write_bytes(b"".join(lines))
    with JournalReader(journal) as reader:
        assert [entry.line.seq for entry in reader.poll()] == list(range(40))
        for _again in range(2):
            with pytest.raises(JournalCorrupt) as caught:
                reader.poll()
            assert (caught.value.seq, caught.value.offset) == (40, offset)
            assert str(journal) in str(caught.value)
    got: list[Entry] = []
    with pytest.raises(JournalCorrupt):
        for entry in scan(journal):
            got.append(entry)
    assert len(got) == 40


def test_a_journal_that_lost_delivered_lines_is_refused(journal: Path) -> None:
    with JournalReader(journal) as reader:
        entries = reader.poll()
        os.truncate(journal, entries[50].offset)
        with pytest.raises(JournalCorrupt, match="shorter"):
            reader.poll()


def test_seek_goes_on_at_a_line(journal: Path) -> None:
    entries = list(scan(journal))
    with JournalReader(journal) as reader:
        reader.seek(entries[25].offset, 24)
        assert reader.poll() == entries[25:]
        reader.seek(entries[25].offset, 23)
        with pytest.raises(JournalCorrupt):
            reader.poll()


def test_a_line_longer_than_the_limit_and_one_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j"
    with JournalWriter.create(path, RunClock.start()) as writer:
        writer.append("note.added", {"text": "x" * 300_000})
    with JournalReader(path) as reader:
        assert len(reader.poll(1000)) == 1
    monkeypatch.setattr(reader_module, "MAX_LINE", 100_000)
    path.write_bytes(b"x" * 2_000_000)
    with JournalReader(path) as reader, pytest.raises(JournalCorrupt, match="does not end"):
        reader.poll(1000)


@pytest.mark.parametrize("kind", ["link", "pipe", "directory", "device", "missing"])
def test_only_regular_files_are_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "j"
    target = tmp_path / "target"
    record(target, 1)
    if kind == "link":
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    with pytest.raises(OSError):
        JournalReader(path)
    with pytest.raises(OSError):
        JournalWriter.open(path, RunClock.start())


WRITE = """
import sys
from tui.journal.clock import RunClock
from tui.journal.writer import JournalWriter
with JournalWriter.create(sys.argv[1], RunClock.start()) as writer:
    print("ready", flush=True)
    for number in range(int(sys.argv[2])):
        writer.append("step.output", {"n": number, "text": "x" * (number % 400)}, durable=number % 100 == 0)
"""


def test_two_readers_follow_a_writer_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    count = 5000
    root = Path(reader_module.__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(path), str(count)], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    got: list[list[Line]] = [[], []]

    def read(own: list[Line], poll: float) -> None:
        with JournalReader(path) as reader:

            def whole() -> bool:
                own.extend(entry.line for entry in reader.poll())
                return len(own) >= count

            wait_for(whole, 30.0, poll)

    threads = [threading.Thread(target=read, args=(own, 0.001 + 0.02 * n)) for n, own in enumerate(got)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert process.wait(10) == 0
    process.stdout.close()
    assert got[0] == got[1] == read_all(path)
    assert [line.seq for line in got[0]] == list(range(count))


def test_a_line_nothing_waits_for_is_seen_soon(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    latencies = []
    with JournalWriter.create(path, RunClock.start()) as writer, JournalReader(path) as reader:
        for number in range(15):
            start = time.monotonic()
            writer.append("metrics.sampled", {"n": number}, durable=False)
            wait_for(lambda: bool(reader.poll()))
            latencies.append(time.monotonic() - start)
    # The median, because a busy machine may hold any single one up.
    assert sorted(latencies)[7] <= 0.15
