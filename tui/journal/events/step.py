"""Events of one attempt of one step."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from tui.journal.events.event import Effect, Event, FateWord


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


class StepForetold(StepEvent, frozen=True, kw_only=True):
    """What is known of an attempt that has not begun, for whoever is to confirm it: what will be lost, and whom it
    strands (`tui.steps.restore.loss`)."""

    TYPE: ClassVar[str] = "step.foretold"
    ROUTINE: ClassVar[bool] = True
    facts: dict[str, Any] = {}


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
    """How far a step is. `last`: what it came to the last time, which is no total; `table` of `tables`: the tables that
    were begun, of those there are; `statement` of `statements`: the one that runs. `wal_bytes`: written by the whole
    server since the step was first looked at, where it tells no progress."""

    TYPE: ClassVar[str] = "step.progress"
    BULK: ClassVar[bool] = True
    phase: str | None = None
    done: float | None = None
    total: float | None = None
    unit: str | None = None
    last: float | None = None
    table: int | None = None
    tables: int | None = None
    statement: int | None = None
    statements: int | None = None
    wal_bytes: int | None = None


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


class NotifySent(StepEvent, frozen=True, kw_only=True):
    """People were told, or were to be: `services` has of each `name`, `url` without its keys, `status`, `elapsed_s` and
    `reason` (of many the first; `count` is of all). `error`: why not everybody was tried, others' words or a code."""

    TYPE: ClassVar[str] = "notify.sent"
    channel: str
    title: str = ""
    text: str = ""
    services: tuple[dict[str, Any], ...] = ()
    delivered: int = 0
    count: int = 0
    error: str | dict[str, Any] | None = None


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
    """`message`: what others said; what the engine has to say of it is a `code` with `facts` (`journal.remarks`). What
    is known beside a message stands in the evidence."""

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
    """`lane`: which of the sessions that an attempt works with at a time; most have one, 0."""

    statement: int = 0
    lane: int = 0


class TxBegin(TxEvent, frozen=True, kw_only=True):
    """The witness of a transaction, durable before its COMMIT is sent: enough to learn its fate later.

    `reach`: of one that changes the rows of a range of keys, what `tui.steps.walk` makes of its commit.
    """

    TYPE: ClassVar[str] = "tx.begin"
    ROUTINE: ClassVar[bool] = True
    SILENT: ClassVar[bool] = True
    witness: dict[str, Any]
    reach: dict[str, Any] = {}


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
    """See `StepFailed`. Beside a message `facts` say whose lock it waited for: `wanted` and `blockers`."""

    TYPE: ClassVar[str] = "tx.aborted"
    sqlstate: str | None = None
    message: str | None = None
    code: str | None = None
    facts: dict[str, Any] = {}

    @property
    def told(self) -> str | dict[str, Any] | None:
        """The message, or the code with its facts."""
        return self.message if self.code is None else {"code": self.code, "facts": self.facts}


class FingerprintRecorded(StepEvent, frozen=True, kw_only=True):
    """What was in the database at one moment lies in `file`, of the run's artifacts. `objects`: how many of each family
    of the catalogue; `tables`: whose rows were looked at, as `rows` says; `still`: in which quiescence, if in one."""

    TYPE: ClassVar[str] = "fingerprint.recorded"
    file: str
    sha256: str
    bytes: int
    objects: dict[str, int] = {}
    tables: int = 0
    rows: str = "none"
    still: str = ""


class DifferenceRecorded(StepEvent, frozen=True, kw_only=True):
    """What differs from what the step `with` told, by name; of many the first alone are in `changes`, `sha256` is of
    all, sorted, a line each. It is what the next run of the same work may expect."""

    TYPE: ClassVar[str] = "difference.recorded"
    SILENT: ClassVar[bool] = True
    with_: str = field(name="with")
    changes: tuple[str, ...] = ()
    count: int = 0
    sha256: str = ""


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
