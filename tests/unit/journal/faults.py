"""A disk for the journal that fails when it is told to, and forgets what was not synced."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from tui.journal.clock import RunClock
from tui.journal.io import FileIO
from tui.journal.line import Line
from tui.journal.writer import JournalWriter


@dataclass
class Disk:
    """What one file's disk holds, whoever has it open: `durable` bytes, the rest is in memory only."""

    durable: int = 0
    capacity: int | None = None
    reserved: int = 0
    poisoned: bool = False
    """A sync failed: the kernel takes what was not written for clean, and later syncs pass it over."""
    calls: list[str] = field(default_factory=list)

    def lose_power(self, path: Path) -> None:
        """Everything that was not synced is gone."""
        os.truncate(path, self.durable)
        self.poisoned = False


class FaultIO(FileIO):
    """The real file system, with the N-th write or sync (from 1) failing: whole, or torn after `tear` bytes."""

    def __init__(
        self,
        disk: Disk | None = None,
        *,
        fail_write: int = 0,
        fail_sync: int = 0,
        error: int = errno.EIO,
        tear: int = 0,
        at_most: int | None = None,
    ) -> None:
        super().__init__()
        self.disk = disk or Disk()
        self.fail_write, self.fail_sync = fail_write, fail_sync
        self.error, self.tear, self.at_most = error, tear, at_most
        self.writes = self.syncs = 0

    def write(self, data: bytes | memoryview) -> int:
        self.disk.calls.append("write")
        self.writes += 1
        if self.writes == self.fail_write:
            if self.tear:
                self.fail_write += 1
                tear, self.tear = self.tear, 0
                return super().write(memoryview(data)[:tear])
            raise OSError(self.error, os.strerror(self.error))
        if self.at_most is not None:
            data = memoryview(data)[: self.at_most]
        if self.disk.capacity is not None:
            room = self.disk.capacity - self.disk.reserved - self.size()
            if room <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = memoryview(data)[:room]
        return super().write(data)

    def sync(self) -> None:
        self.disk.calls.append("sync")
        self.syncs += 1
        if self.syncs == self.fail_sync:
            self.disk.poisoned = True
            raise OSError(self.error, os.strerror(self.error))
        super().sync()
        if not self.disk.poisoned:
            self.disk.durable = self.size()

    def truncate(self, size: int) -> None:
        self.disk.calls.append("truncate")
        super().truncate(size)
        self.disk.durable = min(self.disk.durable, size)

    def rewrite(self, offset: int, data: bytes) -> None:
        super().rewrite(offset, data)
        if offset <= self.disk.durable:
            self.disk.durable = offset + len(data)
            self.disk.poisoned = False

    def reserve(self, path: Path, size: int) -> None:
        if self.disk.capacity is not None and self.disk.capacity < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().reserve(path, size)
        self.disk.reserved = size

    def release(self, path: Path) -> None:
        super().release(path)
        self.disk.reserved = 0


def record(path: Path, lines: int = 60, io: FileIO | None = None) -> list[Line]:
    """A journal of events of several shapes and lengths."""
    written = []
    with JournalWriter.create(path, RunClock.start(), io) as writer:
        for number in range(lines):
            written.append(writer.append("step.output", {"n": number, "text": "é" * (number % 7)}))
    return written
