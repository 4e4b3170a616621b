"""The chain followed by readers: the same verdict as `verify`, for what was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.journal.chain import Chain
from tui.journal.end import End, EndError, parse_end
from tui.journal.line import digest
from tui.journal.reader import JournalReader
from tui.journal.verify import verify

from .faults import record


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    record(path)
    return path


def walked(path: Path, until: int | None = None, noted: End | None = None) -> Chain:
    chain = Chain(noted)
    chain.walk(path, until)
    return chain


def read(path: Path, limit: int = 1000) -> JournalReader:
    with JournalReader(path) as reader:
        while reader.poll(limit):
            pass
    return reader


def changed(journal: Path, seq: int, old: bytes = b'"by":"', new: bytes = b'"by":"x') -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    assert old in lines[seq]
    lines[seq] = lines[seq].replace(old, new, 1)
    journal.write_bytes(b"".join(lines))


@pytest.mark.parametrize("chunk", [64, 1000, 1 << 20])
def test_a_whole_journal_has_no_fault(journal: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.journal.chain.CHUNK", chunk)
    chain, verdict = walked(journal), verify(journal)
    assert (chain.fault, chain.seq, chain.head) == (None, verdict.lines - 1, verdict.head)
    assert read(journal, chunk).fault is None


@pytest.mark.parametrize("seq", [0, 1, 30, 58])
def test_a_changed_line_shows_by_the_one_after_it(journal: Path, seq: int) -> None:
    changed(journal, seq)
    for fault in (walked(journal).fault, read(journal).fault):
        assert fault is not None and fault.seq == seq + 1 == verify(journal).bad_seq
        assert f"line {seq + 1}:" in str(fault.sentence())
    assert walked(journal, until=seq).fault is None, "it is told of what was read"
    assert walked(journal, until=seq + 1).fault is not None


def test_a_line_written_otherwise_is_decoded(journal: Path) -> None:
    """A later version's further keys stand behind the digest."""
    lines = journal.read_bytes().splitlines()
    last = lines[-1][:-1] + b',"more":[1]}'
    journal.write_bytes(b"\n".join([*lines[:-1], last]) + b"\n")
    chain = walked(journal)
    assert chain.fault is None and chain.head == digest(last)


@pytest.mark.parametrize("junk", [b"\xff", b"{}", b'{"v":1,"seq":3}', b"[" * 100_000])
def test_what_is_no_line_ends_it(journal: Path, junk: bytes) -> None:
    lines = journal.read_bytes().splitlines()
    journal.write_bytes(b"\n".join([*lines[:7], junk, *lines[7:]]) + b"\n")
    fault = walked(journal).fault
    assert fault is not None and fault.seq == 7


def test_behind_a_jump_the_first_line_vouches_for_nothing(journal: Path) -> None:
    changed(journal, 10)
    with JournalReader(journal) as reader:
        entries = reader.poll()
        reader.seek(entries[11].offset, 10)
        while reader.poll():
            pass
        assert reader.fault is not None, "it was read before the jump"
    with JournalReader(journal) as reader:
        reader.seek(entries[11].offset, 10)
        while reader.poll():
            pass
        assert reader.fault is None


def test_a_line_that_was_noted_is_met_on_the_way(journal: Path) -> None:
    head = digest(journal.read_bytes().splitlines()[20])
    for noted in (End(20, head), End(None, head), End(20, head[:12])):
        assert walked(journal, noted=noted).standing() == "there"
    assert walked(journal, noted=End(21, head)).standing() == "other"
    assert walked(journal, noted=End(60, head)).standing() == "lost"
    assert walked(journal).standing() is None


def test_heads_as_people_write_them() -> None:
    digits = "0123456789ab" * 5 + "cdef"
    assert parse_end(f" 17:{digits.upper()} ") == End(17, digits)
    assert parse_end(digits[:12]) == End(None, digits[:12])
    assert str(End(17, digits)) == f"17:{digits}"
    for wrong in ("", "17", ":", f"x:{digits}", digits[:11], f"{digits}0", f"-1:{digits}", f"1\n:{digits}"):
        with pytest.raises(EndError):
            parse_end(wrong)
