"""Figures of this very host. Used only where the plan says `local: true`, or the database is proved to run here."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from tui.journal.remarks import Coded, Remarked
from tui.probes.proc_files import io_pressure
from tui.probes.reading import HostReading, SourceFailed
from tui.probes.tasks import apart

_PRESSURE = Path("/proc/pressure/io")
DISK_EVERY = 10.0


class LocalHost:
    """Asks the kernel and, every ten seconds, the filesystem of `directory()` (absolute, or None while unknown)."""

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

    async def read(self) -> HostReading:
        """See Source. A filesystem that hangs costs the disk's figures only."""
        now = time.monotonic()
        reading = _reading(now)
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
    import psutil

    directory = Path(place)
    while True:
        try:
            found = psutil.disk_usage(str(directory))
        except PermissionError:
            if directory == directory.parent or _mounted_below(directory, place):
                return None
            directory = directory.parent
        except OSError:
            return None
        else:
            return float(found.used), float(found.free)


def _mounted_below(directory: Path, place: str) -> bool:
    """Whether another filesystem is mounted on the way from a directory that may not be looked at to a place in it."""
    import psutil

    mounts = (Path(each.mountpoint) for each in psutil.disk_partitions(all=True))
    return any(Path(place).is_relative_to(mount) and mount.is_relative_to(directory) for mount in mounts)


def filesystem_of(place: str) -> str | None:
    """What tells the filesystem of a place, or of the nearest one above it that may be looked at, from others of this
    host; None where that cannot be known."""
    directory = Path(place)
    while True:
        try:
            return f"device {directory.stat().st_dev}"
        except (FileNotFoundError, PermissionError):
            if directory == directory.parent or _mounted_below(directory, place):
                return None
            directory = directory.parent
        except OSError:
            return None


def _reading(at: float) -> HostReading:
    import psutil

    try:
        cpu, memory = psutil.cpu_times(), psutil.virtual_memory()
    except OSError as error:
        raise SourceFailed(Coded(Remarked.PROC_MISSING_HERE)) from error
    # Guest times are in user and nice already.
    total = sum(cpu[:8])
    return HostReading(
        at=at, host=os.uname().nodename, cpu_busy=total - cpu.idle - cpu.iowait, cpu_total=total,
        memory=1 - memory.available / memory.total, load=round(os.getloadavg()[0], 2), io_pressure=_pressure(),
    )  # fmt: skip


def _pressure() -> float | None:
    """Kernels without such figures have no such file."""
    try:
        return io_pressure(_PRESSURE.read_text("ascii", "replace"))
    except OSError:
        return None
