"""Journals for tests: a small run with everything in it, rollback included, written as the engine writes it."""

from __future__ import annotations

from pathlib import Path

from tui.journal import events as e
from tui.journal.clock import RunClock
from tui.journal.writer import JournalWriter
from tui.plan.model import Action, Guard, Phase, Plan, RollbackPlan, Section, Step, Target


def small_plan(name: str = "recorded") -> Plan:
    """Four steps, one with an undo, a guard, and a rollback of its own."""
    undo = Action(kind="sql", spec={"text": "select 2"})
    steps = (
        Step(id="one", title="One", kind="sql", spec={"text": "select 1"}, undo=undo),
        Step(id="two", title="Two", kind="batch", spec={"sql": "update t set a = 1"}),
        Step(id="three", title="Three", kind="sign"),
        Step(id="four", title="Four", kind="query", spec={"sql": "select 1", "equals": 2}),
    )
    after = Step(id="check-back", title="Check", kind="query", spec={"sql": "select 1", "equals": 1})
    return Plan(
        name=name,
        targets={"dev": Target(environment="development", dsn="dbname=x")},
        success=(Guard(metric="cpu", below=0.7),),
        phases=(Phase(title="All", sections=(Section(title="All", steps=steps),)),),
        rollback=RollbackPlan(phases=(Phase(title="Back", sections=(Section(title="Back", steps=(after,)),)),)),
    )


def write_run(path: Path, name: str = "recorded") -> None:
    """A run that goes wrong at its last step and is rolled back, with samples and output in between."""
    opened = e.RunOpened(
        id="20260101T000000Z-abcd", plan=small_plan(name), seal="0" * 64, work="1" * 64, target="dev",
        environment="development", policy=e.Policy(drive="headless", sign_off="x", signer="t"),
    )  # fmt: skip
    with JournalWriter.create(path, RunClock.start()) as writer:

        def put(*events: e.Event) -> None:
            for event in events:
                writer.append(event.TYPE, event, durable=False)

        put(opened, e.HelmTaken(person="ana@jump1"))
        put(e.StepStarted(step="one", attempt=1, kind="sql"))
        put(e.TxBegin(step="one", attempt=1, witness={"xid": "7", "pid": 1}))
        put(e.TxCommitSent(step="one", attempt=1), e.TxCommitted(step="one", attempt=1, rows=3))
        put(e.StepPassed(step="one", attempt=1, evidence={"rows": 3}, effect="all"))
        put(e.StepStarted(step="two", attempt=1, kind="batch"))
        for tick in range(60):
            put(e.MetricsSampled(values={"cpu": 0.5 + tick / 100}, sources={"cpu": "db1"}))
            put(e.StepProgress(step="two", attempt=1, done=float(tick), total=60.0, unit="rows"))
            put(e.StepOutput(step="two", attempt=1, text=f"line {tick}\n", offset=tick * 9, length=9, sha256="0" * 64))
            put(e.LogLines(stream="server", text=f"{tick}\n", lines=({"severity": "LOG"},)))
        put(e.GuardBreached(metric="cpu", value=0.9, limit=0.7, since=1.0))
        put(e.StepPassed(step="two", attempt=1, effect="all"))
        put(e.StepSigned(step="three", attempt=1, note="seen", person="ana@jump1"))
        put(e.StepStarted(step="four", attempt=1, kind="query"))
        put(e.StepWaiting(step="four", attempt=1, reason="lock", facts={"blockers": [{"pid": 3}]}))
        put(e.StepFailed(step="four", attempt=1, reason="not_as_expected", evidence={"value": 1}))
        put(e.ErrorRecorded(id="E1", text="not as expected", step="four", attempt=1))
        put(e.TriggerFired(title="Four failed", reason="step_failed", step="four"))
        put(e.RollbackStarted(reason="four failed", undo=("one",), without_undo=("two",)))
        put(e.StepStarted(step="undo.one", attempt=1, kind="sql", undoes="one"))
        put(e.StepPassed(step="undo.one", attempt=1, effect="all"))
        put(e.StepUndone(step="one", attempt=1, by_step="undo.one"))
        put(e.RunRecovered(engine={"pid": 4}), e.NoteAdded(text="a note"))
        put(e.StepStarted(step="check-back", attempt=1, kind="query"), e.StepPassed(step="check-back", attempt=1))
        put(e.RollbackFinished(outcome="rolled_back", duration_s=1.0), e.RunClosed(outcome="rolled_back"))
