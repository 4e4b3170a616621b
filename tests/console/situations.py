"""The seven situations in which a person asks the twelve questions, of a plan that was rehearsed or never was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.console.journals import ANA, Story, backing_up, migrating, plan
from tests.console.twin import Seen, shown
from tui.journal import events as e
from tui.plan.model import Phase, Plan

UNREHEARSED: dict[str, Any] = {"durations": {}, "rollback_s": None}
"""What `run.opened` knows of a plan that has never run."""


def before_window(**more: Any) -> Story:
    """Half of the preparation is done, the window opens in minutes."""
    return Story(**more).helm().sample().passes("disk").passes("access").sample()


def blocked(**more: Any) -> Story:
    """The migration waits for a lock that a forgotten session holds."""
    return migrating(**more)


def breached(**more: Any) -> Story:
    """The backup runs, and the application is too slow for half a minute."""
    story = backing_up(**more)
    for _second in range(31):
        story.sample(response_time=0.33)
    return story.add(
        e.GuardBreached(metric="response_time", value=0.33, limit=0.1, source="db1", since=story.mono - 31)
    ).sample(response_time=0.34)


def failed_psql(**more: Any) -> Story:
    """The migration, a script of psql, has failed at its second statement, and the first one is in the database."""
    story = migrating(**more).add(e.StepWaiting(step="migrate", attempt=1))
    story.output("migrate", 'psql:migration.sql:2: ERROR:  42703: column "regiao" does not exist')
    return story.add(
        e.StepFailed(
            step="migrate", attempt=1, reason="exit_status", effect="some", sqlstate="42703",
            message='column "regiao" does not exist', evidence={"exit_status": 3},
        )
    ).sample()  # fmt: skip


def rolling_back(**more: Any) -> Story:
    """The rollback has failed once, at its first undo, and runs again."""
    story = migrating(**more).add(e.StepWaiting(step="migrate", attempt=1))
    story.add(e.TxBegin(step="migrate", attempt=1, witness={"xid": "771"}))
    story.add(e.TxCommitSent(step="migrate", attempt=1)).add(e.TxCommitted(step="migrate", attempt=1, rows=0))
    evidence = {"statements": 4, "commit": {"xid": "771", "protection": "ledger"}}
    story.add(e.StepPassed(step="migrate", attempt=1, evidence=evidence, effect="all"), after=3.0)
    story.add(e.StepCancelled(step="follow-log", attempt=1, reason="host_ended"))
    story.add(e.RollbackStarted(reason="os relatórios pararam", undo=("migrate",)), by=ANA, after=20.0)
    story.signs("rb-tell", "Avisados")
    story.add(e.StepStarted(step="undo.migrate", attempt=1, undoes="migrate"), after=1.0)
    story.add(
        e.StepFailed(
            step="undo.migrate", attempt=1, reason="sql_error", sqlstate="55P03", effect="none",
            message="canceling statement due to lock timeout",
        ),
        after=30.0,
    )  # fmt: skip
    story.add(e.RollbackFinished(outcome="failed", step="undo.migrate", duration_s=34.0))
    story.add(e.RollbackStarted(reason="os relatórios pararam", undo=("migrate",)), by=ANA, after=15.0)
    story.add(e.StepStarted(step="undo.migrate", attempt=2, undoes="migrate"), after=0.1)
    return story.sample().sample()


def killed(**more: Any) -> Story:
    """The engine is gone in the middle of the backup: nothing has been written since."""
    return backing_up(**more)


SITUATIONS: dict[str, Callable[..., Story]] = {
    "before the window": before_window, "backup running": backing_up, "blocked": blocked, "breached": breached,
    "failed psql step": failed_psql, "rollback running": rolling_back, "engine killed": killed,
}  # fmt: skip


def shown_in(situation: str, story: Story, directory: Path, size: tuple[int, int]) -> AbstractAsyncContextManager[Seen]:
    """The console of who has the helm; five minutes later where the engine is gone."""
    if situation == "engine killed":
        return shown(story, directory, size=size, engine=lambda told: False, later=300.0)
    return shown(story, directory, size=size)


def of_ones_own() -> Plan:
    """The same work in a plan as somebody writes it down for the first time: nothing says how long anything takes."""

    def bare(phase: Phase) -> Phase:
        sections = [
            replace(section, estimate=None, steps=tuple(replace(each, estimate=None) for each in section.steps))
            for section in phase.sections
        ]
        return replace(phase, sections=tuple(sections))

    whole = plan()
    rollback = replace(whole.rollback, phases=tuple(map(bare, whole.rollback.phases)))
    return replace(whole, phases=tuple(map(bare, whole.phases)), rollback=rollback)
