"""Keys that a finger keeps down. Pure: keys and times in.

A terminal tells nothing of a key's release: a key held down is the same key again, first after the keyboard's delay
(250 to 660 ms), then every 30 ms or so. Whatever follows the same key within `HELD_WITHIN` counts as held.
"""

from __future__ import annotations

HELD_WITHIN = 0.7
"""Seconds: longer than any keyboard's delay before a held key repeats (660 ms is the longest default)."""


class Repeats:
    """Remembers the last key."""

    def __init__(self) -> None:
        self._key = ""
        self._at = float("-inf")

    def held(self, key: str, now: float) -> bool:
        """Whether this key is a repetition of the last one. `now`: seconds of a monotonic clock at its arrival."""
        found = key == self._key and now - self._at < HELD_WITHIN
        self._key, self._at = key, now
        return found
