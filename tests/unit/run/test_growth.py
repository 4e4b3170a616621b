"""What a journal costs to fold grows with its lines and not with their square, and what is kept of many is bounded.

Processor time at two lengths is compared: linear is 4 times as long, quadratic 16 times.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.unit.run.runs import ANA, TARGET, listed, query
from tui.journal import events as e
from tui.journal.line import GENESIS, Line, encode_data
from tui.plan.model import Guard, Plan, Trigger
from tui.run.amendment import KEPT_AMENDMENTS
from tui.run.fold import fold
from tui.run.measured import NAMES
from tui.run.next import next_effects
from tui.run.state import KEPT, MOST_FIRED, RunState
from tui.run.status import status

LITTLE, TIMES, LIMIT = 500, 4, 9.0
STEPS = 40
Story = Callable[[int], list[e.Event]]


def made_plan() -> Plan:
    return listed(
        *(query(f"s{n}", on_failure="propose_rollback") for n in range(STEPS)),
        success=(Guard(metric="cpu", below=0.7), Guard(metric="cpu", above=0.01)),
        triggers=(Trigger(title="Hot", guard="cpu"), Trigger(title="Errors", errors=3)),
    )


OPENING = e.RunOpened(
    id="r", plan=made_plan(), seal="0" * 64, work="0" * 64, target=TARGET, environment="development",
)  # fmt: skip


def line(seq: int, event: e.Event) -> Line:
    at = f"2026-11-22T06:{seq // 60 % 60:02d}:{seq % 60:02d}.000000Z"
    return Line(1, seq, at, float(seq), event.TYPE, ANA, encode_data(event), GENESIS)


def told(count: int, story: Story) -> tuple[RunState, float]:
    """The state behind a story of so many events, and the processor's seconds for it."""
    state = fold(RunState(), line(0, OPENING))
    lines = [line(n, event) for n, event in enumerate(story(count), 1)]
    began = time.process_time()
    for each in lines:
        state = fold(state, each)
    return state, time.process_time() - began


def attempt(n: int, step: str = "s0") -> list[e.Event]:
    return [
        e.StepStarted(step=step, attempt=n, kind="query"),
        e.StepWaiting(step=step, attempt=n, reason="lock", facts={"pid": n}),
        e.StepFailed(step=step, attempt=n, reason="not_as_expected", message="no"),
        e.ErrorRecorded(id=f"E{n}", text="no", step=step, attempt=n, source="step"),
        e.TriggerFired(title="s0", reason="step_failed", step=step),
    ]


STORIES: dict[str, Story] = {
    "notes": lambda n: [e.NoteAdded(text=f"note {i}") for i in range(n)],
    "feedback": lambda n: [e.FeedbackAdded(text=f"feedback {i}") for i in range(n)],
    "handovers": lambda n: [e.HelmReleased(person=ANA, note=f"{i}") for i in range(n)],
    "triggers": lambda n: [e.TriggerFired(title=f"t{i}", reason="guard_breached", metric=f"m{i}") for i in range(n)],
    "one trigger": lambda n: [e.TriggerFired(title="Hot", reason="guard_breached", metric="cpu") for i in range(n)],
    "triggers of steps": lambda n: [
        e.TriggerFired(title="x", reason="step_failed", step=f"s{i % STEPS}") for i in range(n)
    ],
    "breaches": lambda n: [
        event for i in range(n // 2)
        for event in (e.GuardBreached(metric="cpu", value=0.9, limit=0.7, since=float(i), relation="below"),
                      e.GuardCleared(metric="cpu", value=0.1, limit=0.7, relation="below"))
    ],
    "errors": lambda n: [e.ErrorRecorded(id=f"E{i}", text="no", step=f"s{i % STEPS}") for i in range(n)],
    "errors resolved": lambda n: [e.ErrorRecorded(id=f"E{i}", text="no", step="s1") for i in range(n // 2)]
    + [e.ErrorResolved(id=f"E{i}", text="seen") for i in range(n // 2)],
    "unknown errors resolved": lambda n: [e.ErrorRecorded(id=f"E{i}", text="no") for i in range(n // 2)]
    + [e.ErrorResolved(id=f"X{i}", text="seen") for i in range(n // 2)],
    "attempts": lambda n: [event for i in range(1, n // 5) for event in attempt(i)],
    "attempts of many steps": lambda n: [
        event for i in range(1, n // 5) for event in attempt(1 + i // STEPS, f"s{i % STEPS}")
    ],
    "backups": lambda n: [
        e.BackupRecorded(step="s0", attempt=1, path=f"/{i}", format="c", bytes=1, sha256="0" * 64) for i in range(n)
    ],
    "holds": lambda n: [event for i in range(n // 2) for event in (e.RunHeld(reason=f"{i}"), e.RunResumed())],
    "rollbacks": lambda n: [
        event for i in range(n // 8)
        for event in (e.RollbackStarted(reason="r"), e.RollbackFinished(outcome="failed", step="s0"))
    ],
    "samples": lambda n: [e.MetricsSampled(values={"cpu": 0.5, "tps": float(i)}) for i in range(n)],
    "samples of ever other figures": lambda n: [
        e.MetricsSampled(values={f"m{i}": 1.0}, sources={f"m{i}": "db"}, facts={f"f{i}": 1}) for i in range(n)
    ],
    "improvements": lambda n: [e.ImprovementAdded(id=f"I{i}", text="x", owner="a", due="2031-12-31") for i in range(n)],
    "lessons": lambda n: [e.LessonAdded(id=f"L{i}", text="x") for i in range(n)],
    "amendments": lambda n: [
        e.RunAmended(plan=OPENING.plan, seal=f"{i:064d}", work=f"{i:064d}", reason="x") for i in range(n // 10)
    ],
    "log lines": lambda n: [e.LogLines(stream="server", text="x", lines=({"severity": "LOG"},)) for i in range(n)],
    "output": lambda n: [e.StepOutput(step="s0", attempt=1, text="x", offset=i, length=1) for i in range(n)],
    "commits": lambda n: [
        event for i in range(n // 2)
        for event in (e.TxBegin(step="s0", attempt=0, witness={"xid": str(i)}), e.TxCommitted(step="s0", attempt=0))
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_a_journal_is_folded_in_time_that_grows_with_its_length(name: str) -> None:
    ratios = []
    for _try in range(4):
        _state, little = told(LITTLE, STORIES[name])
        state, much = told(LITTLE * TIMES, STORIES[name])
        ratios.append(much / little)
        if ratios[-1] < LIMIT:
            break
    assert min(ratios) < LIMIT, ratios
    bounds = {"remarks": KEPT, "backups": KEPT, "samples": 120, "fired": MOST_FIRED}
    bounds |= {"improvements": KEPT, "lessons": KEPT, "amendments": KEPT_AMENDMENTS}
    bounds |= dict.fromkeys(("latest", "metrics", "sources", "facts"), NAMES)
    assert all(len(getattr(state, name)) <= most for name, most in bounds.items())
    assert status(state)["seq"] == state.seq and next_effects(state, 0.0)


def test_of_firings_those_are_kept_whose_cause_is_there() -> None:
    first: list[e.Event] = [e.StepStarted(step="s0", attempt=1, kind="query"),
                            e.StepFailed(step="s0", attempt=1, reason="x"),
                            e.TriggerFired(title="Do s0", reason="step_failed", step="s0")]  # fmt: skip
    flapping: list[e.Event] = [
        e.GuardBreached(metric="cpu", value=0.9, limit=0.7, relation="below"),
        e.TriggerFired(title="Hot", reason="guard_breached", metric="cpu"),
        e.GuardCleared(metric="cpu", value=0.1, limit=0.7, relation="below"),
    ]
    state, _seconds = told(0, lambda _: [*first, *(flapping * 2 * MOST_FIRED), *flapping[:2]])
    assert len(state.fired) <= MOST_FIRED
    assert [fired.event.title for fired in state.proposed] == ["Do s0", "Hot"]
    assert state.triggers[0].breaches["cpu"] == 2 * MOST_FIRED + 1


def test_an_older_list_of_errors_is_not_changed_by_a_younger_one() -> None:
    from tui.run.errors import Errors, RecordedError

    older = Errors.of(RecordedError(id=f"E{n}", text="x") for n in range(300))
    one, other = older.added(RecordedError(id="A", text="a")), older.added(RecordedError(id="B", text="b"))
    both = one.added(RecordedError(id="B", text="later"))
    assert ("A" in one, "B" in one, "A" in other, "B" in other) == (True, False, False, True)
    assert "A" not in older and "B" not in older and len(older) == 300
    found = [each.get("B") for each in (one, other, both)]
    assert [None if error is None else error.text for error in found] == [None, "b", "later"]
    done = both.resolved("E7", "seen").resolved("B", "seen").resolved("nobody", "x")
    assert (done.unresolved, both.unresolved, done[7].resolved, both[7].resolved) == (300, 302, "seen", None)
    assert done == Errors.of(done) and done.unresolved == Errors.of(done).unresolved
