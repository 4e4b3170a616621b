"""For how long a step was at work, where somebody saw its end. Pure.

An engine that comes back hours later finds what was committed while nobody looked: between beginning and outcome lie
hours in which nothing was done. And an attempt that goes on where another one had come to does the rest alone. Neither
says how long the step takes.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.run.steps import StepState

Unsure = Literal["unseen", "resumed"]
"""Why it is not the time that the step takes: it is the most that it can have been, for its end was not seen; or it is
the time of the rest."""


class Lasted(Struct, frozen=True):
    """Seconds between beginning and outcome of the latest attempt, and what they are instead of its duration."""

    seconds: float
    unsure: Unsure | None = None


def lasted(at: StepState) -> Lasted | None:
    """Of an attempt that has ended; None of one that has not, or that was never begun."""
    if at.started is None or at.ended is None:
        return None
    return Lasted(at.ended - at.started, "unseen" if at.unseen else "resumed" if at.resumed else None)


def duration(at: StepState) -> float | None:
    """Seconds that the whole step took; None where nobody knows."""
    found = lasted(at)
    return None if found is None or found.unsure is not None else found.seconds
