"""A run without an engine: what is decided and what comes next is appended as real journal lines and folded again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tui.journal import events as e
from tui.journal.line import GENESIS, Line, decode, digest, encode, encode_data
from tui.plan.model import Action, Guard, Phase, Plan, Quality, RollbackPlan, Section, Step, Target, Trigger
from tui.run import commands as c
from tui.run.clock import instant, rfc3339
from tui.run.decide import Decision, decide
from tui.run.fold import fold
from tui.run.next import Append, Do, Interrupt, Recover, Run, Wait, next_effects
from tui.run.order import Refusal
from tui.run.state import RunState
from tui.run.steps import StepState

OPENED = instant("2026-11-22T06:00:00Z")
ANA = "ana@jump1"
TARGET = "demo"
UNDO = Action(kind="sql", spec={"text": "select 0"})


def sql(step: str, **more: Any) -> Step:
    """A step that changes the database and can be undone."""
    given: dict[str, Any] = {"kind": "sql", "spec": {"text": "select 1"}, "undo": UNDO} | more
    return Step(id=step, title=f"Do {step}", **given)


def query(step: str, **more: Any) -> Step:
    """A step that changes nothing."""
    return Step(id=step, title=f"Ask {step}", kind="query", spec={"sql": "select 1", "equals": 1}, **more)


def sign(step: str, **more: Any) -> Step:
    return Step(id=step, title=f"Agree on {step}", kind="sign", **more)


def companion(step: str, host: str, **more: Any) -> Step:
    return Step(id=step, title=f"Watch {host}", kind="monitor", spec={"log": "server"}, with_=host, **more)


def section(*steps: Step, **more: Any) -> Section:
    return Section(title="Section", steps=steps, **more)


def phase(*sections: Section, **more: Any) -> Phase:
    return Phase(title="Phase", sections=sections, **more)


def plan(
    *phases: Phase,
    back: tuple[Phase, ...] = (),
    triggers: tuple[Trigger, ...] = (),
    success: tuple[Guard, ...] = (),
    quality: tuple[Quality, ...] = (),
) -> Plan:
    return Plan(
        name="Orders receive their region", targets={TARGET: Target(environment="development", dsn="x")},
        success=success, quality=quality, phases=phases, rollback=RollbackPlan(triggers=triggers, phases=back),
    )  # fmt: skip


def listed(*steps: Step, **more: Any) -> Plan:
    """A plan of one section."""
    return plan(phase(section(*steps)), **more)


def opening(of: Plan, *, policy: e.Policy | None = None, window: bool = False, compress: float = 1.0) -> e.RunOpened:
    opens = e.OpenWindow(opens=rfc3339(OPENED + 60), closes=rfc3339(OPENED + 3660), duration_s=2700.0, buffer_s=900.0)
    return e.RunOpened(
        id="20261122T060000Z-7f3a", plan=of, seal="5e" * 32, work="a0" * 32, target=TARGET, environment="development",
        mode="rehearsal", window=opens if window else None, policy=policy or e.Policy(), compress=compress,
    )  # fmt: skip


class Driven:
    """A run that is driven by hand of a test; `watch` sees every transition."""

    def __init__(
        self, of: Plan, *, policy: e.Policy | None = None, window: bool = False, compress: float = 1.0,
        watch: Callable[[RunState, e.Event, RunState], None] | None = None,
    ) -> None:  # fmt: skip
        self.lines: list[Line] = []
        self.states: list[RunState] = []
        self.state = RunState()
        self.watch = watch
        self._head = GENESIS
        self._mono = 0.0
        self.tick = 1.0
        self.append(opening(of, policy=policy, window=window, compress=compress), by=ANA)

    @property
    def wall(self) -> float:
        return OPENED + self._mono

    def sleep(self, seconds: float) -> None:
        self._mono += seconds

    def append(self, *events: e.Event, by: str = "engine") -> None:
        """Each event as the bytes of a line, read back and folded."""
        for event in events:
            self._mono += self.tick
            data = encode_data(event)
            line = Line(1, len(self.lines), rfc3339(self.wall), self._mono, event.TYPE, by, data, self._head)
            raw = encode(line)
            self._head = digest(raw)
            read = decode(raw)
            before = self.state
            self.state = fold(before, read)
            self.lines.append(read)
            self.states.append(self.state)
            if self.watch is not None:
                decoded = e.decode(read.type, read.data)
                assert decoded is not None
                self.watch(before, decoded, self.state)

    def effects(self) -> tuple[Do, ...]:
        return next_effects(self.state, self.wall)

    def go(self) -> Wait:
        """Append what comes next until there is nothing to append; the run must come to rest."""
        for _ in range(6 * len(self.state.steps) + 60):
            effects = self.effects()
            last = effects[-1]
            assert isinstance(last, (Wait, Append))
            assert all(isinstance(effect, (Run, Recover, Interrupt)) for effect in effects[:-1])
            if isinstance(last, Wait):
                return last
            assert last.events, "an empty Append would be asked for again for ever"
            self.append(*last.events, by=last.by)
        raise AssertionError("the run does not come to rest")

    def ask(self, command: c.Command, by: str = ANA, keep_driving: bool = False) -> Decision:
        """Decide and append."""
        decision = decide(self.state, command, by, self.wall, keep_driving)
        if not isinstance(decision, Refusal):
            assert decision
            self.append(*decision, by=by)
        return decision

    def do(self, command: c.Command, keep_driving: bool = False) -> Wait:
        """A command that must be accepted, and what follows from it."""
        decision = self.ask(command, keep_driving=keep_driving)
        assert not isinstance(decision, Refusal), decision
        return self.go()

    def refused(self, command: c.Command) -> Refusal:
        before = self.state
        decision = self.ask(command)
        assert isinstance(decision, Refusal), decision
        assert self.state is before
        return decision

    def at(self, step: str) -> StepState:
        return self.state.steps[step]

    def active(self) -> tuple[str, ...]:
        return self.state.active

    def status(self) -> str:
        return self.state.status

    def statuses(self) -> dict[str, str]:
        return {at.id: at.status for at in self.state.steps}

    def settle(self, *events: e.Event) -> Wait:
        self.append(*events)
        return self.go()

    def passed(self, step: str, effect: e.Effect | None = None, **evidence: Any) -> Wait:
        """The running attempt ends well; what undoes another marks that one."""
        at = self.at(step)
        assert at.status == "running", at.status
        if effect is None:
            effect = "all" if at.step.kind == "sql" else "none"
        if at.by_hand is not None:
            out: e.Event = e.StepByHand(step=step, attempt=at.attempt, note=at.by_hand, person=at.person or "",
                                        effect="all", evidence=evidence)  # fmt: skip
        else:
            out = e.StepPassed(step=step, attempt=at.attempt, effect=effect, evidence=evidence)
        self.append(out)
        if at.undoes is not None:
            self.append(e.StepUndone(step=at.undoes, attempt=self.at(at.undoes).attempt, by_step=step))
        return self.go()

    def failed(self, step: str, effect: e.Effect = "none", reason: str = "sql_error") -> Wait:
        at = self.at(step)
        assert at.status == "running", at.status
        return self.settle(e.StepFailed(step=step, attempt=at.attempt, effect=effect, reason=reason))

    def cancelled(self, step: str, effect: e.Effect = "none", reason: str = "person") -> Wait:
        at = self.at(step)
        assert at.status == "running", at.status
        return self.settle(e.StepCancelled(step=step, attempt=at.attempt, effect=effect, reason=reason))

    def undecided(self, step: str) -> Wait:
        at = self.at(step)
        return self.settle(e.StepFate(step=step, attempt=at.attempt, fate="undecided", reason="no_proof"))

    def crash(self, policy: e.Policy | None = None) -> Wait:
        return self.settle(e.RunRecovered(policy=policy))

    def ran(self, steps: Sequence[str]) -> None:
        """Execute these by hand, each with success."""
        for step in steps:
            if self.at(step).step.kind == "sign":
                self.do(c.Sign(step=step, note="seen"))
            else:
                self.do(c.Execute(step=step))
                self.passed(step)

    def types(self) -> list[str]:
        return [line.type for line in self.lines]


def rollback(reason: str = "it went wrong", to: str | None = None) -> c.Rollback:
    return c.Rollback(reason=reason, confirm=TARGET, to=to)


def undo(step: str) -> c.Undo:
    return c.Undo(step=step, confirm=TARGET)


def undo_again(step: str, reason: str | None = None) -> c.Retry:
    """Another attempt of the undo of a step."""
    return c.Retry(step=f"undo.{step}", reason=reason, confirm=TARGET)


def close(reason: str | None = None) -> c.Close:
    """Closed although what it did stays applied."""
    return c.Close(reason=reason, confirm=TARGET)


AUTOMATIC = e.Policy(drive="headless", sign_off="as agreed")
UNSIGNED = e.Policy(drive="headless")
