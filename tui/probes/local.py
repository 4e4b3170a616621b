"""Figures of this very host. Used only where the plan says `local: true`, or the database is proved to run here."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from tui.journal.remarks import Coded, Remarked
from tui.probes.proc import parse
from tui.probes.reading import Reading, SourceFailed
from tui.probes.thread import apart

_FILES = tuple(Path("/proc", name) for name in ("stat", "meminfo", "loadavg", "pressure/io"))
DISK_EVERY = 10.0


class LocalHost:
    """Reads /proc and, every ten seconds, the filesystem of `directory()` (absolute, or None while unknown)."""

    kind = "local"

    def __init__(self, directory: Callable[[], str | None]) -> None:
        self.where = Coded(Remarked.THIS_HOST)
        self._directory = directory
        self._disk: tuple[float, float] | None = None
        self._asked: str | None = None
        self._asked_at = 0.0
        self._looking: asyncio.Task[tuple[float, float] | None] | None = None

    @property
    def patience(self) -> float:
        return 2.0

    async def read(self) -> Reading:
        """See Source. A filesystem that hangs costs the disk's figures only."""
        now = time.monotonic()
        reading = parse("".join(map(_content, _FILES)), now, os.uname().nodename)
        await self._look_at_disk(now)
        if self._disk is None:
            return reading
        return replace(reading, disk_used=self._disk[0], disk_free=self._disk[1])

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _look_at_disk(self, now: float) -> None:
        place = self._directory()
        due = place != self._asked or now - self._asked_at >= DISK_EVERY
        if self._looking is None and place is not None and due:
            self._asked, self._asked_at, self._disk = place, now, None
            self._looking = asyncio.ensure_future(apart(lambda: disk_of(place)))
        if self._looking is None:
            return
        await asyncio.wait({self._looking}, timeout=0.5)
        if self._looking.done():
            self._disk, self._looking = self._looking.result(), None


def disk_of(place: str) -> tuple[float, float] | None:
    """Bytes used and free (for ordinary accounts) on the filesystem of a directory, or of the nearest one above it that
    may be looked at; None when there is none of this name here."""
    directory = Path(place)
    while True:
        try:
            found = os.statvfs(directory)
        except PermissionError:
            if directory == directory.parent:
                return None
            directory = directory.parent
        except OSError:
            return None
        else:
            size = found.f_frsize
            return float((found.f_blocks - found.f_bfree) * size), float(found.f_bavail * size)


def _content(path: Path) -> str:
    """A missing file is none: kernels without pressure figures have no pressure/io."""
    try:
        return path.read_text("ascii", "replace")
    except FileNotFoundError as error:
        if path.name == "stat":
            raise SourceFailed(Coded(Remarked.PROC_MISSING_HERE)) from error
        return ""
    except OSError:
        return ""
