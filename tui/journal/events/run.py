"""Events of a whole run: its opening and close, who drives, the helm, its rollback, what people say of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from msgspec import Struct, field

from tui.journal.events.event import Drive, Event
from tui.journal.events.review import PastImprovement, PastLesson
from tui.journal.other_runs import OtherRun
from tui.plan.model import Plan


class Policy(Struct, frozen=True, kw_only=True):
    """Who drives the run: a person step by step, or the engine up to `until`, or as far as it can. `sign_off`: with
    what the engine signs for `signer` what may be signed so; empty where nobody said a text."""

    drive: Drive = "by_hand"
    until: str | None = None
    sign_off: str | None = None
    signer: str | None = None
    on_failure: Literal["hold", "rollback"] = "hold"


Wish = Policy | Literal["by_hand"]
"""How the run is to be driven from here on, of whoever has an engine started: under that policy, or by a person's hand
whatever drove before."""


class OpenWindow(Struct, frozen=True, kw_only=True):
    """The window as it holds for this run, resolved to instants (RFC 3339, UTC) and seconds."""

    opens: str
    closes: str
    duration_s: float
    buffer_s: float
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        """Every clock on a screen is computed from these. Raises ValueError for what is no instant."""
        for at in (self.opens, self.closes):
            if datetime.fromisoformat(at).tzinfo is None:
                raise ValueError(f"{at!r} has no time zone")


class Sizes(Struct, frozen=True, kw_only=True):
    """How much data a target had when a run opened on it, in bytes. `relations`: those that the plan's scripts name, as
    they name them; null where nobody knows. `database`: without the system's catalogues."""

    relations: dict[str, int | None] | None = None
    database: int | None = None


class Basis(Struct, frozen=True, kw_only=True):
    """What a duration was rehearsed on, beside what is here. `sizes`: bytes then and now by relation, of the whole
    database under the empty name; null where nobody knows. `why`: see `journal.codes.Incomparable`."""

    run: str
    target: str
    environment: str
    server_version: int | None = None
    same_server: bool | None = None
    sizes: dict[str, tuple[int | None, int | None]] = {}
    comparable: bool = True
    why: str | None = None


class Rehearsed(Struct, frozen=True, array_like=True):
    """Seconds that something took in an earlier run of the same work, and the place of its basis among the run's."""

    seconds: float
    basis: int


class RehearsedChanges(Struct, frozen=True, kw_only=True):
    """What a comparing step found to differ in an earlier run of the same work: see `DifferenceRecorded`."""

    run: str
    target: str
    changes: tuple[str, ...] = ()
    count: int = 0
    sha256: str = ""


class RehearsedLocks(Struct, frozen=True, kw_only=True):
    """The locks that a step took in an earlier run of the same work, the strongest ones; `count` of all, and the place
    of its basis among the run's. Each as evidence of steps has it."""

    basis: int
    count: int = 0
    taken: tuple[dict[str, Any], ...] = ()


class Advice(Struct, frozen=True, kw_only=True):
    """What a program of others says of a line of a script, in its own words: `code` is its name for it."""

    code: str
    text: str
    line: int | None = None
    help: str = ""


class StepAdvice(Struct, frozen=True, kw_only=True):
    """What the program `tool` found in what a step executes: all counted, the first ones named."""

    tool: str
    count: int
    found: tuple[Advice, ...] = ()


class RunOpened(Event, frozen=True, kw_only=True, omit_defaults=False):
    """Everything that a reader of the journal alone needs; every key is there, null or empty where there is nothing."""

    TYPE: ClassVar[str] = "run.opened"
    ENGINE: ClassVar[bool] = True
    TURN: ClassVar[bool] = True
    id: str
    plan: Plan
    seal: str
    work: str
    target: str
    environment: str
    mode: Literal["live", "rehearsal"] = "live"
    identity: dict[str, Any] | None = None
    window: OpenWindow | None = None
    policy: Policy = Policy()
    durations: dict[str, float] = {}
    """Seconds of steps as rehearsed, of those that can be compared alone."""
    rollback_s: float | None = None
    """Of the worst rehearsed rollback that can be compared."""
    rollback_part: bool = False
    """It took back less than the plan can take back, or was without an engine for a while: it takes at least that."""
    rehearsed: dict[str, Rehearsed] = {}
    """All that was rehearsed, comparable or not."""
    untimed: tuple[str, ...] = ()
    """Steps that earlier runs have carried out, none of which tells how long they take."""
    rollback_rehearsed: Rehearsed | None = None
    rehearsed_locks: dict[str, RehearsedLocks] = {}
    """By the step's id."""
    advice: dict[str, StepAdvice] = {}
    """Of scripts, by the step's id; of a tool that is not installed there is none."""
    bases: tuple[Basis, ...] = ()
    sizes: Sizes | None = None
    rehearsed_changes: dict[str, RehearsedChanges] = {}
    """By the step that found them, those of the newest rehearsal."""
    compress: float = 1.0
    clock: dict[str, Any] = {}
    engine: dict[str, Any] = {}
    reason: str | None = None
    ledger: bool = False
    demo: str | None = None
    plan_file: str | None = None
    despite: tuple[str, ...] = ()
    """Codes of what `check --on` calls errors, in spite of which the run was opened."""
    unmeasured: tuple[int, ...] = ()
    """Places in the plan's list of the success criteria that nothing could measure: a person signs for each."""
    private: tuple[str, ...] = ()
    """Files of the frozen plan that hold secrets and are their owner's alone; where `plan.yaml` is one, `plan` stands
    here without them."""
    beside: str | None = None
    """Why a person had it opened beside runs that were in the way."""
    others: tuple[OtherRun, ...] = ()
    """The other open runs on its target, as far as they were known."""
    improvements: tuple[PastImprovement, ...] = ()
    """Those that earlier runs of the same plan have left open."""
    lessons: tuple[PastLesson, ...] = ()
    """What earlier runs of the same plan have taught."""


class RunBeside(Event, frozen=True, kw_only=True):
    """Other runs are in the way on the target that were not there before: they came knowingly, and this one goes on.
    `takes_back`: it goes on for now because it takes back, whatever they know."""

    TYPE: ClassVar[str] = "run.beside"
    runs: tuple[OtherRun, ...] = ()
    takes_back: bool = False


class RunHeld(Event, frozen=True, kw_only=True):
    """A person holds the run, or the engine does, with a `code`: what answered is not the run's target, or another run
    is in the way there.

    `facts`: `expected` and `found` identity, and what was seen of the last evidence; or the other `runs`.
    """

    TYPE: ClassVar[str] = "run.held"
    INCIDENT: ClassVar[bool] = True
    reason: str | None = None
    code: str | None = None
    facts: dict[str, Any] = {}


class RunResumed(Event, frozen=True, kw_only=True):
    """The run goes on; with `policy` under another driving policy from here.

    `identity`: a person has accepted what answered as the run's target; a person's own hold stays. `beside`: the run
    goes on beside these others, at a person's word.
    """

    TYPE: ClassVar[str] = "run.resumed"
    INCIDENT: ClassVar[bool] = True
    policy: Policy | None = None
    reason: str | None = None
    identity: dict[str, Any] | None = None
    beside: tuple[str, ...] = ()


class RunRested(Event, frozen=True, kw_only=True):
    """Nothing runs, and the engine ends at a person's word; the run stays open. `until`: when its next phase begins
    (RFC 3339), where one waits for its time."""

    TYPE: ClassVar[str] = "run.rested"
    INCIDENT: ClassVar[bool] = True
    until: str | None = None


class RunDriven(Event, frozen=True, kw_only=True):
    """Who drives from here on, and why: a person took over from what went on by itself. What is held stays held."""

    TYPE: ClassVar[str] = "run.driven"
    INCIDENT: ClassVar[bool] = True
    policy: Policy = Policy()
    reason: str = ""


class RunRecovered(Event, frozen=True, kw_only=True):
    """Another engine took the run up: the helm is void, running steps await their fate.

    `end_known`: whether a line was kept away from the journal against which its end could be held.
    """

    TYPE: ClassVar[str] = "run.recovered"
    ENGINE: ClassVar[bool] = True
    FAILURE: ClassVar[bool] = True
    engine: dict[str, Any] = {}
    clock: dict[str, Any] = {}
    cut_bytes: int = 0
    end_known: bool | None = None
    policy: Policy | None = None
    identity: dict[str, Any] | None = None


class RunClosed(Event, frozen=True, kw_only=True):
    """`confirm`: the target's name as it was typed, where closing cost that. `stays`: what the run's rollback could not
    take back."""

    TYPE: ClassVar[str] = "run.closed"
    TURN: ClassVar[bool] = True
    CHAPTER: ClassVar[bool] = True
    outcome: str
    reason: str | None = None
    confirm: str | None = None
    stays: tuple[str, ...] = ()


class ClockStepped(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "clock.stepped"
    seconds: float


class HelmTaken(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "helm.taken"
    INCIDENT: ClassVar[bool] = True
    person: str
    account: str = ""
    reason: str | None = None
    taken_from: str | None = field(default=None, name="from")


class HelmReleased(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "helm.released"
    INCIDENT: ClassVar[bool] = True
    person: str
    note: str | None = None


class RollbackStarted(Event, frozen=True, kw_only=True):
    """A person (or a declared policy) decided; `undo` lists the steps taken back, in the order it happens."""

    TYPE: ClassVar[str] = "rollback.started"
    INCIDENT: ClassVar[bool] = True
    CHAPTER: ClassVar[bool] = True
    reason: str
    undo: tuple[str, ...] = ()
    without_undo: tuple[str, ...] = ()
    to: str | None = None


class RollbackFinished(Event, frozen=True, kw_only=True):
    """`duration_s` counts from its first beginning; `stays` were, or may have been, applied and are not taken back."""

    TYPE: ClassVar[str] = "rollback.finished"
    INCIDENT: ClassVar[bool] = True
    CHAPTER: ClassVar[bool] = True
    outcome: Literal["rolled_back", "rolled_back_to", "failed"]
    step: str | None = None
    duration_s: float = 0.0
    stays: tuple[str, ...] = ()


class NoteAdded(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "note.added"
    text: str
    step: str | None = None


class FeedbackAdded(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "feedback.added"
    text: str
