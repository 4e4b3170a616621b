"""The few operations on files that the writer needs, so that a test can make any of them fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tui.files import (
    SAFE,
    closing,
    closing_on_error,
    create_file,
    open_regular,
    reading,
    require_regular,
    sync_directory,
)
from tui.journal.line import MAX_LINE
from tui.said import Said

JOURNAL_MODE = 0o640
RESERVE_MODE = 0o600
SETTLE_BYTES = 4 * 1024 * 1024
PIECE, LARGEST_PIECE = 64 * 1024, 4 * 1024 * 1024
"""Bytes read at once where a line of unknown length is looked for: at first, and at most."""


class JournalIO(Protocol):
    """One journal file, open for appending, and the reserve beside it. Everything raises OSError."""

    def open(self, path: Path, *, create: bool) -> None:
        """Open for appending: with `create` a file that must not exist, else one that must."""

    def size(self) -> int:
        """Bytes in the file now; an error when the file no longer has a name."""

    def write(self, data: bytes | memoryview) -> int:
        """Append once; returns how many bytes were taken, which may be fewer than given."""

    def sync(self) -> None:
        """Everything written so far survives a loss of power when this returns."""

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""

    def rewrite(self, offset: int, data: bytes) -> None:
        """Write over the file's own bytes in place and sync them."""

    def reserve(self, path: Path, size: int) -> None:
        """Hold `size` bytes of the disk in a file of that name, or take an existing one over."""

    def release(self, path: Path) -> None:
        """Give the reserve back; nothing happens when there is none."""

    def close(self) -> None:
        """Close the file; nothing happens when it is not open."""


class FileIO:
    """The real file system."""

    def __init__(self) -> None:
        self._fd = -1
        self._path = Path()

    def open(self, path: Path, *, create: bool) -> None:
        """A regular file only, links not followed; a new one is 0640 whatever the umask, its name durable."""
        flags = os.O_WRONLY | os.O_APPEND
        fd = create_file(path, JOURNAL_MODE, flags) if create else open_regular(path, flags)
        with closing_on_error(fd):
            if create:
                os.fsync(fd)
                sync_directory(path.parent)
        self._fd, self._path = fd, path

    def size(self) -> int:
        """Bytes in the file now; ESTALE when it was removed, for what is written then is lost to everyone."""
        status = os.fstat(self._fd)
        if status.st_nlink == 0:
            raise OSError(errno.ESTALE, Said("the file was removed"), str(self._path))
        return status.st_size

    def write(self, data: bytes | memoryview) -> int:
        """One write(2)."""
        return os.write(self._fd, data)

    def sync(self) -> None:
        """fdatasync: the file's size is part of what it makes durable."""
        os.fdatasync(self._fd)

    def truncate(self, size: int) -> None:
        """ftruncate."""
        os.ftruncate(self._fd, size)

    def rewrite(self, offset: int, data: bytes) -> None:
        """Through a descriptor of its own: with O_APPEND a positioned write goes to the end."""
        with closing(open_regular(self._path, os.O_WRONLY)) as fd:
            view = memoryview(data)
            while view:
                written = os.pwrite(fd, view, offset)
                if written <= 0:
                    raise OSError(errno.EIO, os.strerror(errno.EIO), str(self._path))
                view, offset = view[written:], offset + written
            os.fdatasync(fd)

    def reserve(self, path: Path, size: int) -> None:
        """posix_fallocate, so that the blocks are really held; 0600."""
        with closing(os.open(path, os.O_WRONLY | os.O_CREAT | SAFE, RESERVE_MODE)) as fd:
            try:
                require_regular(fd, path)
                os.fchmod(fd, RESERVE_MODE)
                os.posix_fallocate(fd, 0, size)
                os.fsync(fd)
            except OSError:
                path.unlink(missing_ok=True)
                raise

    def release(self, path: Path) -> None:
        """Unlink; the blocks are free when this returns."""
        path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the descriptor once."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def write_whole(io: JournalIO, data: bytes) -> None:
    """Write all of `data`, however few bytes each write takes; PartialWrite says how many were taken."""
    view = memoryview(data)
    written = 0
    try:
        while written < len(data):
            taken = io.write(view[written:])
            if taken <= 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            written += taken
    except OSError as error:
        raise PartialWrite(written, error) from error


class PartialWrite(Exception):
    """A write that failed after `written` bytes, and why."""

    def __init__(self, written: int, error: OSError) -> None:
        super().__init__(written, error)
        self.written = written
        self.error = error


def is_full(error: OSError) -> bool:
    """Whether the error means that there is no room, which can be given back."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def line_at(fd: int, offset: int = 0) -> bytes | None:
    """The line that begins at this byte, without its newline; None without an end or where it is too long."""
    found, size = b"", PIECE
    while (end := found.find(b"\n")) < 0 and len(found) <= MAX_LINE:
        if not (block := os.pread(fd, size, offset + len(found))):
            return None
        found, size = found + block, min(2 * size, LARGEST_PIECE)
    return found[:end] if end >= 0 else None


def lines_backwards(fd: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The lines that end before byte `end`, the last first: where each begins, and its bytes without the newline. What
    follows the last newline is no line; none is there where longer than a line may be is no newline."""
    rest: bytes | None = None
    start, size = end, PIECE
    while start > 0 and (end - start if rest is None else len(rest)) <= MAX_LINE:
        length = min(size, start)
        start -= length
        block = os.pread(fd, length, start) + (rest or b"")
        stop = block.rfind(b"\n") if rest is None else len(block)
        while (at := block.rfind(b"\n", 0, max(0, stop))) >= 0:
            yield start + at + 1, block[at + 1 : stop]
            stop = at
        rest = block[:stop] if stop >= 0 else None
        size = min(2 * size, LARGEST_PIECE)
    if start == 0 and rest is not None:
        yield 0, rest


def settle(path: Path, io: JournalIO, size: int) -> None:
    """Make durable what an earlier writer may have left in memory only.

    After a failed sync the kernel takes the pages for clean and a further sync succeeds without writing them.
    So the end of the file is written over itself: whatever was not on the disk is dirty again.
    """
    start = max(0, size - SETTLE_BYTES)
    if size:
        with reading(path) as fd:
            tail = os.pread(fd, size - start, start)
        try:
            io.rewrite(start, tail)
        except OSError as error:
            if not is_full(error):
                raise
    io.sync()
