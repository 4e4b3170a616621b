"""How much text may go into the journal: at most 1 MiB in any second, from all outputs and logs of a run together."""

from __future__ import annotations

import time
from typing import Final

TEXT_RATE: Final = 1 << 20
"""Bytes of text that the journal takes in any one second at most."""
_BURST: Final = 384 << 10
_REFILL: Final = 512 << 10
_LAST: Final = 32 << 10


class TextBudget:
    """A bucket that is filled by the clock. Whatever second one looks at, at most a full bucket and what flowed in
    during it goes out; together that stays below TEXT_RATE with room for writes that come late."""

    def __init__(self) -> None:
        self._level = float(_BURST)
        self._at = time.monotonic()

    def level(self, *, last: bool = False) -> int:
        """Bytes that may be spent now. The `last` of an output may use what is kept back for it: errors stand there."""
        now = time.monotonic()
        self._level = min(float(_BURST), self._level + (now - self._at) * _REFILL)
        self._at = now
        return max(0, int(self._level) - (0 if last else _LAST))

    def spend(self, amount: int) -> None:
        """Take this many bytes out."""
        self._level -= amount
