"""The run's clock: counts suspend, never steps back, goes on across restarts and boots."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from tui.processid import boot_id

STEP_SECONDS = 2.0


class TimeSource(Protocol):
    """The machine's clocks; tests bring their own."""

    def boottime(self) -> float:
        """Seconds since boot, suspend included."""

    def wall(self) -> float:
        """Seconds since 1970 in UTC."""

    def boot_id(self) -> str:
        """Names this boot of this machine; empty when unknown."""


class SystemTime:
    """Linux's clocks."""

    def boottime(self) -> float:
        """CLOCK_BOOTTIME."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wall(self) -> float:
        """CLOCK_REALTIME."""
        return time.time()

    def boot_id(self) -> str:
        """The kernel's random id of this boot."""
        try:
            return boot_id()
        except OSError:
            return ""


class RunClock:
    """Seconds since the run's opening. Thread safe."""

    def __init__(self, mono: float, boottime: float, source: TimeSource, floor: float) -> None:
        """At `boottime` the run was `mono` seconds old; no value below `floor` is ever given."""
        self._source = source
        self._mono = mono
        self._boottime = boottime
        self._last = floor
        self._lock = threading.Lock()
        self._wall_offset = source.wall() - source.boottime()

    @classmethod
    def start(cls, source: TimeSource | None = None) -> RunClock:
        """A clock at zero: the run opens now."""
        source = source or SystemTime()
        return cls(0.0, source.boottime(), source, 0.0)

    @classmethod
    def resume(
        cls,
        last_mono: float,
        last_at: str,
        boot_id: str | None,
        anchor: Mapping[str, Any] | None,
        source: TimeSource | None = None,
    ) -> RunClock:
        """Go on after the journal's last line (`last_mono` seconds, `last_at` RFC 3339).

        `anchor` is the last one journaled, `boot_id` the boot it was taken in (None: the anchor's own word is
        enough). In that same boot the time since the anchor counts; otherwise, and without an anchor, what
        the wall clock says has passed since the last line, and never less than nothing.
        """
        source = source or SystemTime()
        boottime = source.boottime()
        current = source.boot_id()
        whole = anchor is not None and {"boot_id", "boottime", "mono"} <= anchor.keys()
        if anchor is not None and whole and current and current == anchor["boot_id"] == (boot_id or current):
            return cls(float(anchor["mono"]), float(anchor["boottime"]), source, last_mono)
        passed = source.wall() - datetime.fromisoformat(last_at).timestamp()
        return cls(last_mono + max(0.0, passed), boottime, source, last_mono)

    def now(self) -> tuple[str, float]:
        """The wall clock's time for people, and the seconds since opening, in whole microseconds."""
        with self._lock:
            return stamp(self._source.wall()), self._advance()

    def anchor(self) -> dict[str, Any]:
        """What a later `resume` in the same boot needs: `boot_id`, and `mono` at `boottime`, both seconds."""
        with self._lock:
            mono = self._advance()
            # Derived from `mono`, not read again, so that both name the same moment.
            boottime = self._boottime + (mono - self._mono)
            return {"boot_id": self._source.boot_id(), "boottime": round(boottime, 6), "mono": mono}

    def stepped(self) -> float | None:
        """Seconds the wall clock was set forward (or back) since the last one reported, if more than two."""
        with self._lock:
            offset = self._source.wall() - self._source.boottime()
            jump = offset - self._wall_offset
            if abs(jump) <= STEP_SECONDS:
                return None
            self._wall_offset = offset
            return round(jump, 6)

    def _advance(self) -> float:
        mono = round(self._mono + self._source.boottime() - self._boottime, 6)
        self._last = max(self._last, mono)
        return self._last


def stamp(wall: float) -> str:
    """RFC 3339 in UTC with microseconds and `Z`, from seconds since 1970."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
