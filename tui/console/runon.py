"""Text that runs on behind a key that opened nothing. Pure: keys and times in.

Who presses `s` and types what was seen has not looked up yet when the question does not come. The letters would be
commands: `h` holds, `x` executes, `q` leaves.
"""

from __future__ import annotations

PAUSE = 1.0
"""Seconds without a key after which a letter is a command again."""


class RunOn:
    """From a refused key on until there was a pause, or Esc."""

    def __init__(self) -> None:
        self._last: float | None = None

    def begins(self, now: float) -> None:
        """A key was refused that may open a question. `now`: seconds of a monotonic clock at its arrival."""
        self._last = now

    def takes(self, key: str, character: str | None, now: float) -> bool:
        """Whether this key is text of which nothing is done."""
        if self._last is None:
            return False
        if key == "escape" or now - self._last >= PAUSE:
            self._last = None
            return False
        if key != "enter" and (character is None or not character.isprintable()):
            return False
        self._last = now
        return True
