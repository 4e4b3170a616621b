"""One look at a host as counters and sizes, and the figures that two looks make. Pure."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from tui.said import Said


class SourceFailed(Exception):
    """A source has no answer: its own words, or a `Coded`, without secrets."""


class HostReading(Struct, frozen=True, kw_only=True):
    """What a source saw; None is what it could not see.

    `at`: seconds of a monotonic clock of ours. `host`: the measured host's own name. `cpu_busy` and `cpu_total` count
    in one unit, whichever, since some moment. `memory`: share in use. Disk: bytes of the data directory's filesystem,
    `disk_free` as an ordinary account may use it; `filesystem` tells it from others of the host. `io_pressure`: share
    of the last ten seconds in which something waited for I/O; `io_stalled`: the same as seconds since some moment,
    where only that is known.
    """

    at: float
    host: str
    cpu_busy: float | None = None
    cpu_total: float | None = None
    memory: float | None = None
    disk_used: float | None = None
    disk_free: float | None = None
    filesystem: str | None = None
    load: float | None = None
    io_pressure: float | None = None
    io_stalled: float | None = None


class ReadingSource(Protocol):
    """Somewhere to get readings from. `kind` as in the plan."""

    kind: str

    @property
    def where(self) -> str | Said:
        """Its name for sentences, without secrets."""

    @property
    def patience(self) -> float:
        """Seconds that the next `read` may take before it counts as failed."""

    async def read(self) -> HostReading:
        """A reading of now. Raises SourceFailed; may be cancelled at any moment."""

    async def close(self) -> None:
        """Let go of connections and processes; `read` opens them again."""


def figures(now: HostReading, before: HostReading | None) -> dict[str, float]:
    """Metrics by name: `cpu`, `memory`, `disk`, `io_pressure_share` as shares of one, `disk_free`, `load`.

    The CPU's share needs a reading before; counters that went back (another boot) make none.
    """
    found: dict[str, float | None] = {
        "cpu": _rate(now, before, "cpu_busy", "cpu_total"),
        "memory": now.memory,
        "disk_free_bytes": now.disk_free,
        "disk_free": now.disk_free,
        "load": now.load,
        "io_pressure_share": now.io_pressure,
    }
    if now.disk_used is not None and now.disk_free is not None and now.disk_used + now.disk_free > 0:
        found["disk"] = now.disk_used / (now.disk_used + now.disk_free)
    if now.io_pressure is None:
        found["io_pressure_share"] = _rate(now, before, "io_stalled", "at")
    return {name: value for name, value in found.items() if value is not None}


def _rate(now: HostReading, before: HostReading | None, part: str, whole: str) -> float | None:
    """Growth of one counter by growth of another, between 0 and 1."""
    if before is None or before.host != now.host:
        return None
    parts, wholes = (getattr(now, part), getattr(before, part)), (getattr(now, whole), getattr(before, whole))
    if None in (*parts, *wholes):
        return None
    grown, by = parts[0] - parts[1], wholes[0] - wholes[1]
    if by <= 0 or grown < 0:
        return None
    return float(min(1.0, grown / by))
