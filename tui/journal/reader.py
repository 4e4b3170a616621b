"""Reading the journal: what is there, and what comes, by polling; no locks, nothing written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tui.files import open_regular
from tui.journal.chain import Chain, Fault
from tui.journal.failure import JournalCorrupt
from tui.journal.line import MAX_LINE, Line, LineError, decode
from tui.said import Said, said_of

CHUNK = 4 * 1024 * 1024


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A line where it stands: `offset` in bytes from the file's start, `raw` its bytes without newline."""

    offset: int
    raw: bytes
    line: Line


class JournalReader:
    """Reads one journal file from a place of its own. OSError when the path is no regular file, or a link."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._fd = open_regular(self.path)
        self._offset = 0
        self._next = 0
        self._chain = Chain()

    @property
    def fault(self) -> Fault | None:
        """The first line read that does not follow the one before it: what is read from there on was not written so."""
        return self._chain.fault

    @property
    def offset(self) -> int:
        """Where the next line to be delivered starts."""
        return self._offset

    def seek(self, offset: int, prev_seq: int) -> None:
        """Go on at a line's start, `prev_seq` being the line before it (-1 at the start of the file)."""
        self._offset, self._next = offset, prev_seq + 1
        self._chain.restart(prev_seq)

    def poll(self, limit_bytes: int = CHUNK) -> list[Entry]:
        """The complete lines that came since the last call, about `limit_bytes` of them at most.

        What follows the last newline is held back: it does not exist yet. A line that is none raises
        JournalCorrupt, but only once everything before it was delivered.
        """
        block = self._block(limit_bytes)
        entries: list[Entry] = []
        offset, start = self._offset, 0
        while (end := block.find(b"\n", start)) >= 0:
            raw = block[start:end]
            try:
                line = decode(raw)
                self._require_next(line)
            except (LineError, JournalCorrupt) as error:
                if entries:
                    break
                if self._changed(offset, raw):
                    return self.poll(limit_bytes)
                if isinstance(error, JournalCorrupt):
                    raise
                raise JournalCorrupt(self.path, self._next, offset, said_of(error)) from error
            entries.append(Entry(offset, raw, line))
            self._chain.take(raw, line.prev)
            start = end + 1
            offset = self._offset + start
            self._next += 1
        self._offset = offset
        return entries

    def entries(self) -> Iterator[Entry]:
        """Every complete line that is in the file now, from here on; raises as `poll`."""
        while entries := self.poll():
            yield from entries

    def require_same(self) -> None:
        """Raises JournalCorrupt when the path no longer names the file that is read: it was moved or replaced."""
        held = os.fstat(self._fd)
        try:
            named = self.path.stat(follow_symlinks=False)
        except OSError as error:
            reason = Said("its file is gone: {reason}.", reason=error.strerror)
            raise JournalCorrupt(self.path, self._next, self._offset, reason) from error
        if (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino):
            reason = Said("another file has its name now; open the run again.")
            raise JournalCorrupt(self.path, self._next, self._offset, reason)

    def close(self) -> None:
        """Close the file; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _block(self, limit: int) -> bytes:
        size = os.fstat(self._fd).st_size
        if size < self._offset:
            raise JournalCorrupt(
                self.path, self._next, size, Said("the file became shorter than what was already read from it.")
            )
        while size > self._offset:
            block = os.pread(self._fd, min(limit, size - self._offset), self._offset)
            if b"\n" in block or len(block) < limit:
                return block
            if limit > MAX_LINE:
                raise JournalCorrupt(self.path, self._next, self._offset, Said("the line does not end."))
            limit *= 2
        return b""

    def _require_next(self, line: Line) -> None:
        if line.seq != self._next:
            reason = Said("its number is {found}.", found=line.seq)
            raise JournalCorrupt(self.path, self._next, self._offset, reason)

    def _changed(self, offset: int, raw: bytes) -> bool:
        """Whether the bytes are others by now: a torn tail was cut and written over while it was read."""
        return os.pread(self._fd, len(raw) + 1, offset) != raw + b"\n"


def scan(path: Path | str) -> Iterator[Entry]:
    """Every complete line that is in the file now; JournalCorrupt after the last good one."""
    with JournalReader(path) as reader:
        yield from reader.entries()


def read_all(path: Path | str) -> list[Line]:
    """Every complete line that is in the file now."""
    return [entry.line for entry in scan(path)]
