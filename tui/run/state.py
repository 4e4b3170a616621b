"""Where a run stands: one frozen value, the fold of a prefix of its journal."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from tui.journal.codes import HoldReason
from tui.journal.events import Policy, Relation, RunClosed, RunOpened, TriggerFired
from tui.journal.other_runs import OtherRun
from tui.run.amendment import Amendment
from tui.run.conditions import limit_of
from tui.run.errors import Errors
from tui.run.review import Improvement, LessonLearnt
from tui.run.steps import Commit, Reached, Steps, StepState
from tui.run.unsettled import is_half_undone, is_unsettled

RunStatus = Literal[
    "scheduled", "running", "held", "rolling_back", "rolled_back", "rollback_failed", "completed", "failed",
    "undecided",
]  # fmt: skip
HISTORY = 120
"""Samples kept in the state, for the gauges' short history."""
KEPT = 200
"""Remarks, backups, and firings whose cause is over, that are kept; all of them are in the journal."""
MOST_FIRED = 1000
"""Firings that are kept at most; then half of them go, those first whose cause is over."""


class GuardState(Struct, frozen=True, kw_only=True):
    """One success criterion: its value, since when it is over its limit, whether that is a breach.

    `value` is None while nothing is measured; `sampled` and `source` say when and where it last was. A breach that was
    told lasts until its end is told, measured or not.
    """

    metric: str
    limit: float
    relation: Relation
    for_s: float = 0.0
    except_: tuple[str, ...] = ()
    value: float | None = None
    source: str | None = None
    over_since: float | None = None
    sampled: float | None = None
    breached: bool = False
    breached_since: float | None = None
    """Since when it was over its limit as its last breach was told."""
    breaches: int = 0
    cleared: int = -1
    """The line at which all of its metric's criteria held again."""

    @property
    def state(self) -> str:
        """`unknown`, `ok`, `over` (over the limit, not yet long enough) or `breached`."""
        if self.breached:
            return "breached"
        if self.value is None:
            return "unknown"
        return "ok" if self.over_since is None else "over"


class MetricReading(Struct, frozen=True, kw_only=True):
    """What a metric was, and when."""

    value: float
    mono: float


class RollbackState(Struct, frozen=True, kw_only=True):
    """A rollback: `to` names the step after which everything is taken back, None means all of it.

    One that failed and was taken up again is one rollback: it began when it began first, and `undo` names what either
    part takes back. `stays`: what it had not taken back when it ended; `tui.run.rollback.stays` says what it has not
    taken back by now.
    """

    status: Literal["running", "rolled_back", "rolled_back_to", "failed"]
    reason: str
    by: str
    started: float
    started_at: str
    undo: tuple[str, ...] = ()
    without_undo: tuple[str, ...] = ()
    to: str | None = None
    ended: float | None = None
    failed_step: str | None = None
    stays: tuple[str, ...] = ()
    away_s: float = 0.0
    """For so many of its seconds no engine was there, for all that is known."""


class MetricsSample(Struct, frozen=True, kw_only=True):
    """One tick of metrics at `mono` seconds."""

    mono: float
    values: dict[str, float]


class Fired(Struct, frozen=True, kw_only=True):
    """A trigger that fired, when, and at which line; `attempt` of the step that made it fire."""

    event: TriggerFired
    mono: float
    attempt: int = 0
    seq: int = -1


class Firing(Struct, frozen=True, kw_only=True):
    """What a trigger of the plan has answered: so many breaches of each of its metrics, and errors."""

    breaches: dict[str, int] = {}
    errors: bool = False


class Remark(Struct, frozen=True, kw_only=True):
    """A note or a feedback."""

    by: str
    at: str
    text: str
    step: str | None = None
    kind: Literal["note", "feedback", "handover"] = "note"


class Barrier(Struct, frozen=True, kw_only=True):
    """Why the engine holds the run: what answered is not its target as it left it, or others are in the way there. See
    `journal.codes.HoldReason`."""

    code: str
    facts: dict[str, Any] = {}
    at: str = ""

    @property
    def found(self) -> dict[str, Any]:
        """The identity of what answered."""
        found = self.facts.get("found")
        return found if isinstance(found, dict) else {}

    @property
    def runs(self) -> tuple[OtherRun, ...]:
        """The runs that are in the way."""
        try:
            return msgspec.convert(self.facts.get("runs") or (), tuple[OtherRun, ...])
        except msgspec.ValidationError:
            return ()

    @property
    def acceptable(self) -> bool:
        """Whether a person's word can make what answered the run's target: it was looked, and no work of the run is
        missing there; or can have it go on beside the runs that are in the way."""
        if self.code == HoldReason.OTHER_RUN:
            return bool(self.runs)
        return self.code in (HoldReason.OTHER_TIMELINE, HoldReason.LEDGER_EMPTIED) and "evidence" in self.facts


class Quiesced(Struct, frozen=True, kw_only=True):
    """What a step has closed to others, or may have, and nothing has opened again. `former`: by the oid of a database
    the grants to give back (`tui.sql.database_acl.Grant`); none where a program of the plan closed it."""

    step: str
    since: float
    since_at: str
    former: dict[str, tuple[tuple[str, str, str, bool], ...]] = {}


class Swap(Struct, frozen=True, kw_only=True):
    """The last exchange of databases under the target's name: see `tui.journal.events.SwapBegun`. `done`: the one of
    `new_oid` bears the name. `took_back`: what had been done in the other one, by step its status and effect."""

    step: str
    attempt: int
    database: str
    old_oid: int
    new_oid: int
    called: str
    kept_as: str
    maintenance: str = ""
    back: bool = False
    facts: dict[str, Any] = {}
    done: bool = False
    took_back: dict[str, tuple[str, str]] = {}


class RunState(Struct, frozen=True, kw_only=True):
    """The state of a run after the event `seq`. `opened` is None only before the first event; behind an amendment it
    has the plan, the window and what was rehearsed as they hold since then."""

    seq: int = -1
    mono: float = 0.0
    at: str = ""
    opened: RunOpened | None = None
    opened_at: str = ""
    steps: Steps = Steps()
    policy: Policy = Policy()
    held: str | None = None
    barrier: Barrier | None = None
    """Set while the engine holds the run by itself; a person's hold is apart from it."""
    identity: dict[str, Any] = {}
    """The target's as the run knows it: as it opened, or as a person accepted it since."""
    beside: tuple[str, ...] = ()
    """The other runs on its target that it goes on beside, by their names."""
    proved: Commit | None = None
    """The last transaction that is known to be committed."""
    reached: Reached | None = None
    """Where the log was behind the last step of whose transactions not all are known."""
    quiesced: tuple[Quiesced, ...] = ()
    era: int = 0
    """Another one begins with each step that may change something, and where others are kept out or let in again: what
    was foretold in one that is over holds no longer."""
    """What of the target is closed to others by the run's steps, in the order in which they began."""
    swap: Swap | None = None
    helm: str | None = None
    rollback: RollbackState | None = None
    guards: tuple[GuardState, ...] = ()
    samples: tuple[MetricsSample, ...] = ()
    metrics: dict[str, float] = {}
    """What is measured at present; `sources` where."""
    sources: dict[str, str] = {}
    latest: dict[str, MetricReading] = {}
    """What each metric was when it was last measured, however long ago: no figure of the present."""
    facts: dict[str, Any] = {}
    committed: str | None = None
    """The step whose commit was proved last."""
    errors: Errors = Errors()
    fired: tuple[Fired, ...] = ()
    """The last ones, and those before them whose cause is still there."""
    triggers: tuple[Firing, ...] = ()
    """Of each trigger of the plan, in their order."""
    titled: dict[str, tuple[int, ...]] = {}
    """Places of the triggers of each title among them."""
    remarks: tuple[Remark, ...] = ()
    """The last ones, of long texts the beginning."""
    backups: tuple[dict[str, Any], ...] = ()
    """The last ones."""
    closed: RunClosed | None = None
    engine: dict[str, Any] = {}
    recoveries: int = 0
    resting: bool = False
    """A person has let the engine end; another one that takes the run up goes on."""
    unknown_events: int = 0
    active: tuple[str, ...] = ()
    """Ids of running steps, in the order in which they began."""
    checklist: int = 0
    """How many steps the checklist has; what undoes or rolls back stands behind them."""
    unended: int = 0
    """Position of the first step of the checklist that is not over; its length when all are."""
    rollback_unended: int = 0
    """Position of the first step behind the checklist that is not over; the number of all steps when all are."""
    troubled: tuple[str, ...] = ()
    """Ids of failed and undecided steps, in the order in which they became so."""
    unmarked: tuple[str, ...] = ()
    """Ids of steps that have undone another which is not marked undone yet."""
    left_failed: tuple[str, ...] = ()
    """Ids of steps that were skipped after they had failed, also of those that were settled since."""
    companions: dict[str, tuple[str, ...]] = {}
    """Ids of the companions of each step that has some."""
    amendments: tuple[Amendment, ...] = ()
    """The last ones, in their order; `amended` counts all of them."""
    amended: int = 0
    improvements: tuple[Improvement, ...] = ()
    """Those that earlier runs have left come first."""
    lessons: tuple[LessonLearnt, ...] = ()

    @property
    def held_for(self) -> str | None:
        """Why the run is held: a person's reason, which may be empty, or the engine's code; None while it is not."""
        return self.held if self.barrier is None else self.barrier.code

    def commits(self) -> tuple[Commit, ...]:
        """The last known commit of every step that has one."""
        return tuple(at.commit for at in self.steps if at.commit is not None)

    def running(self) -> tuple[StepState, ...]:
        return tuple(self.steps[step] for step in self.active)

    @property
    def undecided(self) -> tuple[StepState, ...]:
        """Steps whose fate is undecided, in the order of the plan."""
        found = [step for step in self.troubled if self.steps[step].status == "undecided"]
        return tuple(self.steps[step] for step in sorted(found, key=self.steps.position))

    @property
    def failed(self) -> tuple[StepState, ...]:
        """Steps that failed and were not settled since, those among them after which the checklist goes on."""
        return tuple(self.steps[step] for step in self.troubled if self.steps[step].status == "failed")

    @property
    def unsettled(self) -> StepState | None:
        """The first step that leaves the run failed; see `tui.run.unsettled`."""
        left = next((self.steps[step] for step in self.left_failed if is_unsettled(self.steps[step])), None)
        return left or next(filter(is_half_undone, self.steps.behind(self.checklist)), None)

    @property
    def given_up(self) -> bool:
        """Whether the checklist does not go on because of a rollback: one that takes back all of it, or one that takes
        back a part and has not come to its end."""
        return self.rollback is not None and self.rollback.status != "rolled_back_to"

    @property
    def rolling_back(self) -> bool:
        """Whether a rollback is under way."""
        return self.rollback is not None and self.rollback.status == "running"

    @property
    def stopped_undecided(self) -> StepState | None:
        """The step at which the rollback failed because nobody knows what became of it."""
        failed = None if self.rollback is None or self.rollback.status != "failed" else self.rollback.failed_step
        at = None if failed is None else self.steps.get(failed)
        return at if at is not None and at.status == "undecided" else None

    @property
    def proposed(self) -> tuple[Fired, ...]:
        """Triggers that fired, whose cause is still there, and that have not been answered by a rollback; one that took
        back a part answers no later ones."""
        if not self.fired:
            return ()
        answered = 0.0
        if self.rollback is not None:
            if self.given_up or self.rollback.ended is None:
                return ()
            answered = self.rollback.ended
        return tuple(fired for fired in self.fired if fired.mono >= answered and not self.is_settled(fired))

    def is_settled(self, fired: Fired) -> bool:
        """Whether what made it fire is over, without a rollback: the step ended well or was taken back, or failed again
        and fired anew; the criterion holds again."""
        if fired.event.reason != "errors_unresolved" or self.opened is None:
            at = None if fired.event.step is None else self.steps.get(fired.event.step)
            if at is not None:
                return at.fired != fired.seq
            return any(g.metric == fired.event.metric and g.cleared > fired.seq for g in self.guards)
        # It fires once in a run: errors that come after those it fired for are its cause again.
        triggers = self.opened.plan.rollback.triggers
        limits = (limit_of(trigger) for trigger in triggers if trigger.title == fired.event.title)
        limit = next((limit for limit in limits if limit is not None), None)
        return limit is not None and self.errors.weighing_of(limit) < limit.unresolved

    def current(self) -> StepState | None:
        """The step of the checklist at which the run stands: the first that has not ended, companions left out."""
        for position in range(self.unended, self.checklist):
            state = self.steps.at(position)
            if not state.is_ended and state.step.with_ is None:
                return state
        return None

    @property
    def all_ended(self) -> bool:
        return self.opened is not None and self.current() is None

    @property
    def status(self) -> RunStatus:
        """The run's one word."""
        if self.closed is not None:
            return self.closed.outcome  # type: ignore[return-value]
        rollback = self.rollback
        if rollback is not None and rollback.status == "failed":
            return "rollback_failed" if self.stopped_undecided is None else "undecided"
        if self.undecided and not self.rolling_back:
            return "undecided"
        if self.barrier is not None:
            return "held"
        if rollback is not None and rollback.status in ("running", "rolled_back"):
            return "rolling_back" if rollback.status == "running" else "rolled_back"
        current = self.current()
        if current is None:
            if self.opened is None:
                return "scheduled"
            return "completed" if self.unsettled is None else "failed"
        if self.held is not None:
            return "held"
        if not self.active and any(at.stops for at in self.failed):
            return "failed"
        if current.attempt == 0 and self.steps.position(current.id) == 0 and not self.active:
            return "scheduled"
        return "running"
