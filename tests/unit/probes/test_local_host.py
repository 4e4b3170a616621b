"""Figures of this host: what psutil measures is what the kernel's files say, which are read of other hosts."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from msgspec.structs import replace

from tests.unit.probes.test_proc_files import STAT
from tui.probes.local_host import _reading, disk_of
from tui.probes.proc_files import parse
from tui.probes.reading import figures
from tui.processid import start_time

_MEMINFO = "".join(
    f"{name}: {amount} kB\n"
    for name, amount in {
        "MemTotal": 8000000, "MemFree": 100000, "MemAvailable": 2000000, "Buffers": 1, "Cached": 2, "SReclaimable": 3,
        "Shmem": 4, "Active": 5, "Inactive": 6, "Slab": 7,
    }.items()
)  # fmt: skip
# What waits for the disk is idle, what was stolen is busy, guests are counted already.
_LATER = STAT.replace("cpu  100 10 50 800 40 0 0 0 7 0", "cpu  130 10 60 830 60 2 3 5 17 0")


def test_it_measures_what_the_files_of_another_host_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    (tmp_path / "meminfo").write_text(_MEMINFO)
    readings = []
    for at, stat in ((1.0, STAT), (2.0, _LATER)):
        (tmp_path / "stat").write_text(stat)
        ours, theirs = _reading(at), parse(stat + _MEMINFO, at, os.uname().nodename)
        readings.append((ours, replace(theirs, load=ours.load, io_pressure=ours.io_pressure)))
    (first, told_first), (second, told) = readings
    assert figures(second, first) == pytest.approx(figures(told, told_first))
    assert figures(second, first)["cpu"] == pytest.approx(0.5)


def test_it_measures_this_host(tmp_path: Path) -> None:
    def told() -> str:
        return "".join(Path("/proc", name).read_text() for name in ("stat", "meminfo", "loadavg"))

    before, ours, after = parse(told(), 0.0, ""), _reading(0.0), parse(told(), 0.0, "")
    assert before.cpu_total and after.cpu_total and ours.cpu_total
    assert before.cpu_total <= ours.cpu_total * os.sysconf("SC_CLK_TCK") + 1 and ours.cpu_total <= after.cpu_total
    assert ours.memory == pytest.approx(before.memory, abs=0.05)
    assert ours.load == pytest.approx(after.load, abs=0.02)
    found, disk = os.statvfs(tmp_path), disk_of(str(tmp_path))
    assert disk is not None and sum(disk) == pytest.approx(
        (found.f_blocks - found.f_bfree + found.f_bavail) * found.f_frsize, rel=0.01
    )


def test_when_a_process_started_does_not_move_with_the_clock() -> None:
    ticks = start_time(os.getpid())
    assert ticks is not None
    began = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")
    assert began == pytest.approx(psutil.Process().create_time(), abs=1.1)


def test_what_is_mounted_below_a_directory_that_is_closed_is_not_taken_for_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: str) -> object:
        if path.startswith(str(tmp_path / "closed")):
            raise PermissionError
        return os_usage(path)

    os_usage = psutil.disk_usage
    monkeypatch.setattr(psutil, "disk_usage", closed)
    place = str(tmp_path / "closed" / "wal" / "x")
    assert disk_of(place) is not None, "nothing is mounted below it"
    mounted = SimpleNamespace(mountpoint=str(tmp_path / "closed" / "wal"))
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [mounted])
    assert disk_of(place) is None
    assert disk_of(str(tmp_path / "closed" / "other")) is not None
