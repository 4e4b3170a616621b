"""What all events have in common."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

Effect = Literal["all", "some", "none", "unknown"]
"""What of a step's effect is in the database after its outcome."""


FateWord = Literal["applied", "not_applied", "still_running", "undecided"]


Drive = Literal["by_hand", "run_to", "headless", "autopilot"]


Relation = Literal["below", "above", "equals"]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Data of one journal line, whose type is `TYPE`. What else stands here says how events of a class are treated."""

    TYPE: ClassVar[str] = ""
    BULK: ClassVar[bool] = False
    """Comes in any number, and where the run stands does not depend on it: nothing waits until it is durable, and of
    many only the latest are shown."""
    ROUTINE: ClassVar[bool] = False
    """Comes with each statement or program of a step: no turning point of the run."""
    SILENT: ClassVar[bool] = False
    """Says nothing to people."""
    IDLE: ClassVar[bool] = False
    """Is written although nothing happens."""
    TURN: ClassVar[bool] = False
    """The run, or an attempt of a step, begins or ends."""
    ENGINE: ClassVar[bool] = False
    """An engine that was not there before writes from here on."""
    INCIDENT: ClassVar[bool] = False
    """A decision that reviews look at."""
    FAILURE: ClassVar[bool] = False
    """An incident, too: something went wrong."""
    CHAPTER: ClassVar[bool] = False
    """A player of an exported recording can jump to it, as to every failure."""
