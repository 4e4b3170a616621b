from __future__ import annotations

from pathlib import Path

import pytest

from tui.journal.clock import RunClock, stamp
from tui.journal.index import EVERY_BYTES, EVERY_LINES, Index, cache_path
from tui.journal.line import GENESIS, Head, Line, digest, encode, encode_data
from tui.journal.position import Position, parse_position
from tui.journal.reader import JournalReader, scan
from tui.journal.writer import JournalWriter


def make(path: Path, lines: int = 2000, text: int = 10, setback: int | None = None) -> Path:
    """A journal of a line every half second; at line `setback` the wall clock goes back ten minutes."""
    previous, out = GENESIS, []
    for seq in range(lines):
        wall = 1_800_000_000 + seq / 2 - (600 if setback is not None and seq >= setback else 0)
        data = encode_data({"text": "x" * text, "path": path.name})
        line = Line(1, seq, stamp(wall), seq / 2, "x", "engine", data, previous)
        out.append(encode(line))
        previous = digest(out[-1])
    path.write_bytes(b"".join(raw + b"\n" for raw in out))
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return make(tmp_path / "journal.jsonl")


def state(journal: Path, position: Position, start: tuple[int, int] = (0, 0)) -> int:
    """The last line before the first one that the position does not admit, looked for from `start`."""
    last = start[1] - 1
    with JournalReader(journal) as reader:
        reader.seek(start[0], start[1] - 1)
        while entries := reader.poll():
            for entry in entries:
                if not position.admits(entry.line):
                    return last
                last = entry.line.seq
    return last


@pytest.mark.parametrize("setback", [None, 1000])
def test_a_seek_never_misses_and_is_near(tmp_path: Path, setback: int | None) -> None:
    journal = make(tmp_path / "journal.jsonl", setback=setback)
    index = Index.load_or_build(journal)
    positions = [Position("seq", n) for n in (0, 1, 255, 256, 257, 1999, 9999)]
    positions += [Position("mono", n) for n in (0, 0.4, 128, 500.2, 1e9)]
    positions += [Position("at", time=stamp(1_800_000_000 + n)) for n in (-5, 0, 100, 450, 499, 505, 800, 1e6)]
    for position in positions:
        start = index.seek(position)
        assert state(journal, position, start) == state(journal, position)
        assert state(journal, position) - start[1] < EVERY_LINES or position.by == "at"


def test_points_are_dense_enough(tmp_path: Path, journal: Path) -> None:
    assert [point.seq for point in Index.load_or_build(journal).points] == list(range(0, 2000, EVERY_LINES))
    big = Index.load_or_build(make(tmp_path / "big.jsonl", 200, 9000))
    gaps = [b.offset - a.offset for a, b in zip(big.points, big.points[1:], strict=False)]
    assert gaps and all(EVERY_BYTES <= gap < EVERY_BYTES + 10_000 for gap in gaps)


def test_it_is_written_read_and_carried_on(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = Index.load_or_build(journal)
    assert not cache_path(journal).exists()
    Index.load_or_build(journal, write=True)
    assert cache_path(journal) == journal.with_name("index")
    assert cache_path(journal).stat().st_mode & 0o7777 == 0o640
    read: list[int] = []
    add = Index._add

    def noted(self: Index, found: Head, raw: bytes) -> None:
        read.append(found.seq)
        add(self, found, raw)

    monkeypatch.setattr(Index, "_add", noted)
    loaded = Index.load_or_build(journal)
    assert (loaded.points, loaded.lines, loaded.size) == (built.points, 2000, journal.stat().st_size)
    assert read[0] >= 2000 - EVERY_LINES
    writer, _recovered = JournalWriter.open(journal, RunClock.start())
    with writer:
        writer.append_all([("x", {"n": n}) for n in range(600)], durable=False)
    assert loaded.extend() == 600
    assert loaded.points == Index.load_or_build(journal, write=True).points
    cache_path(journal).unlink()
    assert loaded.points == Index.load_or_build(journal).points
    assert loaded.mono == list(scan(journal))[-1].line.mono


@pytest.mark.parametrize(
    "damage", ["another journal", "shorter", "no json", "empty", "link", "offset", "seq", "order", "later format"]
)
def test_one_that_does_not_fit_is_made_again(journal: Path, damage: str) -> None:
    right = Index.load_or_build(journal, write=True).points
    cache = cache_path(journal)
    text = cache.read_text()
    if damage == "another journal":
        whole = journal.read_bytes()
        make(journal.with_name("other.jsonl"))
        Index.load_or_build(journal.with_name("other.jsonl"), write=True)
        cache_path(journal.with_name("other.jsonl")).replace(cache)
        assert whole == journal.read_bytes()
    elif damage == "shorter":
        whole = journal.read_bytes()
        journal.write_bytes(whole[: right[3].offset + 10])
        right = right[:3]
    elif damage == "no json":
        cache.write_text(text[:-5])
    elif damage == "empty":
        cache.write_text("")
    elif damage == "link":
        cache.rename(cache.with_name("elsewhere"))
        cache.symlink_to("elsewhere")
    elif damage == "offset":
        cache.write_text(text.replace(f",{right[2].offset},", f",{right[2].offset + 1},"))
    elif damage == "seq":
        cache.write_text(text.replace("[512,", "[513,"))
    elif damage == "order":
        cache.write_text(text.replace("[256,", "[1256,"))
    elif damage == "later format":
        cache.write_text(text.replace('"index":1', '"index":2'))
    assert Index.load_or_build(journal, write=True).points == right
    assert Index.load_or_build(journal).points == right


def test_it_ends_before_a_line_that_is_none(journal: Path) -> None:
    whole = bytearray(journal.read_bytes())
    bad = Index.load_or_build(journal).points[4]
    whole[bad.offset] = ord("x")
    journal.write_bytes(whole + b'{"torn')
    index = Index.load_or_build(journal)
    assert (index.lines, index.size) == (bad.seq, bad.offset)
    assert index.extend() == 0
    assert index.seek(parse_position("9999")) == (index.points[3].offset, index.points[3].seq)


def test_a_place_that_cannot_be_written_does_without(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "replace", refuse)
    assert len(Index.load_or_build(journal, write=True).points) == 8
    assert [entry.name for entry in journal.parent.iterdir()] == ["journal.jsonl"]
