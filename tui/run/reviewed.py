"""What a run's review leaves behind, and what earlier runs have left it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from msgspec import Struct
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.cut import REPEATED, cut
from tui.journal.line import Line
from tui.run.review import Improvement, LessonLearnt
from tui.run.state import KEPT, RunState

_LAST_ZONE = 12 * 3600.0
"""Seconds that the last clocks on earth are behind UTC."""


class Carried(Struct, frozen=True, kw_only=True):
    """What earlier runs of a plan leave to the next one. `unread`: how many older ones nobody looked through."""

    improvements: tuple[e.PastImprovement, ...] = ()
    lessons: tuple[e.PastLesson, ...] = ()
    unread: int = 0


def improvement_added(state: RunState, event: e.ImprovementAdded, line: Line) -> RunState:
    """One more, of this run."""
    made = Improvement(
        id=event.id, text=cut(event.text, REPEATED), owner=event.owner, due=event.due, by=line.by, at=line.at
    )
    return replace(state, improvements=(*state.improvements, made)[-KEPT:])


def improvement_done(state: RunState, event: e.ImprovementDone, line: Line) -> RunState:
    """One of this run, or one that an earlier run has left."""
    told = cut(event.text, REPEATED)
    return replace(
        state, improvements=tuple(
            replace(one, done=told, done_by=line.by, done_at=line.at) if (one.run, one.id) == (event.run, event.id)
            else one
            for one in state.improvements
        ),
    )  # fmt: skip


def lesson_added(state: RunState, event: e.LessonAdded, line: Line) -> RunState:
    """One more, of this run."""
    made = LessonLearnt(id=event.id, text=cut(event.text, REPEATED), by=line.by, at=line.at)
    return replace(state, lessons=(*state.lessons, made)[-KEPT:])


def of_earlier(opened: e.RunOpened) -> tuple[tuple[Improvement, ...], tuple[LessonLearnt, ...]]:
    """What stands at the head of a run from its opening on."""
    return carried(Carried(improvements=opened.improvements, lessons=opened.lessons))


def carried(left: Carried) -> tuple[tuple[Improvement, ...], tuple[LessonLearnt, ...]]:
    """What earlier runs have left, as the next one has it."""
    improvements = tuple(
        Improvement(id=x.id, text=x.text, owner=x.owner, due=x.due, by=x.by, at=x.at, run=x.run)
        for x in left.improvements
    )
    return improvements, tuple(LessonLearnt(id=x.id, text=x.text, by=x.by, at=x.at, run=x.run) for x in left.lessons)


def left_behind(states: Iterable[RunState]) -> Carried:
    """What the next run of a plan begins with. `states`: of its earlier runs, the newest first; what one of them says
    is done is done, whichever left it."""
    done: set[tuple[str, str]] = set()
    improvements: list[e.PastImprovement] = []
    lessons: list[e.PastLesson] = []
    for state in states:
        assert state.opened is not None
        own = state.opened.id
        done |= {(one.run or own, one.id) for one in state.improvements if one.done is not None}
        improvements += [
            e.PastImprovement(run=own, id=x.id, text=x.text, owner=x.owner, due=x.due, by=x.by, at=x.at)
            for x in state.improvements
            if x.run is None
        ]
        lessons += [
            e.PastLesson(run=own, id=x.id, text=x.text, by=x.by, at=x.at) for x in state.lessons if x.run is None
        ]
    open_ = [one for one in improvements if (one.run, one.id) not in done]
    return Carried(improvements=tuple(open_[:KEPT]), lessons=tuple(lessons[:KEPT]))


def day_of(text: str) -> date | None:
    """A day as it is written in a command, `2031-12-31`; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == len("2031-12-31") else None
    except ValueError:
        return None


def is_over(day: date, wall: float) -> bool:
    """Whether a day has passed wherever on earth it was meant."""
    return datetime.fromtimestamp(wall - _LAST_ZONE, UTC).date() > day


def is_overdue(one: Improvement, wall: float) -> bool:
    """Whether its day is over, and nobody has said that it is done."""
    due = day_of(one.due)
    return one.done is None and due is not None and is_over(due, wall)
