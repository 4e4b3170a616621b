from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from tui.journal.end import End
from tui.journal.failure import JournalCorrupt
from tui.journal.line import GENESIS, decode, digest, encode
from tui.journal.reader import read_all
from tui.journal.verify import Verification, verify

from .faults import record


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    record(path)
    return path


def test_a_journal_is_whole_and_its_head_is_the_last_digest(journal: Path) -> None:
    raw = journal.read_bytes().split(b"\n")[:-1]
    previous = GENESIS
    for number, one in enumerate(raw):
        line = decode(one)
        assert (line.seq, line.prev) == (number, previous)
        previous = digest(one)
    assert verify(journal) == Verification(True, 60, previous, None, None, 0)
    assert verify(journal, End(None, previous)).ok
    assert not verify(journal, End(None, GENESIS)).ok


def test_an_empty_journal(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.touch()
    assert verify(path) == Verification(True, 0, GENESIS, None, None, 0)


def test_every_byte_flipped_shows(journal: Path) -> None:
    whole = journal.read_bytes()
    head = verify(journal).head
    starts = [0] + [i + 1 for i, byte in enumerate(whole) if byte == 10]
    outcomes = {"broken": 0, "torn": 0, "only against the head": 0}
    fd = os.open(journal, os.O_WRONLY)
    seq = 0
    for place in range(len(whole)):
        if place == starts[seq + 1]:
            seq += 1
        os.pwrite(fd, bytes([whole[place] ^ (1 << place % 8)]), place)
        verdict = verify(journal)
        os.pwrite(fd, whole[place : place + 1], place)
        if not verdict.ok:
            outcomes["broken"] += 1
            assert verdict.bad_seq in (seq, seq + 1)
        elif verdict.torn_bytes:
            outcomes["torn"] += 1
            assert (place, verdict.lines) == (len(whole) - 1, 59)
        else:
            # Nothing follows the last line, so a change that keeps it valid shows only against a head noted elsewhere.
            outcomes["only against the head"] += 1
            assert seq == 59
            assert verdict.head != head
    os.close(fd)
    assert outcomes["torn"] == 1
    assert 0 < outcomes["only against the head"] < len(whole) - starts[59]
    assert sum(outcomes.values()) == len(whole)


@pytest.mark.parametrize("tail", [1, 511, 512, 4096, 100_000])
def test_a_zero_filled_tail_is_torn(journal: Path, tail: int) -> None:
    before = verify(journal)
    with journal.open("ab") as file:
        file.write(b"\0" * tail)
    assert verify(journal) == msgspec.structs.replace(before, torn_bytes=tail)
    assert len(read_all(journal)) == 60


def rewritten(journal: Path, number: int, **changes: object) -> Path:
    """The journal with one line changed and the chain after it recomputed."""
    lines, previous = [], GENESIS
    for raw in journal.read_bytes().splitlines():
        line = msgspec.structs.replace(decode(raw), prev=previous)
        if line.seq == number:
            line = msgspec.structs.replace(line, **changes)
        lines.append(encode(line))
        previous = digest(lines[-1])
    journal.write_bytes(b"\n".join(lines) + b"\n")
    return journal


def test_numbers_and_times_are_checked_even_where_the_chain_fits(journal: Path) -> None:
    copy = journal.read_bytes()
    assert verify(rewritten(journal, 30, by="someone")).ok
    for changes in ({"seq": 31}, {"mono": 0.0}, {"mono": -1.0}):
        journal.write_bytes(copy)
        verdict = verify(rewritten(journal, 30, **changes))
        assert (verdict.ok, verdict.bad_seq, verdict.lines) == (False, 30, 30), changes
        assert verdict.reason


@pytest.mark.parametrize("how", ["removed", "doubled", "swapped", "blank", "nulls"])
def test_lines_moved_about_show(journal: Path, how: str) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[20:22] = {
        "removed": [lines[21]],
        "doubled": [lines[20], lines[20]],
        "swapped": [lines[21], lines[20]],
        "blank": [lines[20], b"\n", lines[21]],
        "nulls": [b"\0" * len(lines[20]), lines[21]],
    }[how]
    journal.write_bytes(b"".join(lines))
    verdict = verify(journal)
    assert verdict.bad_seq == (21 if how in ("doubled", "blank") else 20)
    with pytest.raises(JournalCorrupt) as caught:
        read_all(journal)
    assert caught.value.seq == verdict.bad_seq


def test_unknown_types_and_keys_are_kept(journal: Path) -> None:
    raw = journal.read_bytes().splitlines()
    line = msgspec.structs.replace(
        decode(raw[-1]), seq=60, v=9, type="future.thing", data=msgspec.Raw(b'{"x":[1]}'), prev=digest(raw[-1])
    )
    with journal.open("ab") as file:
        file.write(encode(line)[:-1] + b',"added":{"later":true}}\n')
    assert verify(journal).ok
    last = read_all(journal)[-1]
    assert (last.type, bytes(last.data), last.v) == ("future.thing", b'{"x":[1]}', 9)
