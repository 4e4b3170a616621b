"""A plan with a step of every kind, the person who carries it out whatever happens, and the judge of what was said.

The judge knows the contract alone: what the journal says of a step is true of the database, each attempt has one
outcome, nothing is done twice, an engine that ends leaves nothing behind and the run can be taken up.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from tests.engine.rig import Rig
from tests.faults.failing import FewDescriptors
from tests.postgres_server import Database
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.verify import Survey
from tui.run.commands import Command, Execute, Resolve, Retry, Rollback, Skip
from tui.run.next import Wait, next_effects
from tui.run.order import Refusal
from tui.run.steps import StepState

HUNG = 30.0
"""Seconds without anything happening, which no step of the plan takes."""
_ROWS = 20
PLAN = """
virada: 1
name: every kind
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: check, title: Check, check: {connect: true, tools: [psql], disk_free: 1MB}}
          - id: backup
            title: Backup
            backup: {directory: "${BACKUP}", format: custom}
          - {id: verify, title: Verify, verify_backup: {of: backup}}
          - id: single
            title: Single
            sql: {file: single.sql, transaction: single}
            undo: {sql: {file: unsingle.sql}}
          - id: each
            title: Each
            sql: {file: each.sql, transaction: per_statement}
            undo: {sql: "insert into log values ('undo.each')"}
          - id: batch
            title: Batch
            batch:
              sql: >-
                with picked as (update work set done = true where id in (select id from work where not done order by id
                limit 10) returning id) insert into log (step) select 'batch.' || id from picked
              pause: 1ms
              total: select count(*) from work where not done
            prove: {query: "select count(*) from work where not done", equals: 0}
            undo: {sql: "insert into log values ('undo.batch')"}
          - id: index
            title: Index
            sql: {file: index.sql, transaction: per_statement}
            prove: {query: "select count(*) from pg_index where indexrelid = to_regclass('by_note')", equals: 1}
            cleanup: {sql: {text: drop index concurrently if exists by_note, transaction: per_statement}}
            undo: {sql: "insert into log values ('undo.index')"}
          - id: psql
            title: Psql
            psql: {file: psql.sql}
            prove: {query: "select count(*) from log where step like 'psql.%'", equals: 2}
            undo: {psql: {file: unpsql.sql}}
          - id: program
            title: Program
            command: {run: [psql, -X, -q, -v, ON_ERROR_STOP=1, -f, program.sql], files: [program.sql]}
            prove: {query: "select count(*) from log where step = 'program'", equals: 1}
            repeat: after_proof
            undo:
              command: {run: [psql, -X, -q, -v, ON_ERROR_STOP=1, -f, unprogram.sql], files: [unprogram.sql]}
          - {id: count, title: Count, query: {sql: "select count(*) - count(distinct step) from log", equals: 0}}
rollback:
  phases:
    - title: Back
      sections:
        - title: Back
          steps:
            - {id: back, title: Back, sql: "insert into log values ('back')"}
"""
FILES = {
    "single.sql": "insert into log values ('single.1');\ndo $$ begin raise warning 'said'; end $$;\n"
    "insert into log values ('single.2');\n",
    "unsingle.sql": "insert into log values ('undo.single');\n",
    "each.sql": "".join(f"insert into log values ('each.{n}');\n" for n in (1, 2, 3)),
    "index.sql": "insert into log values ('index.before');\ncreate index concurrently by_note on work (note);\n"
    "insert into log values ('index.after');\n",
    "psql.sql": "insert into log values ('psql.1');\n\\echo said\ninsert into log values ('psql.2');\n",
    "unpsql.sql": "insert into log values ('undo.psql');\n",
    "program.sql": "insert into log values ('program');\n",
    "unprogram.sql": "insert into log values ('undo.program');\n",
}
ROWS: dict[str, tuple[str, ...]] = {
    "single": ("single.1", "single.2"), "each": ("each.1", "each.2", "each.3"),
    "batch": tuple(f"batch.{n}" for n in range(1, _ROWS + 1)), "index": ("index.before", "index.after"),
    "psql": ("psql.1", "psql.2"), "program": ("program",), "back": ("back",),
    **{f"undo.{step}": (f"undo.{step}",) for step in ("single", "each", "batch", "index", "psql", "program")},
}  # fmt: skip
"""What each step leaves in `log` when it is executed once."""
_SCHEMA = f"""
drop schema public cascade; create schema public;
create table log (step text not null);
create table work (id int primary key, done boolean not null default false, note text);
insert into work select n, false, 'x' from generate_series(1, {_ROWS}) n;
"""


class Wrong(AssertionError):
    """What was said, or done, and is not so."""


class Hung(AssertionError):
    """Nothing happened any more."""


class Case:
    """One run of the plan, forward and back. `undecided`: how often a person had to look."""

    def __init__(self, home: Path, database: Database) -> None:
        self.database = database
        home.mkdir(parents=True)
        backup = home / "backup"
        backup.mkdir()
        with database.connect() as connection:
            connection.execute(_SCHEMA.encode())
        self.rig = Rig(home, database, PLAN, FILES, BACKUP=str(backup))
        self.undecided = 0
        self.engines = 1
        self._few = FewDescriptors()
        self._short: dict[str, int] = {}
        self._settled: set[str] = set()
        self._judged: set[tuple[str, int, str]] = set()

    async def through(
        self, short: Mapping[str, int] | None = None, fault: AbstractContextManager[Any] | None = None
    ) -> None:
        """Forward to the end, then all of it back, in `fault`, which does not befall what is looked at afterwards.
        `short`: for the first attempt of these steps (or the `rollback`) no more than so many further descriptors are
        to be had, for a second, or until it has ended. Raises Wrong and Hung.
        """
        self._short = dict(short or {})
        with fault or nullcontext():
            await self._carry_out(lambda: "completed")
            if "rollback" in self._short:
                self._few.limit(self._short["rollback"])
            # What could not be journaled was not asked.
            while self.rig.recorder.state.rollback is None:
                await self._asked(Rollback(reason="all of it", confirm="dev"))
                await self._rest()
            await self._carry_out(lambda: "rolled_back")
        self._count()
        self._sound()

    async def _carry_out(self, end: Any) -> None:
        for _turn in range(400):
            wait = await self._rest()
            self._few.relieve()
            self._judge()
            if wait.reason == end():
                return
            if wait.reason == "unsettled":
                await self._answered()
                continue
            at = self._next(wait)
            if at.status == "undecided":
                self.undecided += 1
                if self._there(at) == 0 and self._rows(at):
                    await self._asked(Retry(step=at.id, reason="none of it is there"))
                else:
                    self._settled.add(at.id)
                    await self._asked(Skip(step=at.id, reason="a person looked"))
            elif at.status in ("failed", "cancelled") and not at.interrupted:
                await self._asked(Retry(step=at.id))
            else:
                if at.id in self._short:
                    self._few.limit(self._short.pop(at.id))
                await self._asked(Execute(step=at.id))
        raise Hung("it goes in circles")

    def _next(self, wait: Wait) -> StepState:
        state = self.rig.recorder.state
        for at in state.undecided:
            return at
        if wait.step is not None:
            return state.steps[wait.step]
        current = state.current()
        if current is None:
            raise Hung(f"it waits for {wait.reason}, and nothing is left to be done")
        return current

    async def _answered(self) -> None:
        """A person answers for the errors of what was left out."""
        for error in self.rig.recorder.state.errors:
            if error.resolved is None:
                await self._asked(Resolve(error=error.id, text="a person looked"))

    async def _asked(self, command: Command) -> None:
        try:
            refused = self.rig.do(command)
        except (JournalFull, JournalBroken):
            return
        if isinstance(refused, Refusal):
            raise Wrong(f"{command} was refused: {refused.message}")

    async def _rest(self) -> Wait:
        """What the engine waits for, once nothing is at work; an engine that has ended is followed by another one."""
        known: Any = None
        since = time.monotonic()
        while True:
            task = self.rig._task
            assert task is not None
            if task.done():
                await self._another(task)
                since = time.monotonic()
            state = self.rig.recorder.state
            last = next_effects(state, time.time())[-1]
            busy = state.active or self.rig.engine._tasks or self.rig.recorder.writer.broken is not None
            if not busy and isinstance(last, Wait) and last.reason not in ("running", "clock"):
                return last
            now = [(step, state.steps[step].attempt, state.steps[step].done) for step in state.active]
            if now != known:
                known, since = now, time.monotonic()
            if time.monotonic() - since > 1.0:
                # What waits for descriptors gets them now.
                self._few.relieve()
            if time.monotonic() - since > HUNG:
                raise Hung(f"nothing ends any more: {now}, {last}")
            await asyncio.sleep(0.005)

    async def _another(self, task: asyncio.Task[None]) -> None:
        self.engines += 1
        error = task.exception()
        if not isinstance(error, JournalBroken):
            raise Wrong(f"the engine ended: {error!r}")
        try:
            await self.rig.stop()
        except JournalBroken:
            pass
        sessions = f"select count(*) from pg_stat_activity where application_name like 'virada {self.rig.paths.id}%'"
        deadline = time.monotonic() + 10
        while self.database.value(sessions):
            if time.monotonic() > deadline:
                raise Wrong("an engine that ended left sessions behind")
            await asyncio.sleep(0.02)
        await self.rig.take_up()

    # -- the judge --------------------------------------------------------------------------------------------------

    def _executed(self) -> Counter[str]:
        with self.database.connect() as connection:
            rows = connection.execute("select step, count(*) from log group by step").fetchall()
        return Counter({str(step): int(count) for step, count in rows})

    def _rows(self, at: StepState) -> tuple[str, ...]:
        return ROWS.get(at.id, ())

    def _there(self, at: StepState) -> int:
        """How many of its rows are there."""
        found = self._executed()
        return sum(1 for row in self._rows(at) if found[row])

    def _judge(self) -> None:
        """What the journal says now of each step whose outcome is new."""
        found: Counter[str] | None = None
        for at in self.rig.recorder.state.steps:
            key = at.id, at.attempt, at.status
            if at.status in ("pending", "running", "undecided") or key in self._judged:
                continue
            self._judged.add(key)
            found = self._executed() if found is None else found
            rows = self._rows(at)
            there = sum(1 for row in rows if found[row])
            if any(found[row] > 1 for row in rows):
                raise Wrong(f"{at.id} was executed twice")
            if at.id in self._settled or not rows or at.status == "undone":
                continue
            if at.status == "passed" and there != len(rows):
                raise Wrong(f"{at.id} has passed, and {there} of {len(rows)} rows are there")
            if at.status in ("failed", "cancelled"):
                if at.effect == "none" and there:
                    raise Wrong(f"nothing of {at.id} is there, it says, and {there} of {len(rows)} rows are")
                if at.effect == "all" and there != len(rows):
                    raise Wrong(f"all of {at.id} is there, it says, and {there} of {len(rows)} rows are")
                if not at.reason:
                    raise Wrong(f"{at.id} is {at.status} without a reason")

    def _count(self) -> None:
        found = self._executed()
        wanted = {row for step, rows in ROWS.items() if step not in self._settled for row in rows}
        missing = sorted(row for row in wanted if not found[row])
        if missing:
            raise Wrong(f"never executed: {missing}")

    def _sound(self) -> None:
        """The journal: whole, one outcome for each attempt."""
        survey = Survey()
        survey.run(self.rig.paths.journal)
        if survey.reason is not None:
            raise Wrong(f"the journal is broken: {survey.reason}")
        outcomes: Counter[tuple[str, int]] = Counter()
        for event in self.rig.events():
            if event["type"] in (
                "step.passed", "step.failed", "step.skipped", "step.by_hand", "step.cancelled",
            ):  # fmt: skip
                outcomes[event["data"]["step"], event["data"]["attempt"]] += 1
        doubled = [key for key, count in outcomes.items() if count > 1]
        if doubled:
            raise Wrong(f"more than one outcome: {doubled}")
        left = [pid for pid in _marked(self.rig.paths.id) if pid != os.getpid()]
        if left:
            raise Wrong(f"programs are left: {left}")


def _marked(run: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                variables = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"VIRADA_ATTEMPT={run}/".encode() in variables:
                found.append(int(entry.name))
    return found
