"""What a run does to its database as a whole: closes it to others and opens it again, and has another take its name."""

from __future__ import annotations

from typing import Any, ClassVar

from tui.journal.events.event import Event
from tui.journal.events.step import StepEvent


class QuiesceBegun(StepEvent, frozen=True, kw_only=True):
    """From here on the database may be closed to others, until it is released. `former`: the grants that a release
    gives back to the database of this `oid` (grantor, grantee, "" for PUBLIC, privilege, whether it can be given on);
    without an `oid` a program of the plan closes it."""

    TYPE: ClassVar[str] = "quiesce.begun"
    INCIDENT: ClassVar[bool] = True
    database: str = ""
    oid: int | None = None
    former: tuple[tuple[str, str, str, bool], ...] = ()


class QuiesceReleased(Event, frozen=True, kw_only=True):
    """What the step `of` had closed is open again as it was before."""

    TYPE: ClassVar[str] = "quiesce.released"
    INCIDENT: ClassVar[bool] = True
    of: str
    by_step: str = ""


class SwapBegun(StepEvent, frozen=True, kw_only=True):
    """The intent that the database `new_oid` takes the `database`'s name from `old_oid`, which is kept as `kept_as`;
    before, the new one is called `called`. `maintenance`: the database from which that is done."""

    TYPE: ClassVar[str] = "swap.begun"
    INCIDENT: ClassVar[bool] = True
    database: str
    old_oid: int
    new_oid: int
    called: str
    kept_as: str
    maintenance: str = ""
    back: bool = False
    facts: dict[str, Any] = {}


class SwapDone(StepEvent, frozen=True, kw_only=True):
    """The database of `new_oid` bears the name: from here on it is the run's target. `recovered`: an engine that came
    later found it so."""

    TYPE: ClassVar[str] = "swap.done"
    INCIDENT: ClassVar[bool] = True
    CHAPTER: ClassVar[bool] = True
    new_oid: int
    recovered: bool = False
