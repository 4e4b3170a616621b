"""Keys that a finger keeps down. Pure: keys and times in.

A terminal tells nothing of a key's release: a key held down is the same key again, first after the keyboard's delay
(250 to 660 ms), then every 30 ms or so. Whatever follows the same key within `HELD_WITHIN` counts as held.
"""

from __future__ import annotations

HELD_WITHIN = 0.7
"""Seconds: longer than any keyboard's delay before a held key repeats (660 ms is the longest default)."""


class KeyRepeats:
    """Remembers the last key."""

    def __init__(self) -> None:
        self._key = ""
        self._at = float("-inf")

    def held(self, key: str, now: float) -> bool:
        """Whether this key is a repetition of the last one. `now`: seconds of a monotonic clock at its arrival."""
        found = key == self._key and now - self._at < HELD_WITHIN
        self._key, self._at = key, now
        return found


QUICK = 0.2
"""Seconds within which no keyboard repeats yet: 250 ms is the shortest delay."""
PACE = 0.075
"""Seconds between two repetitions at most, as most keyboards are set; a finger's double stroke takes longer."""
MANY = 3
"""So many of one key in a row are a key that is held down, however they come: over a slow line they come bunched."""
KEPT_FOR = 0.2
"""Seconds after which a kept key that nothing has followed is text."""


class OpeningKey:
    """`key` opened the question `at` this time of a monotonic clock; None: something else did."""

    def __init__(self, key: str | None, at: float) -> None:
        self._key = key
        self._last = at
        self._pace = PACE
        self._run: list[float] = []
        self._quick = False
        self._repeating = False
        self._character = ""

    @property
    def kept(self) -> int:
        """How many presses are kept, of which nobody knows yet whether they are text."""
        return 0 if self._quick else len(self._run)

    def press(self, key: str, character: str | None, at: float) -> tuple[int, str, bool]:
        """What a key is: how many characters put in before are to be taken out again, kept text that comes before it,
        and whether the key itself counts."""
        if key != self._key or character is None:
            text, self._key = self.flushed(), None
            return 0, text, True
        gap, self._last = at - self._last, at
        self._character = character
        if self._repeating and gap < self._pace:
            return 0, "", False
        if gap >= HELD_WITHIN:
            # It was released meanwhile.
            text, self._key = self.flushed(), None
            return 0, text, True
        if not self._run:
            self._quick = gap < QUICK and not self._repeating
        self._run.append(at)
        between = [later - earlier for earlier, later in zip(self._run, self._run[1:], strict=False)]
        if len(self._run) >= MANY or (between and not self._quick and between[-1] < self._pace):
            shown = len(self._run) - 1 if self._quick else 0
            self._pace = max(self._pace, 1.6 * max(between))
            self._run, self._quick, self._repeating = [], False, True
            return shown, "", False
        return 0, "", self._quick

    def flushed(self) -> str:
        """What was kept, and is text: nothing has followed that would tell otherwise."""
        text = "" if self._quick else self._character * len(self._run)
        self._run, self._quick = [], False
        return text
