"""What a person asks of a recording that plays."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.journal.position import Position

Control = Literal[
    "toggle", "next", "step", "back", "incident", "incident_back", "faster", "slower", "tenth", "go", "go_step", "skip"
]


class Asked(Struct, frozen=True):
    """A key of the replay; `value`: the tenth (0 to 9); `to`: the position to go to; `step`: the step to go to."""

    control: Control
    value: float = 0.0
    to: Position | None = None
    step: str = ""
