"""What a picture may look at: the folded state, the moment, and what the person looking at it has chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from msgspec import Struct

from tui.run import projection as of
from tui.run.clock import instant
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.words.stillness import UNKNOWN_AFTER

if TYPE_CHECKING:
    from tui.recording.turning_points import TurningPoints

Mode = Literal["operator", "observer", "replay"]
T = TypeVar("T")
LONG = 500
"""Steps from which looking at all of them costs more than a repaint should."""
_known: dict[str, tuple[object, object, object]] = {}


class Moment(Struct, frozen=True):
    """Now, as the screen shows it: `wall` in seconds since the epoch, `mono` in seconds since the run's opening,
    `age` seconds since the last event came, `engine` whether the run's engine lives (None: not known here), `unseen`
    that somebody has looked for it and cannot know.

    Where no engine lives both clocks stand at the last event, and `age` alone goes on.
    """

    wall: float
    mono: float
    age: float
    engine: bool | None = None
    unseen: bool = False


def moment(
    state: RunState, wall: float, *, silent: float | None = None, engine: bool | None = None, unseen: bool = False
) -> Moment:
    """Live: the run's own clock goes on from the last event; a closed run stands still, and so does one that no engine
    is at work on. `silent`: seconds since the last event was seen to come; without it the wall clock tells."""
    if not state.at:
        return Moment(wall, state.mono, 0.0, engine)
    age = max(0.0, wall - instant(state.at)) if silent is None or state.closed is not None else max(0.0, silent)
    if state.closed is not None:
        return Moment(wall, state.mono, age, engine)
    if engine is False:
        return Moment(instant(state.at), state.mono, age, engine)
    return Moment(wall, state.mono if unseen and age >= UNKNOWN_AFTER else state.mono + age, age, engine, unseen)


class Playback(Struct, frozen=True, kw_only=True):
    """A recording as it plays: `position` and `length` in seconds since the run's opening; `skip`: stretches in which
    nothing happens are shortened; `read`: how much of it is covered, from 0 to 1, None once all of it is;
    `goes_on`: its run is still open, so that more may come."""

    position: float
    length: float
    speed: float
    playing: bool
    skip: bool = False
    read: float | None = None
    marks: TurningPoints | None = None
    goes_on: bool = False


def replayed(state: RunState, playback: Playback) -> Moment:
    """The moment a recording stands at."""
    ahead = max(0.0, playback.position - state.mono)
    wall = instant(state.at) + ahead if state.at else 0.0
    return Moment(wall, state.mono + ahead, ahead)


class StatusMessage(Struct, frozen=True):
    """A sentence for the person at the screen: the answer to a command, or what a key did."""

    text: str
    severity: Literal["information", "warning", "error"] = "information"


class _Named(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name


class View(Struct, frozen=True, kw_only=True):
    """All that pictures are made from."""

    state: RunState
    moment: Moment
    mode: Mode
    keys: Mapping[str, str] = {}
    """What people read as the key of an action, by the action's name; one without a key is called by its name."""
    me: str = ""
    selected: str | None = None
    following: bool = True
    playback: Playback | None = None
    said: StatusMessage | None = None
    waiting: str | None = None
    lost: bool = False
    """The journal cannot be read any further: what is shown is what was."""
    broken: int | None = None
    """The first line of the journal that does not follow the one before it."""
    owner: str | None = None
    """The account that alone can have the run gone on with, where that is not this one."""

    def keyed(self, text: str, **facts: str) -> str:
        """A sentence with its facts, and with keys in the places named after actions."""
        return text.format_map(_Named({**self.keys, **facts}))

    @property
    def nothing_runs(self) -> bool:
        """The run is open, and no engine is at work on it: what is shown is what was."""
        state = self.state
        open_ = state.opened is not None and state.closed is None
        return open_ and self.mode != "replay" and self.moment.engine is False

    @property
    def is_unknown(self) -> bool:
        """Whether an engine is at work cannot be known here, and no event tells it."""
        state, now = self.state, self.moment
        open_ = state.opened is not None and state.closed is None
        return open_ and self.mode != "replay" and now.unseen and now.age >= UNKNOWN_AFTER

    @property
    def present(self) -> float:
        """Seconds since the run's opening, whether its clock goes on or stands: figures become old all the same."""
        now = self.moment
        return now.mono if self.state.closed is not None else max(now.mono, self.state.mono + now.age)

    keeps_driving: bool = False
    """Commands from here end nothing of what goes on by itself."""

    @property
    def step(self) -> StepState | None:
        """The selected step."""
        return None if self.selected is None else self.state.steps.get(self.selected)


def projection(view: View) -> of.Projection:
    """See `tui.run.projection`."""
    return _seen("projection", view, of.projection)


def milestones(view: View) -> tuple[of.Milestone, ...]:
    """See `tui.run.projection`; where everything is taken back, those that were reached."""
    found = _seen("milestones", view, of.milestones)
    return tuple(each for each in found if each.actual is not None) if view.state.given_up else found


def _seen(name: str, view: View, look: Callable[[RunState, float], T]) -> T:
    state, wall = view.state, view.moment.wall
    if len(state.steps) < LONG:
        return look(state, wall)
    key = (state.unended, state.active, state.rollback, state.held, state.closed, int(wall))
    known = _known.get(name)
    # The opening is held, so that no other run can have its identity.
    if known is None or known[0] is not state.opened or known[1] != key:
        known = _known[name] = (state.opened, key, look(state, wall))
    return known[2]  # type: ignore[return-value]
