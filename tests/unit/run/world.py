"""A database and an engine that exist only in a test: what is done to them, and what must never be."""

from __future__ import annotations

from tests.unit.run.runs import TARGET, Driven
from tui.journal import events as e
from tui.plan.model import Plan
from tui.run.clock import starts_in, window_clock
from tui.run.next import Interrupt, Recover, Run
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.run.unsettled import is_half_undone, is_unsettled

STATEMENTS = 3
"""Transactions of a step that changes the database."""
ENDED = ("passed", "signed", "by_hand", "skipped")


def _section(at: StepState) -> str:
    return at.place.number.rsplit(".", 1)[0]


class World:
    """The truth about the target (`there`: which statements of each step are in it), and an engine that changes it.

    Every transition of the run is checked as it happens.
    """

    def __init__(self, of: Plan, policy: e.Policy, *, window: bool) -> None:
        self.there: dict[str, set[int]] = {}
        self.by_hand: set[str] = set()
        self.sent: dict[str, int] = {}
        self.attempted: set[tuple[str, int]] = set()
        self.fates: dict[tuple[str, int], int] = {}
        self.run = Driven(of, policy=policy, window=window, watch=self.check)

    # -- what happens -------------------------------------------------------------------------------------------

    def go(self) -> None:
        self.run.go()

    def running(self) -> list[StepState]:
        return list(self.run.state.running())

    def changes(self, at: StepState) -> bool:
        return at.step.kind == "sql"

    def commit(self, at: StepState, acknowledged: bool) -> None:
        """The next transaction of a running attempt; unacknowledged, its fate is open until a recovery."""
        if not self.changes(at) or at.by_hand is not None or at.recover or at.done >= STATEMENTS:
            return
        name = {"step": at.id, "attempt": at.attempt, "statement": at.done}
        self.run.append(e.TxBegin(**name, witness={"xid": "7"}), e.TxCommitSent(**name))  # type: ignore[arg-type]
        self._apply(at)
        if acknowledged:
            self.run.append(e.TxCommitted(**name))  # type: ignore[arg-type]
        else:
            self.sent[at.id] = at.done
            self.crash()

    def abort(self, at: StepState) -> None:
        """A transaction is sent and the engine dies before its commit."""
        if not self.changes(at) or at.by_hand is not None or at.recover or at.done >= STATEMENTS:
            return
        self.run.append(e.TxBegin(step=at.id, attempt=at.attempt, statement=at.done, witness={"xid": "7"}))
        self.crash()

    def _apply(self, at: StepState) -> None:
        if at.undoes is not None:
            there = self.there.setdefault(at.undoes, set())
            if at.done == STATEMENTS - 1:
                there.clear()
                self.by_hand.discard(at.undoes)
            return
        there = self.there.setdefault(at.id, set())
        assert at.done not in there, f"{at.id}: statement {at.done} is applied twice"
        there.add(at.done)

    def crash(self) -> None:
        self.run.append(e.RunRecovered())
        self.attempted.clear()

    def finish(self, at: StepState, how: str) -> None:
        """A running attempt ends: all of it, or not; what is being recovered gets a fate and its outcome."""
        if at.recover:
            self._recover(at, how)
            return
        some: e.Effect = "some" if at.done else "none"
        if how == "pass" and not at.cancel:
            if at.by_hand is not None:
                self._by_hand(at)
                self.run.append(
                    e.StepByHand(step=at.id, attempt=at.attempt, note=at.by_hand, person="ana", effect="all")
                )
                return
            if self.changes(at):
                while self.run.at(at.id).done < STATEMENTS:
                    self.commit(self.run.at(at.id), acknowledged=True)
            self._pass(self.run.at(at.id))
        elif how == "pass" or at.cancel:
            self.run.append(e.StepCancelled(step=at.id, attempt=at.attempt, effect=some, reason=at.reason or "person"))
        else:
            self.run.append(e.StepFailed(step=at.id, attempt=at.attempt, effect=some, reason="sql_error"))

    def _pass(self, at: StepState) -> None:
        effect: e.Effect = "all" if self.changes(at) else "none"
        passed: list[e.Event] = [e.StepPassed(step=at.id, attempt=at.attempt, effect=effect)]
        if at.undoes is not None:
            passed.append(e.StepUndone(step=at.undoes, attempt=self.run.at(at.undoes).attempt, by_step=at.id))
        self.run.append(*passed)

    def _recover(self, at: StepState, how: str) -> None:
        name = {"step": at.id, "attempt": at.attempt}
        committed = self.sent.pop(at.id, None)
        if how == "lose":
            if committed is not None:
                self.sent[at.id] = committed
            self.run.append(e.StepFate(**name, fate="undecided", reason="no_proof"))  # type: ignore[arg-type]
            return
        fate: e.FateWord = "not_applied" if committed is None or at.witness is None else "applied"
        self.run.append(e.StepFate(**name, fate=fate, reason="status"))  # type: ignore[arg-type]
        now = self.run.at(at.id)
        if self.changes(at) and now.done == STATEMENTS and at.by_hand is None:
            self._pass(now)
            return
        effect: e.Effect = "some" if now.done else "none"
        self.run.append(e.StepCancelled(**name, reason="interrupted", effect=effect))  # type: ignore[arg-type]

    def person_looks(self, step: str) -> None:
        """Who retries an undecided step has made sure that the lost commit is not there."""
        at = self.run.state.steps.get(step)
        if at is None or at.status != "undecided":
            return
        lost = self.sent.pop(step, None)
        if lost is not None and at.undoes is None:
            self.there.get(step, set()).discard(lost)

    def _by_hand(self, at: StepState) -> None:
        self.sent.pop(at.id, None)
        if at.undoes is not None:
            self.there.get(at.undoes, set()).clear()
            self.by_hand.discard(at.undoes)
        elif self.changes(at):
            # What only reads left nothing by hand either.
            self.by_hand.add(at.id)

    # -- what must hold -----------------------------------------------------------------------------------------

    def check(self, before: RunState, event: e.Event, after: RunState) -> None:
        self._marks(after)
        match event:
            case e.StepStarted():
                self._started(before, event)
            case e.StepByHand():
                self._by_hand(after.steps[event.step])
            case e.StepPassed() if after.steps[event.step].undoes is None:
                at = after.steps[event.step]
                if self.changes(at):
                    assert self.there.get(at.id, set()) == set(range(STATEMENTS)), f"{at.id}: something was left out"
            case e.RollbackStarted():
                self._rollback_started(before, event)
            case e.RollbackFinished():
                self._rollback_finished(after, event)
            case e.TriggerFired():
                fired = [(f.event.title, f.event.step, f.attempt) for f in after.fired if f.event.step is not None]
                assert len(fired) == len(set(fired)), "a trigger fires once for an attempt"
            case e.StepFate():
                assert before.steps[event.step].status == "running"
            case _:
                pass
        if isinstance(event, e.StepOutcome):
            self._outcome(before, event, after)

    def _outcome(self, before: RunState, event: e.StepOutcome, after: RunState) -> None:
        known, at = before.steps[event.step], after.steps[event.step]
        assert at.status != "running" and event.step not in after.active
        if known.status == "running":
            assert known.attempt == event.attempt
        if before.closed is not None:
            raise AssertionError("an outcome after the end")
        if isinstance(event, (e.StepPassed, e.StepFailed, e.StepCancelled)):
            assert known.status == "running", "one outcome for an attempt"
        if isinstance(event, (e.StepSigned, e.StepSkipped)):
            assert known.status not in (*ENDED, "running")
        # Whatever is in the database, and can be taken back, a rollback must see.
        if at.group == "main" and (self.there.get(at.id) or at.id in self.by_hand):
            assert at.may_have_effect or at.status == "undone", f"{at.id} is {at.status}: its effect is forgotten"

    def _confirmed(self, before: RunState, known: StepState | None, event: e.StepStarted) -> None:
        """What costs a confirmation was not begun without one, by nobody."""
        if known is None or known.group == "undo":
            rolling = before.rollback is not None and before.rollback.status in ("running", "failed")
            assert rolling or event.confirm == TARGET, f"{event.step}: an undo is confirmed"
            return
        # What was decided was decided before the lines were written, each of which takes a second here.
        clock = window_clock(before, self.run.wall - 4.0)
        outside = clock is not None and (clock.in_buffer or clock.is_over) and self.changes(known)
        if known.group == "main" and outside and event.by_hand is None:
            assert event.confirm == TARGET and event.reason, f"{event.step} outside the window"
        if known.step.confirm == "typed" and event.by_hand is None:
            assert event.confirm == TARGET, f"{event.step} is dangerous"

    def _started(self, before: RunState, event: e.StepStarted) -> None:
        known = before.steps.get(event.step)
        assert before.closed is None
        self._confirmed(before, known, event)
        if known is None:
            assert event.undoes is not None and event.attempt == 1
            assert all(before.steps[s].step.with_ is not None for s in before.active)
            return
        assert event.attempt == known.attempt + 1
        assert known.status != "running", "begun twice"
        if known.step.with_ is not None:
            host = before.steps[known.step.with_]
            assert host.status == "running"
            if self.run.lines[-1].by == "engine":
                assert known.host_attempt < host.attempt, "a companion begins once for an attempt of its step"
                assert known.status not in ("skipped", "by_hand", "undecided")
            else:
                assert known.status not in ENDED
            return
        if known.group == "undo" and not (before.rollback is not None and before.rollback.status == "running"):
            assert before.steps[known.undoes or ""].may_have_effect
            return
        assert known.status not in ENDED, f"{known.id} has ended and is begun again"
        others = [before.steps[s] for s in before.active if before.steps[s].step.with_ is None]
        for other in others:
            assert known.place.parallel and _section(known) == _section(other), f"{known.id} beside {other.id}"
        if known.group != "main":
            rollback = before.rollback
            assert rollback is not None
            for step in rollback.undo[: rollback.undo.index(known.undoes)] if known.undoes is not None else ():
                undo = before.steps["undo." + step]
                assert undo.is_ended or before.steps[step].status == "undone", f"{known.id} before {undo.id}"
            return
        assert before.held is None, "begun while held"
        assert before.rollback is None or before.rollback.status == "rolled_back_to", "the checklist goes on"
        for other in before.steps:
            if other.id == known.id:
                break
            if other.step.with_ is None and not (known.place.parallel and _section(known) == _section(other)):
                assert other.is_ended, f"{known.id} before {other.id}, which is {other.status}"
        if event.by_hand is None and known.attempt == 0:
            wait = starts_in(before, known.place.starts, self.run.wall)
            assert wait is None or wait <= 0, "before its phase"

    def _rollback_started(self, before: RunState, event: e.RollbackStarted) -> None:
        main = [at for at in before.steps if at.group == "main"]
        after_to = event.to is None
        wanted = []
        for at in main:
            if after_to and at.step.undo is not None and (at.may_have_effect or at.status == "running"):
                wanted.append(at.id)
            after_to = after_to or at.id == event.to
        if before.rollback is not None and before.rollback.status == "failed":
            # Taken up again: what a person has settled in the meantime is not asked for again.
            assert set(event.undo) <= {at.id for at in main if at.step.undo is not None}
        else:
            assert list(event.undo) == wanted[::-1]
        positions = [before.steps.position(step) for step in event.undo]
        assert positions == sorted(positions, reverse=True)
        assert before.rollback is None or before.rollback.status in ("failed", "rolled_back_to")

    def _rollback_finished(self, after: RunState, event: e.RollbackFinished) -> None:
        assert not [at for at in after.running() if at.step.with_ is None]
        rollback = after.rollback
        assert rollback is not None
        if event.outcome == "failed":
            return
        floor = -1 if rollback.to is None else after.steps.position(rollback.to)
        for at in after.steps:
            if at.group != "main" or at.step.undo is None or after.steps.position(at.id) <= floor:
                continue
            undo = after.steps.get("undo." + at.id)
            left_out = undo is not None and undo.status == "skipped" and undo.reason != "nothing_applied"
            if not left_out:
                assert not self.there.get(at.id) and at.id not in self.by_hand, f"{at.id} is still there"

    def _marks(self, state: RunState) -> None:
        """Everything the state keeps so as not to look at every step, compared with a look at every step."""
        steps = list(state.steps)
        assert sorted(state.active) == sorted(at.id for at in steps if at.status == "running")
        main = [at for at in steps if at.group == "main"]
        assert steps[: len(main)] == main and state.checklist == len(main)
        assert state.unended == next((i for i, at in enumerate(main) if not at.is_over), len(main))
        behind = enumerate(steps[len(main) :], len(main))
        assert state.rollback_unended == next((i for i, at in behind if not at.is_over), len(steps))
        assert set(state.troubled) == {at.id for at in steps if at.status in ("failed", "undecided")}
        assert [at.id for at in state.undecided] == [at.id for at in steps if at.status == "undecided"]
        current = next((at for at in main if not at.is_ended and at.step.with_ is None), None)
        assert state.current() == current
        for position, at in enumerate(steps):
            assert state.steps.position(at.id) == position and state.steps.at(position) is at
        if state.closed is None and current is None and not state.undecided and state.rollback is None:
            unsettled = any(is_unsettled(at) or is_half_undone(at) for at in steps)
            assert state.status == ("failed" if unsettled else "completed")

    def effects_fit(self) -> None:
        """What comes next is to be done to running steps, each once."""
        state = self.run.state
        doing = [d for d in self.run.effects() if isinstance(d, (Run, Recover, Interrupt))]
        if state.closed is None:
            assert [d.step for d in doing] == list(state.active)
            for effect in doing:
                assert effect.attempt == state.steps[effect.step].attempt
