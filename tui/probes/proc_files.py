"""Linux's /proc/stat, meminfo, loadavg, pressure/io and the output of `df -Pk` as a reading. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.journal.remarks import Coded, Remarked
from tui.probes.reading import HostReading, SourceFailed

_LOAD: Final = re.compile(r"^(\d+\.\d+) \d+\.\d+ \d+\.\d+ \d+/\d+ ", re.MULTILINE)
_MEMORY: Final = re.compile(r"^(MemTotal|MemAvailable):\s+(\d+) kB", re.MULTILINE)
_PRESSURE: Final = re.compile(r"^some avg10=(\d+\.\d+) ", re.MULTILINE)
_CPU: Final = re.compile(r"^cpu +([\d ]+)$", re.MULTILINE)
# Of a line of `df -P` only the numbers are certain: names before and after them may hold spaces.
_DF: Final = re.compile(r"^.*?\s(\d+)\s+(\d+)\s+(\d+)\s+\d+%\s+(/.*)$", re.MULTILINE)


def parse(text: str, at: float, host: str) -> HostReading:
    """The reading in these files' contents, one after the other in any order; what is missing stays None.

    Raises SourceFailed where not even the CPU's counters are there.
    """
    cpu = _CPU.search(text)
    if cpu is None:
        raise SourceFailed(Coded(Remarked.PROC_MISSING, host=host))
    # user nice system idle iowait irq softirq steal; guest times are in user and nice already.
    ticks = [float(part) for part in cpu[1].split()[:8]]
    idle = sum(ticks[3:5])
    memory = {name: float(amount) for name, amount in _MEMORY.findall(text)}
    total, available = memory.get("MemTotal"), memory.get("MemAvailable")
    load, disk = _LOAD.search(text), _DF.search(text)
    return HostReading(
        at=at, host=host, cpu_busy=sum(ticks) - idle, cpu_total=sum(ticks),
        memory=None if not total or available is None else 1 - available / total,
        disk_used=None if disk is None else float(disk[2]) * 1024,
        disk_free=None if disk is None else float(disk[3]) * 1024,
        filesystem=None if disk is None else disk[4],
        load=None if load is None else float(load[1]),
        io_pressure=io_pressure(text),
    )  # fmt: skip


def io_pressure(text: str) -> float | None:
    """The share of time in which something waited for the disk, in what pressure/io holds."""
    pressure = _PRESSURE.search(text)
    return None if pressure is None else float(pressure[1]) / 100
