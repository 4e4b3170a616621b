"""What was planned when a run was opened, and what amendments made of its windows: who makes a window longer at 22:50
has not kept the one that was granted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from tui.journal.events import RunOpened
from tui.plan.model import Phase, Place, Plan, Step, steps_of
from tui.run.clock import Bounds, expected_of, window_of
from tui.run.state import RunState

TARGET = ""
"""The key of the target's own window."""


class MovedWindow(Struct, frozen=True, kw_only=True):
    """What amendment `number` made of a window; `bounds` None: the phase has none of its own any more."""

    number: int
    at: str
    bounds: Bounds | None


class PlannedWindow(Struct, frozen=True, kw_only=True):
    """`phase`: the number of the phase whose own it is, "" of the target's. `planned`: as it held for what lies in it
    when the run was opened; None where there was none then."""

    phase: str
    planned: Bounds | None
    moved: tuple[MovedWindow, ...] = ()

    @property
    def last(self) -> Bounds | None:
        """As it held at the end."""
        return self.moved[-1].bounds if self.moved else self.planned


class PlannedWindows:
    """Of one run, told of its opening and of each amendment. A phase is known by its title and not by its number, which
    an amendment may change."""

    def __init__(self) -> None:
        self._known: dict[str, PlannedWindow] = {}
        self._keys: dict[str, str] = {}
        self._at_opening: frozenset[str] = frozenset()
        self._opening: RunOpened | None = None
        self._steps: dict[str, Step] = {}

    def opened(self, state: RunState) -> None:
        """As they are planned."""
        assert state.opened is not None
        self._opening = state.opened
        self._steps = {step.id: step for step in steps_of(state.opened.plan)}
        self._keys = {number: key for key, number, _phase in _phases(state.opened.plan)}
        self._at_opening = frozenset(self._keys.values())
        self._known = {
            key: PlannedWindow(phase=number, planned=bounds) for key, (number, bounds) in _in_force(state).items()
        }

    def amended(self, state: RunState) -> None:
        """As they hold behind the amendment that the state has come to."""
        assert state.opened is not None
        self._keys = {number: key for key, number, _phase in _phases(state.opened.plan)}
        now = _in_force(state)
        for key, (number, bounds) in now.items():
            known = self._known.get(key)
            if known is None:
                planned = self._known[TARGET].planned if key in self._at_opening else None
                known = PlannedWindow(phase=number, planned=planned)
            self._known[key] = self._moved(replace(known, phase=number), bounds, state)
        for key, known in self._known.items():
            if key not in now:
                self._known[key] = self._moved(known, None, state)

    def keys(self, place: Place) -> tuple[str, ...]:
        """Of the windows that what stands there is held against: its phase's own, else the target's. What an amendment
        took its own from belongs into the target's, and is held against what it had as well."""
        key = self._keys.get(place.number.partition(".")[0], TARGET)
        known = self._known.get(key)
        if known is None or key == TARGET:
            return (TARGET,)
        return (key,) if known.last is not None else (key, TARGET)

    def windows(self) -> Iterator[tuple[str, PlannedWindow]]:
        """Those that there are or were, the target's first."""
        return ((key, one) for key, one in self._known.items() if one.planned is not None or one.moved)

    def step(self, id: str) -> Step | None:
        """As the plan had it when the run was opened."""
        return self._steps.get(id)

    def expected(self, step: Step) -> float | None:
        """How long it was to take then; None when nobody knew."""
        return None if self._opening is None else expected_of(self._opening, step)

    @property
    def target(self) -> PlannedWindow | None:
        """The target's own."""
        return self._known.get(TARGET)

    def _moved(self, known: PlannedWindow, bounds: Bounds | None, state: RunState) -> PlannedWindow:
        if _figures(known.last) == _figures(bounds):
            return known
        moved = MovedWindow(number=state.amended, at=state.at, bounds=bounds)
        return replace(known, moved=(*known.moved, moved))


def _in_force(state: RunState) -> dict[str, tuple[str, Bounds | None]]:
    """Number and bounds of the target's window and of each phase's own."""
    assert state.opened is not None
    found = {TARGET: ("", window_of(state, None))}
    for key, number, phase in _phases(state.opened.plan):
        if phase.window is not None:
            found[key] = number, window_of(state, Place(number, phase.title, "", None, False, phase.window))
    return found


def _phases(plan: Plan) -> Iterator[tuple[str, str, Phase]]:
    """Key, number and phase of each; of two of one title each has its own key."""
    for prefix, phases in (("", plan.phases), ("R", plan.rollback.phases)):
        seen: Counter[str] = Counter()
        for place, phase in enumerate(phases, 1):
            seen[phase.title] += 1
            yield f"{prefix} {seen[phase.title]} {phase.title}", f"{prefix}{place}", phase


def _figures(bounds: Bounds | None) -> tuple[float, ...] | None:
    return None if bounds is None else (bounds.opens, bounds.closes, bounds.duration_s, bounds.buffer_s)
