"""What a review of a run leaves behind: what was learnt, and what is to be better the next time."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from tui.journal.events.event import Event


class PastLesson(Struct, frozen=True, kw_only=True):
    """A lesson of an earlier run of the same plan."""

    run: str
    id: str
    text: str
    by: str = ""
    at: str = ""


class PastImprovement(Struct, frozen=True, kw_only=True):
    """An improvement that an earlier run of the same plan has left, and that nobody has said is done."""

    run: str
    id: str
    text: str
    owner: str
    due: str
    by: str = ""
    at: str = ""


class ImprovementAdded(Event, frozen=True, kw_only=True):
    """Something is to be better the next time, with an id people can name (`I1`, `I2`, ...): who sees to it (`owner`),
    and until which day (`due`, such as `2031-12-31`)."""

    TYPE: ClassVar[str] = "improvement.added"
    INCIDENT: ClassVar[bool] = True
    id: str
    text: str
    owner: str
    due: str


class ImprovementDone(Event, frozen=True, kw_only=True):
    """An improvement is done; `text` says how. `run`: the earlier run that left it, null where it is this one's."""

    TYPE: ClassVar[str] = "improvement.done"
    INCIDENT: ClassVar[bool] = True
    id: str
    text: str
    run: str | None = None


class LessonAdded(Event, frozen=True, kw_only=True):
    """Something was learnt, with an id (`L1`, `L2`, ...)."""

    TYPE: ClassVar[str] = "lesson.added"
    INCIDENT: ClassVar[bool] = True
    id: str
    text: str
