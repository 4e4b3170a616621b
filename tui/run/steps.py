"""The steps of a run, in order: a persistent map, so that a transition costs the same for 10 steps and for 10,000."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct, ValidationError
from msgspec.structs import replace

from tui.journal.codes import FailReason, FateReason
from tui.journal.events import Effect, FateWord
from tui.plan.kinds import Attestation, Kind
from tui.plan.model import Place, Step
from tui.run.pace import Pace
from tui.steps.walk import Walk

Status = Literal[
    "pending", "running", "passed", "failed", "skipped", "signed", "by_hand", "cancelled", "undone", "undecided"
]
Group = Literal["main", "rollback", "undo"]
ENDED: frozenset[str] = frozenset({"passed", "skipped", "signed", "by_hand"})
"""Statuses after which the checklist goes on."""
MOST_ATTEMPTS = 50
"""Attempts of a step that are kept; all of them are in the journal."""
UNANSWERED: frozenset[str] = frozenset({
    FailReason.NOT_ANSWERED, FailReason.NOT_MEASURED, FailReason.CONNECTION, FailReason.OUT_OF_MEMORY,
    FailReason.TERMINATED,
})  # fmt: skip
"""Reasons of failing that say nothing of the database: it could not be asked. No rollback follows from them."""

NOT_CARRIED_OUT: frozenset[str] = frozenset(
    {FailReason.NOT_CARRIED_OUT, FailReason.NOT_STARTED, FailReason.PLAN_CHANGED}
)
"""Reasons of failing that lie on the engine's host: the server, the script and the program have said nothing."""


def numbered(value: Any) -> int:
    """A fact of a journal as a whole number; 0 for what is none: whoever wrote the journal, it can be folded."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def section_of(place: Place) -> str:
    """Names the section a place lies in (`2.3` of `2.3.1`): titles may repeat, numbers do not."""
    return place.number.rpartition(".")[0]


class Commit(Struct, frozen=True, kw_only=True):
    """A transaction of the run that is known to be committed: what a target must still have to be the run's.

    `lsn`: a place in the log behind its id, empty in old journals.
    """

    step: str
    attempt: int
    statement: int
    xid: str
    ledger: bool
    timeline: int = 0
    lsn: str = ""
    postmaster_start: str = ""


class Reached(Struct, frozen=True):
    """A place in the log behind work of which no transaction is known: a program's, a statement's that runs in none."""

    timeline: int
    lsn: str
    postmaster_start: str


class Confirmed(Struct, frozen=True):
    """The target's name as it was typed for an attempt, and why: either may be missing."""

    target: str | None
    reason: str | None = None


class AttemptState(Struct, frozen=True, kw_only=True):
    """One attempt of a step: who began it and when, how it ended and why: `said` by others or a person (of a long
    text the beginning), else a code in `reason`."""

    number: int
    by: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    status: Status = "running"
    reason: str = ""
    said: str = ""


class Lane(Struct, frozen=True, kw_only=True):
    """A transaction under way beside another one of its step's."""

    number: int
    statement: int
    witness: dict[str, Any]
    reach: dict[str, Any] = {}


class StepState(Struct, frozen=True, kw_only=True):
    """Where one step stands. `started`/`ended` are seconds of the run's monotonic clock, of the latest attempt."""

    step: Step
    place: Place
    group: Group = "main"
    status: Status = "pending"
    attempt: int = 0
    started: float | None = None
    started_at: str | None = None
    ended: float | None = None
    ended_at: str | None = None
    by: str = ""
    waiting: str | None = None
    waiting_facts: dict[str, Any] = {}
    waiting_since: float | None = None
    lock_since: float | None = None
    """When it began to wait for the lock it waits for, or did last, over all tries; None behind a commit."""
    tried_again: float | None = None
    """When the next try began behind one that got no lock, while nothing is waited for that is known."""
    evidence: dict[str, Any] = {}
    taught: dict[str, Any] = {}
    """What of its evidence later runs learn from, also when it was taken back."""
    effect: Effect = "none"
    fate: FateWord | None = None
    fate_reason: str | None = None
    reason: str | None = None
    sqlstate: str | None = None
    message: str | dict[str, Any] | None = None
    """What others said, or a code with its facts."""
    note: str | None = None
    undoes: str | None = None
    by_hand: str | None = None
    person: str | None = None
    foretold: dict[str, Any] | None = None
    """What was asked of the target for whoever is to confirm the next attempt; see `tui.run.confirmation.foretold`."""
    foretold_in: int = 0
    """The run's era then."""
    confirmed: Confirmed | None = None
    """What a person confirmed the latest attempt with."""
    cancel: bool = False
    recover: bool = False
    interrupted: bool = False
    done: int = 0
    resume_from: int = 0
    witness: dict[str, Any] | None = None
    fired: int = -1
    """The line of the trigger that it made fire, while the cause is there."""
    fired_attempt: int = 0
    """The attempt that made one fire last."""
    before: StepState | None = None
    """How the attempt before this one stood when it was begun, where it did not end well; without those before it."""
    attempts: tuple[AttemptState, ...] = ()
    """The last ones, oldest first."""
    errors: int = 0
    """Errors of it that nobody has resolved."""
    failing: bool = False
    """Whether an attempt of it failed, and none has ended well or was taken back since."""
    unrecorded: bool = False
    """Whether its last failure has no error that could be resolved: the engine ended between the two lines."""
    tx_statement: int = 0
    tx_sent: bool = False
    reach: dict[str, Any] = {}
    """What the transaction of the witness makes of the walk when it is committed."""
    lanes: tuple[Lane, ...] = ()
    """Transactions that are under way beside that one."""
    walk: Walk | None = None
    """Where a walk over the keys of a table stands, through all attempts."""
    progress: dict[str, Any] | None = None
    pace: Pace | None = None
    output_bytes: int = 0
    child: dict[str, Any] | None = None
    residue: Effect = "none"
    """What attempts before this one may have left in the database."""
    doubted: bool = False
    """Whether an attempt before this one may have done its work, for all that is known, or that a person says."""
    leftovers: tuple[str, ...] = ()
    """Unfinished objects that the last attempt before this one to leave any has left, by their quoted names."""
    losses: int = 0
    """Attempts in a row that ended with the server or the connection, and committed nothing."""
    host_attempt: int = 0
    """Of a companion: the attempt of the step that it accompanied last."""
    commit: Commit | None = None
    """The last transaction of it, of any attempt, that is known to be committed."""
    unseen: bool = False
    """Whether the latest attempt's work may have ended while nobody looked: its engine, or its connection, was gone."""
    resumed: bool = False
    """Whether the latest attempt has gone on where one before it had come to."""
    amended: int = 0
    """The number of the amendment that changed or added it last; 0: it is as it was when the run opened."""

    @property
    def id(self) -> str:
        return self.step.id

    def tried(self, number: int, by: str, **changes: Any) -> tuple[AttemptState, ...]:
        """Its attempts, with what is known anew of this one, which `by` has begun where it is not among them yet."""
        known = {attempt.number: attempt for attempt in self.attempts}
        known[number] = replace(known.get(number) or AttemptState(number=number, by=by), **changes)
        return tuple(known.values())[-MOST_ATTEMPTS:]

    @property
    def is_ended(self) -> bool:
        """Whether the checklist may go on after it."""
        return self.status in ENDED or (self.status == "failed" and self.step.on_failure == "continue")

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it: it has ended, or it is a companion that is neither due nor running."""
        return self.is_ended or (self.step.with_ is not None and self.status not in ("pending", "running"))

    @property
    def stops(self) -> bool:
        """Whether the checklist does not go on past it until a person has settled it."""
        if self.group != "main" or self.step.with_ is not None or self.is_ended:
            return False
        return self.status in ("failed", "undone") or (self.status == "cancelled" and not self.interrupted)

    @property
    def unanswered(self) -> bool:
        """Whether it failed because the database could not be asked, which says nothing of what is in it."""
        if self.status != "failed":
            return False
        asks = self.reason == FailReason.NOT_CARRIED_OUT and self.fate_reason == FateReason.CHANGES_NOTHING
        return asks or self.reason in UNANSWERED

    @property
    def passed_over(self) -> bool:
        """Whether a rollback goes on behind it all the same: what could not even be carried out, and works no longer,
        keeps nothing else from being taken back."""
        return self.status == "failed" and self.reason in NOT_CARRIED_OUT

    @property
    def may_have_effect(self) -> bool:
        """Whether something of it is, or may be, in the database, so that an undo makes sense."""
        # What is asked of ten thousand steps at every key asks the cheap things first.
        if self.effect == "none" and self.status != "by_hand":
            return False
        if self.status not in ("passed", "by_hand", "failed", "cancelled", "undecided", "skipped"):
            return False
        return self.step.undo is not None or not reads(self.step)


_CHUNK = 64


class Steps:
    """An immutable, ordered map of id to StepState: `replace` shares all but one chunk with its origin."""

    __slots__ = ("_chunks", "_index")

    def __init__(self, chunks: tuple[tuple[StepState, ...], ...] = (), index: dict[str, int] | None = None) -> None:
        self._chunks = chunks
        self._index = {} if index is None else index

    @classmethod
    def of(cls, states: Iterable[StepState]) -> Steps:
        flat = tuple(states)
        chunks = tuple(flat[i : i + _CHUNK] for i in range(0, len(flat), _CHUNK))
        return cls(chunks, {state.id: i for i, state in enumerate(flat)})

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[StepState]:
        for chunk in self._chunks:
            yield from chunk

    def __contains__(self, step: object) -> bool:
        return step in self._index

    def __getitem__(self, step: str) -> StepState:
        position = self._index[step]
        return self._chunks[position // _CHUNK][position % _CHUNK]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Steps) and self._chunks == other._chunks

    def __hash__(self) -> int:
        return hash(self._chunks)

    def behind(self, position: int) -> Iterator[StepState]:
        """The steps from this position on."""
        return (self.at(at) for at in range(position, len(self)))

    def get(self, step: str) -> StepState | None:
        return self[step] if step in self._index else None

    def position(self, step: str) -> int:
        """Its place in the order, from 0."""
        return self._index[step]

    def at(self, position: int) -> StepState:
        return self._chunks[position // _CHUNK][position % _CHUNK]

    def replace(self, state: StepState) -> Steps:
        """The same steps with this one in the place of the one of its id."""
        position = self._index[state.id]
        at, within = divmod(position, _CHUNK)
        chunk = self._chunks[at]
        chunk = (*chunk[:within], state, *chunk[within + 1 :])
        return Steps((*self._chunks[:at], chunk, *self._chunks[at + 1 :]), self._index)

    def joined(self, states: Iterable[StepState], without: frozenset[str] = frozenset()) -> Steps:
        """These steps, but for those of the ids `without`, and the further ones at the end in their order.

        One of an id already there leaves its old place: the order of what is joined is the order in which it runs.
        """
        new = {state.id: state for state in states}
        kept = [state for state in self if state.id not in new and state.id not in without]
        return Steps.of([*kept, *new.values()])


def kind_of(name: str) -> Kind | None:
    """None for a kind that this version does not know."""
    from tui.steps.registry import KINDS

    return KINDS.get(name)


def is_signed(step: Step) -> bool:
    """Whether a person attests it, and nothing of it is executed."""
    kind = kind_of(step.kind)
    return kind is not None and kind.signed


def wants_closed(step: Step) -> bool:
    """Whether others must be kept out of the target when it begins."""
    kind = kind_of(step.kind)
    try:
        return kind is not None and kind.wants_closed(kind.typed(step.spec))
    except ValidationError:
        return False


def attestation_of(step: Step) -> Attestation:
    """What is asked of who signs it; nothing where this version does not know the kind, or the spec of another one."""
    kind = kind_of(step.kind)
    if kind is None or kind.attestation is None:
        return Attestation()
    try:
        return kind.attestation(kind.typed(step.spec))
    except ValidationError:
        return Attestation()


def changes(step: Step) -> bool:
    """Whether a step changes something, so that it belongs into the window."""
    kind = kind_of(step.kind)
    return kind is not None and kind.may_change(step.changes)


def reads(step: Step) -> bool:
    """Whether a step leaves nothing in the database, whatever becomes of it. Of a kind that this version does not know
    nobody can say so."""
    kind = kind_of(step.kind)
    return kind is not None and not kind.may_change(step.changes)


def may_change(step: Step) -> bool:
    """Whether a step changes something, for all that is known: a kind of another version may do anything."""
    return not reads(step)


def compares(step: Step) -> bool:
    """Whether its failing says that something is not as it was, or as it should be."""
    kind = kind_of(step.kind)
    try:
        return kind is not None and kind.compares(kind.typed(step.spec))
    except ValidationError:
        return False
