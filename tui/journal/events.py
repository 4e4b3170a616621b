"""The events of a run: the typed data of every journal line, by the line's `type`.

Neutral data, no words in any language; ids of 64 bits are strings; seconds are floats. A reader keeps types it does
not know (`decode` returns None for them). Shapes are published as JSON Schema by `tui.journal.schema`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Struct, field

from tui.journal.other_runs import OtherRun
from tui.plan.model import Plan

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


class Policy(Struct, frozen=True, kw_only=True):
    """Who drives the run: a person step by step, or the engine up to `until`, or as far as it can."""

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
    """It took back less than the plan can take back."""
    rehearsed: dict[str, Rehearsed] = {}
    """All that was rehearsed, comparable or not."""
    rollback_rehearsed: Rehearsed | None = None
    bases: tuple[Basis, ...] = ()
    sizes: Sizes | None = None
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


class StepEvent(Event, frozen=True, kw_only=True):
    """What belongs to one attempt of one step."""

    step: str
    attempt: int


class StepStarted(StepEvent, frozen=True, kw_only=True):
    """The intent: durable before anything is done. `confirm` and `reason`: the target's name as it was typed, and why,
    where a person said it (`tui.run.confirmation`)."""

    TYPE: ClassVar[str] = "step.started"
    TURN: ClassVar[bool] = True
    CHAPTER: ClassVar[bool] = True
    kind: str = ""
    undoes: str | None = None
    companion_of: str | None = None
    by_hand: str | None = None
    person: str | None = None
    resume_from: int = 0
    confirm: str | None = None
    reason: str | None = None


class StepOutput(StepEvent, frozen=True, kw_only=True, omit_defaults=False):
    """Lines a step printed; `offset`, `length`, `sha256` are of the spooled bytes, `dropped` bytes only lie there."""

    TYPE: ClassVar[str] = "step.output"
    BULK: ClassVar[bool] = True
    stream: str = "output"
    text: str = ""
    offset: int | None = None
    length: int | None = None
    sha256: str | None = None
    dropped: int = 0


class StepProgress(StepEvent, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.progress"
    BULK: ClassVar[bool] = True
    phase: str | None = None
    done: float | None = None
    total: float | None = None
    unit: str | None = None


class StepWaiting(StepEvent, frozen=True, kw_only=True):
    """Why a step waits (a neutral code with facts); an empty reason: it waits no longer."""

    TYPE: ClassVar[str] = "step.waiting"
    BULK: ClassVar[bool] = True
    reason: str = ""
    facts: dict[str, Any] = {}


class StepFate(StepEvent, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.fate"
    FAILURE: ClassVar[bool] = True
    fate: FateWord
    reason: str
    facts: dict[str, Any] = {}


class StepOutcome(StepEvent, frozen=True, kw_only=True, omit_defaults=False):
    """How an attempt ended, with its evidence; `effect` says what of it is in the database. `STATUS` is its step's."""

    STATUS: ClassVar[str]
    TURN: ClassVar[bool] = True
    evidence: dict[str, Any] = {}
    effect: Effect = "none"


class StepPassed(StepOutcome, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.passed"
    STATUS: ClassVar[str] = "passed"


class StepFailed(StepOutcome, frozen=True, kw_only=True):
    """`message`: what others said; what the engine has to say of it is a `code` with `facts` (`journal.remarks`)."""

    TYPE: ClassVar[str] = "step.failed"
    STATUS: ClassVar[str] = "failed"
    FAILURE: ClassVar[bool] = True
    reason: str = ""
    sqlstate: str | None = None
    message: str | None = None
    code: str | None = None
    facts: dict[str, Any] = {}

    @property
    def told(self) -> str | dict[str, Any] | None:
        """The message, or the code with its facts."""
        return self.message if self.code is None else {"code": self.code, "facts": self.facts}


class StepSkipped(StepOutcome, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.skipped"
    STATUS: ClassVar[str] = "skipped"
    INCIDENT: ClassVar[bool] = True
    reason: str = ""


class StepSigned(StepOutcome, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.signed"
    STATUS: ClassVar[str] = "signed"
    INCIDENT: ClassVar[bool] = True
    note: str = ""
    person: str = ""


class StepByHand(StepOutcome, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.by_hand"
    STATUS: ClassVar[str] = "by_hand"
    INCIDENT: ClassVar[bool] = True
    note: str = ""
    person: str = ""


class StepCancelled(StepOutcome, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.cancelled"
    STATUS: ClassVar[str] = "cancelled"
    INCIDENT: ClassVar[bool] = True
    reason: str = ""


class StepUndone(StepOutcome, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "step.undone"
    STATUS: ClassVar[str] = "undone"
    by_step: str | None = None


class CancelRequested(StepEvent, frozen=True, kw_only=True):
    """A person, or a rollback, asked that the running attempt be ended; the outcome follows."""

    TYPE: ClassVar[str] = "step.cancel_requested"
    reason: str = ""


class ChildStarted(StepEvent, frozen=True, kw_only=True):
    """A program works for the step: its pid, start time and boot id find it again after a crash of the engine."""

    TYPE: ClassVar[str] = "step.child"
    ROUTINE: ClassVar[bool] = True
    SILENT: ClassVar[bool] = True
    child: dict[str, Any]


class TxEvent(StepEvent, frozen=True, kw_only=True):
    statement: int = 0


class TxBegin(TxEvent, frozen=True, kw_only=True):
    """The witness of a transaction, durable before its COMMIT is sent: enough to learn its fate later."""

    TYPE: ClassVar[str] = "tx.begin"
    ROUTINE: ClassVar[bool] = True
    SILENT: ClassVar[bool] = True
    witness: dict[str, Any]


class TxCommitSent(TxEvent, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "tx.commit_sent"
    ROUTINE: ClassVar[bool] = True
    SILENT: ClassVar[bool] = True


class TxCommitted(TxEvent, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "tx.committed"
    ROUTINE: ClassVar[bool] = True
    warnings: tuple[str, ...] = ()
    rows: int | None = None


class TxAborted(TxEvent, frozen=True, kw_only=True):
    """See `StepFailed`."""

    TYPE: ClassVar[str] = "tx.aborted"
    sqlstate: str | None = None
    message: str | None = None
    code: str | None = None
    facts: dict[str, Any] = {}

    @property
    def told(self) -> str | dict[str, Any] | None:
        """The message, or the code with its facts."""
        return self.message if self.code is None else {"code": self.code, "facts": self.facts}


class MetricsSampled(Event, frozen=True, kw_only=True):
    """One tick: metric name to value; `sources` names the host each was measured on."""

    TYPE: ClassVar[str] = "metrics.sampled"
    SILENT: ClassVar[bool] = True
    IDLE: ClassVar[bool] = True
    BULK: ClassVar[bool] = True
    values: dict[str, float]
    sources: dict[str, str] = {}
    facts: dict[str, Any] = {}


class GuardBreached(Event, frozen=True, kw_only=True):
    """A criterion is breached: the one of this metric, relation and limit (journals of old name no relation)."""

    TYPE: ClassVar[str] = "guard.breached"
    FAILURE: ClassVar[bool] = True
    metric: str
    value: float
    limit: float
    source: str = ""
    since: float = 0.0
    relation: Relation | None = None


class GuardCleared(Event, frozen=True, kw_only=True):
    """A criterion holds again: see `GuardBreached` (journals of old mean every one of the metric)."""

    TYPE: ClassVar[str] = "guard.cleared"
    metric: str
    value: float
    lasted_s: float = 0.0
    limit: float | None = None
    relation: Relation | None = None


class TriggerFired(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "trigger.fired"
    FAILURE: ClassVar[bool] = True
    title: str
    reason: str
    step: str | None = None
    metric: str | None = None


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


class ErrorRecorded(Event, frozen=True, kw_only=True):
    """An error worth resolving, with an id people can name (`E1`, `E2`, ...).

    `text`: others' words, or a code: the step's reason, or `code`, which has `facts`.
    """

    TYPE: ClassVar[str] = "error.recorded"
    FAILURE: ClassVar[bool] = True
    id: str
    text: str
    code: str | None = None
    facts: dict[str, Any] = {}
    step: str | None = None
    attempt: int | None = None
    sqlstate: str | None = None
    source: str = ""

    @property
    def told(self) -> str | dict[str, Any]:
        """The text, or the code with its facts."""
        return self.text if self.code is None else {"code": self.code, "facts": self.facts}


class ErrorResolved(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "error.resolved"
    INCIDENT: ClassVar[bool] = True
    id: str
    text: str


class BackupRecorded(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "backup.recorded"
    step: str
    attempt: int
    path: str
    format: str
    bytes: int
    sha256: str
    files: int = 1
    seconds: float = 0.0


class LogLines(Event, frozen=True, kw_only=True, omit_defaults=False):
    """Records of a log that is not a step's own output: the server's, the engine's notices.

    `text` holds their texts line by line; `lines` what else is known of each, with `rows` where its text has several.
    """

    TYPE: ClassVar[str] = "log.lines"
    BULK: ClassVar[bool] = True
    stream: str
    text: str = ""
    lines: tuple[dict[str, Any], ...] = ()
    dropped: int = 0

    def entries(self) -> Iterator[dict[str, Any]]:
        """Each record with its `text`."""
        rest, at = self.text.split("\n"), 0
        for line in self.lines:
            told = line.get("rows", 1)
            rows = told if isinstance(told, int) and told > 0 else 1
            yield {**line, "text": "\n".join(rest[at : at + rows])}
            at += rows


TYPES: dict[str, type[Event]] = {}


def _register(base: type[Event]) -> None:
    for event in base.__subclasses__():
        if event.TYPE:
            TYPES[event.TYPE] = event
        _register(event)


_register(Event)
_DECODERS = {name: msgspec.json.Decoder(event) for name, event in TYPES.items()}


def class_of(type_: str) -> type[Event]:
    """The class of a line's type, for its traits: `Event` for a type that this version does not know."""
    return TYPES.get(type_, Event)


def decode(type_: str, data: bytes | msgspec.Raw) -> Event | None:
    """The typed event of a line, or None when this version does not know its type. Raises msgspec.ValidationError."""
    decoder = _DECODERS.get(type_)
    return None if decoder is None else decoder.decode(data)
