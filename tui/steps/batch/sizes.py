"""How many rows a batch has: as many as take the time that is wanted, fewer where somebody suffers. Pure."""

from __future__ import annotations

from typing import Final

FIRST: Final = 2000
_LEAST: Final = 100
_MOST: Final = 2_000_000
_FASTER: Final = 4.0
_SLOWER: Final = 0.25
"""So much may a batch grow or shrink at once."""
_GENTLE: Final = 0.25
"""Share of the time that a batch takes where somebody suffers."""
_NEARLY: Final = 0.9


class Size:
    """`rows` of the next batches; `target`: seconds that one should take."""

    def __init__(self, target: float) -> None:
        self._target = target
        self._least = _LEAST
        self.rows = FIRST

    def took(self, seconds: float, rows: int, gently: bool) -> None:
        """What the last round took, whose longest batch had so many rows."""
        goal = self._target * (_GENTLE if gently else 1.0)
        factor = min(_FASTER, max(_SLOWER, goal / max(seconds, 0.001)))
        self.rows = int(min(_MOST, max(self._least, min(rows, self.rows) * factor)))

    def too_slow(self, seconds: float, limit: float | None, rows: int) -> bool:
        """Whether a batch that was cancelled was too large for the time that one may take; then the next ones are a
        quarter of it. A single row that takes too long is none."""
        if not limit or seconds < _NEARLY * limit or rows <= 1:
            return False
        self.rows = max(1, int(rows * _SLOWER))
        self._least = min(self._least, self.rows)
        return True
