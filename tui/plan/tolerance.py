"""For how long a step may go without an answer from its server before its connection is given up."""

from __future__ import annotations

from typing import Final

BRIEF: Final = 9.0
"""Seconds where locks are held that the application waits for: whoever holds them must be gone soon."""
PATIENT: Final = 120.0
"""Seconds where nobody waits for what it holds (concurrent index builds, VALIDATE, VACUUM, dumps): a network that is
away for a moment must not end hours of work."""
SHORTEST: Final = 1.0
"""What a step may say at least: less than that any busy network is silent for."""


def tolerance(said: float | None, patient: bool) -> float:
    """What holds for a step that says `said`, or nothing. `patient`: nobody waits for what it holds."""
    if said is not None:
        return said
    return PATIENT if patient else BRIEF
