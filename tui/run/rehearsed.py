"""What earlier runs of the same work say of this one: how long a step took there, and whether it can be compared.

A rehearsal on a hundredth of the data says nothing of how long it takes here. So every duration that was learned stands
beside the sizes of what its step is about, then and now; where they differ by more than `FACTOR` nothing is reckoned
with it. A size below `FLOOR` is taken for that: no difference below it is felt. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tui.journal.codes import Fact, Incomparable
from tui.journal.events import (
    Basis,
    DifferenceRecorded,
    Rehearsed,
    RehearsedChanges,
    RehearsedLocks,
    RunOpened,
    Sizes,
    decode,
)
from tui.journal.line import Line
from tui.plan.model import UNDO_PREFIX, places
from tui.run.lasted import duration
from tui.run.state import RunState
from tui.run.steps import numbered
from tui.sql.touched import Touches

FACTOR: Final = 2.0
FLOOR: Final = 64 * 1024
SHOWN: Final = 8
"""Relations that are told of one comparison, those that differ most first."""
LOCKS: Final = 10
"""Locks of a step that are told of an earlier run, the strongest ones."""
DATABASE: Final = ""
"""Stands for the whole database among the names of relations."""


class Past(Struct, frozen=True, kw_only=True):
    """An earlier run of the same work. Seconds; `part`: its rollback took back less than the plan can take back, or was
    without an engine for a while, which is not counted. `untimed`: steps that it does not tell the duration of.
    `locks`: see `tui.engine.drivers.locks_taken`."""

    run: str
    target: str
    environment: str
    identity: dict[str, Any] = {}
    sizes: Sizes | None = None
    durations: dict[str, float] = {}
    untimed: tuple[str, ...] = ()
    locks: dict[str, dict[str, Any]] = {}
    rollback_s: float | None = None
    part: bool = False
    changes: dict[str, RehearsedChanges] = {}


def changes_of(lines: Iterable[Line], state: RunState) -> dict[str, RehearsedChanges]:
    """What the comparing steps of a rehearsal found, by id, of those that passed; of several attempts the last."""
    opened = state.opened
    if opened is None or opened.mode != "rehearsal":
        return {}
    found: dict[str, RehearsedChanges] = {}
    for line in lines:
        if line.type != DifferenceRecorded.TYPE:
            continue
        event = decode(line.type, line.data)
        if not isinstance(event, DifferenceRecorded):
            continue
        at = state.steps.get(event.step)
        if at is not None and at.status == "passed":
            found[event.step] = RehearsedChanges(
                run=opened.id, target=opened.target, changes=event.changes, count=event.count, sha256=event.sha256
            )
    return found


def past_of(state: RunState, changes: Mapping[str, RehearsedChanges] = {}) -> Past | None:
    """What a run teaches; None for one that teaches nothing. One in which time passed faster teaches the durations of
    steps that do not wait for it; what ended while nobody looked, and what was done in parts, teaches none."""
    opened = state.opened
    if opened is None:
        return None
    ended = [at for at in state.steps if at.status in ("passed", "undone")]
    durations = {
        at.id: seconds for at in ended if Fact.COMPRESSED not in at.taught and (seconds := duration(at)) is not None
    }
    untimed = tuple(at.id for at in ended if at.id not in durations)
    locks = {at.id: at.taught[Fact.LOCKS] for at in ended if _told(at.taught.get(Fact.LOCKS))}
    rollback, seconds, part = state.rollback, None, False
    if rollback is not None and rollback.ended is not None and rollback.status == "rolled_back":
        faster = any(at.group != "main" and Fact.COMPRESSED in at.taught for at in state.steps)
        seconds = None if faster else max(0.0, rollback.ended - rollback.started - rollback.away_s)
        undoable = {step.id for _place, step in places(opened.plan.phases) if step.undo is not None}
        part = rollback.away_s > 0 or not undoable <= set(rollback.undo)
    if not durations and not untimed and not locks and seconds is None and not changes:
        return None
    return _of(
        opened, durations=durations, untimed=untimed, locks=locks, rollback_s=seconds, part=part, changes=dict(changes)
    )


def _of(opened: RunOpened, **taught: Any) -> Past:
    return Past(
        run=opened.id, target=opened.target, environment=opened.environment, identity=opened.identity or {},
        sizes=opened.sizes, **taught,
    )  # fmt: skip


def _told(locks: Any) -> bool:
    """Whether a journal, whoever wrote it, tells of locks."""
    return isinstance(locks, dict) and isinstance(locks.get("taken"), list | tuple)


def compared(
    opened: RunOpened, past: Sequence[Past], touches: Mapping[str, Touches], functions: Collection[str] = ()
) -> RunOpened:
    """The opening with what can be learned from earlier runs, the newest first. `opened` has `sizes` and `identity` of
    its own target already; `touches`: what steps are about, by id; `functions`: see `tui.postgres.sizes.DataSizes`."""
    scale = _Scale(opened, frozenset(functions))
    rehearsed: dict[str, Rehearsed] = {}
    for earlier in past:
        for step, seconds in earlier.durations.items():
            there = rehearsed.get(step)
            if there is not None and scale.bases[there.basis].comparable:
                continue
            basis = scale.basis(earlier, touches.get(step, Touches()))
            if there is None or scale.bases[basis].comparable:
                rehearsed[step] = Rehearsed(seconds, basis)
    locks: dict[str, RehearsedLocks] = {}
    for earlier in past:
        for step, known in earlier.locks.items():
            if step not in locks:
                basis = scale.basis(earlier, touches.get(step, Touches()))
                taken = tuple(lock for lock in known["taken"] if isinstance(lock, dict))
                count = numbered(known.get("count", len(taken)))
                locks[step] = RehearsedLocks(basis=basis, count=count, taken=taken[:LOCKS])
    untimed = dict.fromkeys(step for earlier in past for step in earlier.untimed if step not in rehearsed)
    back = [_rollback(earlier, scale, opened, touches) for earlier in past if earlier.rollback_s is not None]
    worst = _worst(back)
    usable = {step: r.seconds for step, r in rehearsed.items() if scale.bases[r.basis].comparable}
    changes: dict[str, RehearsedChanges] = {}
    for earlier in past:
        changes = earlier.changes | changes
    found = replace(
        opened,
        durations=usable,
        rehearsed=rehearsed,
        rehearsed_locks=locks,
        rollback_s=None,
        rehearsed_changes=changes,
        untimed=tuple(untimed),
    )
    if worst is not None:
        seconds, basis, comparable, part = worst
        found = replace(
            found, rollback_rehearsed=Rehearsed(seconds, basis), rollback_s=seconds if comparable else None,
            rollback_part=part and comparable,
        )  # fmt: skip
    return replace(found, bases=tuple(scale.bases))


Back = tuple[float, int, bool, bool]
"""Seconds, basis, whether it can be compared, whether it was a part alone."""


def _rollback(earlier: Past, scale: _Scale, opened: RunOpened, touches: Mapping[str, Touches]) -> Back:
    """A rollback is about all that is taken back, and about the steps of its own."""
    ids = [UNDO_PREFIX + step.id for _place, step in places(opened.plan.phases)]
    ids += [step.id for _place, step in places(opened.plan.rollback.phases)]
    about = Touches()
    for id in ids:
        about |= touches.get(id, Touches())
    basis = scale.basis(earlier, about)
    return earlier.rollback_s or 0.0, basis, scale.bases[basis].comparable, earlier.part


def _worst(back: Sequence[Back]) -> Back | None:
    """The longest of those that can be compared, else of all; one of a part says no more than at least, and counts
    alone only where there is no whole one."""
    for comparable in (True, False):
        known = [each for each in back if each[2] is comparable]
        if known:
            whole = any(not part for *_rest, part in known)
            seconds, basis, _comparable, _part = max(known)
            return seconds, basis, comparable, not whole
    return None


class _Scale:
    """Compares what steps are about, then and now; equal comparisons are made and kept once."""

    def __init__(self, opened: RunOpened, functions: frozenset[str]) -> None:
        self.bases: list[Basis] = []
        self._now = opened.sizes
        self._system = (opened.identity or {}).get("system_identifier")
        self._functions = functions
        self._known: dict[tuple[str, Touches], int] = {}

    def basis(self, earlier: Past, about: Touches) -> int:
        """The place of the comparison among `bases`."""
        key = (earlier.run, about)
        if key not in self._known:
            made = self._made(earlier, about)
            if made not in self.bases:
                self.bases.append(made)
            self._known[key] = self.bases.index(made)
        return self._known[key]

    def _made(self, earlier: Past, about: Touches) -> Basis:
        pairs = self._pairs(earlier.sizes, about)
        unknown = any(then is None or now is None for then, now in pairs.values())
        factors = {name: factor(*pair) for name, pair in pairs.items()}
        differ = any(each is not None and each > FACTOR for each in factors.values())
        shown = sorted(pairs, key=lambda name: (-(factors[name] or float("inf")), name))[:SHOWN]
        version = earlier.identity.get("server_version")
        system = earlier.identity.get("system_identifier")
        return Basis(
            run=earlier.run, target=earlier.target, environment=earlier.environment,
            server_version=version if isinstance(version, int) else None,
            same_server=None if system is None or self._system is None else system == self._system,
            sizes={name: pairs[name] for name in shown}, comparable=not (unknown or differ),
            why=Incomparable.SIZES_DIFFER if differ else Incomparable.SIZES_UNKNOWN if unknown else None,
        )  # fmt: skip

    def _pairs(self, then: Sizes | None, about: Touches) -> dict[str, tuple[int | None, int | None]]:
        """Bytes then and now of everything that it is about; of what did not exist, 0."""
        if about == Touches():
            return {}
        now = self._now
        before = {} if then is None or then.relations is None else then.relations
        here = {} if now is None or now.relations is None else now.relations
        if then is None or now is None or then.relations is None or now.relations is None:
            return {DATABASE: (None, None)}
        named = [name for name in about.names if name in before or name in here]
        pairs: dict[str, tuple[int | None, int | None]] = {n: (before.get(n, 0), here.get(n, 0)) for n in named}
        there = any(name in here for name in named)
        if about.whole or not self._functions.isdisjoint(about.calls) or (about.otherwise and not there):
            pairs[DATABASE] = (then.database, now.database)
        return pairs


def factor(then: int | None, now: int | None) -> float | None:
    """How many times the larger of two sizes is the smaller one; None where one is not known."""
    if then is None or now is None:
        return None
    less, more = sorted((max(then, FLOOR), max(now, FLOOR)))
    return more / less
