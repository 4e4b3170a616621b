"""A cache for seeking: where every few hundredth line starts. Never the truth; the journal is."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import msgspec

from tui.journal.io import JOURNAL_MODE, open_for_reading, reading
from tui.journal.line import MAX_LINE, Head, LineError, digest, head
from tui.journal.position import Position

FORMAT = 1
EVERY_LINES = 256
EVERY_BYTES = 256 * 1024
CHUNK = 4 * 1024 * 1024
_PROBE = 512


class Point(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Line `seq` starts at byte `offset`; `mono` is its time, `at` the latest wall-clock time up to it."""

    seq: int
    offset: int
    mono: float
    at: str


class _File(msgspec.Struct, frozen=True):
    """What stands in the file; keys it does not know are left to later versions."""

    index: int
    first: str
    points: list[Point]


class Index:
    """Points along one journal, at least every 256 lines or 256 KiB. Made by `load_or_build`."""

    def __init__(self, journal_path: Path) -> None:
        self.journal_path = journal_path
        self.points: list[Point] = []
        self._first = ""
        self._lines = 0
        self._size = 0
        self._mono = 0.0
        self._at = ""

    @classmethod
    def load_or_build(cls, journal_path: Path | str, write: bool = False) -> Index:
        """The cached index if it fits the journal, carried on to the journal's end; else a new one.

        `write` saves what was added. OSError when the journal cannot be read; a cache that cannot be read or
        written is done without.
        """
        path = Path(journal_path)
        index = cls(path)
        with reading(path) as fd:
            cached = _load(cache_path(path))
            if cached is not None and _fits(cached, fd):
                # What followed the last point is read again, so that the file need not be trusted about it.
                *index.points, last = cached.points
                index._first, index._lines, index._size = cached.first, last.seq, last.offset
                index._mono, index._at = last.mono, last.at
        index.extend()
        if write and (cached is None or index.points != cached.points):
            index.save()
        return index

    @property
    def lines(self) -> int:
        """How many lines are covered."""
        return self._lines

    @property
    def size(self) -> int:
        """How many bytes of the journal are covered."""
        return self._size

    @property
    def mono(self) -> float:
        """Seconds since opening of the last line covered."""
        return self._mono

    def extend(self) -> int:
        """Cover the lines that came since; returns how many. Stops without a word at one that is none."""
        before = self._lines
        rest = b""
        with reading(self.journal_path) as fd:
            while chunk := os.pread(fd, CHUNK, self._size + len(rest)):
                rest = self._take(rest + chunk if rest else chunk)
                if len(rest) > MAX_LINE or b"\n" in rest:
                    break
        return self._lines - before

    def seek(self, position: Position) -> tuple[int, int]:
        """(offset, seq) of the last known line that the position admits, all lines before it admitted too.

        The line that the position ends at is looked for from there; (0, 0) when nothing nearer is known.
        """
        low, high = 0, len(self.points)
        while low < high:
            middle = (low + high) // 2
            if position.admits(self.points[middle]):
                low = middle + 1
            else:
                high = middle
        return (self.points[low - 1].offset, self.points[low - 1].seq) if low else (0, 0)

    def save(self) -> bool:
        """Put the cache beside the journal, whole or not at all; False when that is not possible here."""
        data = msgspec.json.encode(_File(index=FORMAT, first=self._first, points=self.points))
        target = cache_path(self.journal_path)
        temporary = target.with_name(f".index.{os.getpid()}")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(temporary, flags, JOURNAL_MODE)
            try:
                with os.fdopen(fd, "wb") as file:
                    os.fchmod(fd, JOURNAL_MODE)
                    file.write(data)
                temporary.replace(target)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        except OSError:
            return False
        return True

    def _take(self, block: bytes) -> bytes:
        """Cover the block's whole lines; the rest, which starts with a bad line if it holds a newline."""
        start = 0
        while (end := block.find(b"\n", start)) >= 0:
            raw = block[start:end]
            try:
                found = head(raw)
            except LineError:
                break
            if found.seq != self._lines:
                break
            self._add(found, raw)
            start = end + 1
        return block[start:]

    def _add(self, found: Head, raw: bytes) -> None:
        if not self._lines:
            self._first = digest(raw)
        self._at = max(self._at, found.at)
        self._mono = found.mono
        last = self.points[-1] if self.points else None
        if last is None or found.seq - last.seq >= EVERY_LINES or self._size - last.offset >= EVERY_BYTES:
            self.points.append(Point(found.seq, self._size, found.mono, self._at))
        self._lines += 1
        self._size += len(raw) + 1


def cache_path(journal_path: Path) -> Path:
    """`index` beside `journal.jsonl`; beside a journal of another name it carries that name too."""
    return journal_path.with_name("index" if journal_path.stem == "journal" else f"{journal_path.stem}.index")


def _load(path: Path) -> _File | None:
    try:
        fd = open_for_reading(path)
        with os.fdopen(fd, "rb") as file:
            cached = msgspec.json.decode(file.read(), type=_File)
    except (OSError, ValueError):
        return None
    return cached if cached.index == FORMAT else None


def _fits(cached: _File, fd: int) -> bool:
    """Whether the first line and every point agree with the journal as it is."""
    points = cached.points
    if not points or points[-1].offset >= os.fstat(fd).st_size:
        return False
    first = _line_at(fd, 0)
    if first is None or digest(first) != cached.first or points[0].offset != 0 or points[0].seq != 0:
        return False
    ordered = all(
        a.seq < b.seq and a.offset < b.offset and a.mono <= b.mono and a.at <= b.at
        for a, b in itertools.pairwise(points)
    )
    return ordered and all(_starts(fd, point) for point in points)


def _starts(fd: int, point: Point) -> bool:
    """Whether the point's line starts there, judged by its first bytes as the writer writes them."""
    before = min(point.offset, 1)
    probe = os.pread(fd, _PROBE, point.offset - before)
    if before and probe[:1] != b"\n":
        return False
    return probe[before:].startswith(b'{"v":') and f',"seq":{point.seq},"at":"'.encode() in probe[:64]


def _line_at(fd: int, offset: int) -> bytes | None:
    length = 64 * 1024
    while length <= 2 * MAX_LINE:
        block = os.pread(fd, length, offset)
        end = block.find(b"\n")
        if end >= 0:
            return block[:end]
        if len(block) < length:
            return None
        length *= 4
    return None
