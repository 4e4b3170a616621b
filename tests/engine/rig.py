"""An engine in the test's own process, over a real database and a real journal: a run takes a tenth of a second.

What needs processes (kills, terminals, other accounts) belongs to tests/acceptance and tests/faults.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import msgspec

from tests.engine.sentences import sentences
from tests.postgres_server import Database
from tui.engine.crashlog import CrashLog
from tui.engine.engine import Engine
from tui.engine.process import main
from tui.engine.process.launch import OpeningOrder
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.journal.codes import Fact
from tui.journal.events import OpenWindow, Policy, RunOpened, Wish
from tui.plan.files import SEAL_FILE
from tui.plan.freeze import freeze
from tui.plan.loader import load
from tui.plan.seal import seal_of
from tui.run.commands import Command, Execute
from tui.run.decide import decide
from tui.run.order import Refusal
from tui.run.rehearsed import Past
from tui.run.steps import StepState
from tui.runs.opening import file_of
from tui.runs.paths import RunPaths, new_run_id
from tui.steps.registry import KINDS
from tui.steps.touched import touched_by

PATIENCE = 20.0
OUTCOMES = (
    "step.passed", "step.failed", "step.cancelled", "step.skipped", "step.signed", "step.by_hand", "step.undone",
)  # fmt: skip
HEAD = """
virada: 1
name: rig
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
"""

Event = dict[str, Any]


def _programs(home: Path, database: Database) -> Path:
    """The client programs of the server's own version: an older psql does not know all that a server does."""
    place = home / "programs-of-server"
    if not place.exists():
        place.mkdir(parents=True)
        for program in database.server.binaries.bindir.iterdir():
            (place / program.name).symlink_to(program)
    return place


class Rig:
    """One run. `plan`: a whole plan, or the steps of one section (YAML, indented by ten blanks, as under `steps:`).

    `files` lie beside the plan; `past_check` are sealed in their place, as if `check` had let them pass. `ledger`: the
    database has one. `checked`: the target is asked for all that the plan needs, as by `run`. `beside`: why it opens
    although others are in the way. `past`: earlier runs of the same work. On leaving the engine is ended and its
    sessions are closed.
    """

    def __init__(
        self,
        home: Path,
        database: Database | str,
        plan: str,
        files: Mapping[str, str | bytes] | None = None,
        policy: Policy | None = None,
        ledger: bool = False,
        past_check: Mapping[str, str] | None = None,
        window: OpenWindow | None = None,
        checked: bool = False,
        beside: str | None = None,
        past: Sequence[Past] = (),
        mode: Literal["live", "rehearsal"] = "live",
        **variables: str,
    ) -> None:
        self.home = home
        dsn = database if isinstance(database, str) else database.dsn
        foreign = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "VIRADA_"))}
        self.environment = foreign | {"RIG_DSN": dsn, "XDG_STATE_HOME": str(home / "state")}
        if isinstance(database, Database):
            self.environment["PATH"] = f"{_programs(home, database)}:{foreign['PATH']}"
        self.environment |= variables
        source = home / "source"
        source.mkdir(parents=True, exist_ok=True)
        for name, content in (files or {}).items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.source = source / "plan.yaml"
        self.source.write_text(plan if plan.lstrip().startswith("virada:") else HEAD + plan)
        self.loaded = load(self.source, KINDS)
        assert self.loaded.plan is not None, self.loaded.errors
        self.policy = policy or Policy()
        self.ledger = ledger
        self.past_check = past_check or {}
        self.window = window
        self.checked = checked
        self.beside = beside
        self.past = tuple(past)
        self.mode = mode
        run = home / "runs" / new_run_id(datetime.now(UTC))
        self.paths = RunPaths(run)
        self.engine: Engine
        self.recorder: Recorder
        self.target: TargetAccess
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Rig:
        assert self.loaded.plan is not None
        for path in (self.paths.directory, self.paths.output, self.paths.artifacts):
            path.mkdir(parents=True, exist_ok=True)
        seal, work = self._frozen()
        target = next(iter(self.loaded.plan.targets))
        opened = RunOpened(
            id=self.paths.id, plan=self.loaded.plan, seal=seal, work=work, target=target,
            environment=self.loaded.plan.targets[target].environment, policy=self.policy, ledger=self.ledger,
            window=self.window,
            beside=self.beside, mode=self.mode,
        )  # fmt: skip
        touches = touched_by(self.loaded.plan, lambda name: (self.paths.plan / name).read_text(), KINDS)
        source = str(self.source) if self.checked else ""
        opening = OpeningOrder(opened=opened, by="ana@test", source=source, past=self.past, touches=touches)
        file_of(self.paths).write_bytes(msgspec.json.encode(opening))
        self.recorder, self.target, _told = await main._open(self.paths, self.environment)
        self._run()
        return self

    def _frozen(self) -> tuple[str, str]:
        """Freeze the plan: its seal and its work."""
        frozen = freeze(self.loaded, self.source, self.paths.plan)
        if not self.past_check:
            return frozen.seal, frozen.work
        for name, text in self.past_check.items():
            (self.paths.plan / name).write_text(text)
        names = {path.relative_to(self.paths.plan).as_posix() for path in self.paths.plan.rglob("*") if path.is_file()}
        seal, lines = seal_of(self.paths.plan, names - {SEAL_FILE})
        (self.paths.plan / SEAL_FILE).write_text("".join(lines))
        return seal, frozen.work

    def _run(self) -> None:
        crashlog = CrashLog(self.paths.engine_log)
        self.engine = Engine(self.recorder, self.paths, self.target, self.environment, crashlog)
        # As long as a client is there, no engine leaves.
        self.engine.helm._clients["test"] = "ana@test"
        self._task = asyncio.create_task(self.engine.run())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if kind is None:
            unknown = self.facts() - {member.value for member in Fact}
            assert not unknown, f"journaled, and no member of Fact: {sorted(unknown)}"
            said = sentences(self.events())
            assert not said, f"journaled in somebody's language: {sorted(said)}"

    def facts(self) -> set[str]:
        """The names of all facts that are journaled of steps."""
        return {
            name
            for event in self.events()
            if event["type"].startswith(("step.", "tx."))
            for key in ("evidence", "facts", "witness")
            for name in event["data"].get(key) or {}
        }

    async def stop(self) -> None:
        """End the engine as SIGTERM does; the run stays open."""
        if self._task is not None:
            self.engine.end()
            task, self._task = self._task, None
            try:
                await task
            finally:
                await self.target.close()
                self.recorder.close()

    async def take_up(
        self,
        cut: Callable[[Event], bool] | None = None,
        policy: Wish | None = None,
        before_it_runs: Callable[[], object] = lambda: None,
    ) -> None:
        """Another engine takes the run up. `cut`: the journal ends behind the last event for which it holds, as if the
        engine had died there. `before_it_runs`: what happens when it has looked at the plan already."""
        await self.stop()
        if cut is not None:
            lines = self.paths.journal.read_bytes().splitlines(keepends=True)
            last = max(i for i, line in enumerate(lines) if cut(json.loads(line)))
            self.paths.journal.write_bytes(b"".join(lines[: last + 1]))
            # What it wrote there is not kept to be held against it: it never was.
            shutil.rmtree(self.home / "state", ignore_errors=True)
        self.recorder, self.target = await main._take_up(self.paths, policy, self.environment)
        before_it_runs()
        self._run()

    # -- what happened ----------------------------------------------------------------------------------------------

    def events(self, *types: str) -> list[Event]:
        """The journal's lines, those of `types` alone where there are some."""
        lines = [json.loads(line) for line in self.paths.journal.read_bytes().rpartition(b"\n")[0].splitlines()]
        return [line for line in lines if not types or line["type"] in types]

    def step(self, step: str) -> StepState:
        return self.recorder.state.steps[step]

    def said(self) -> set[str]:
        """Every reason of a fate, a failure, a wait or a cancel in the journal."""
        return {str(e["data"]["reason"]) for e in self.events() if e["data"].get("reason")}

    def remarks(self, *events: Event) -> set[str]:
        """The code of everything that the engine has remarked, in these events or in all of the journal."""
        found = set()

        def walk(value: Any) -> None:
            if isinstance(value, dict):
                if isinstance(value.get("code"), str):
                    found.add(value["code"])
                value = list(value.values())
            for part in value if isinstance(value, list) else ():
                walk(part)

        walk(list(events) or self.events())
        return found

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Await it; fails with what is in the journal."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            if self._task is not None and self._task.done():
                self._task.result()
            assert time.monotonic() < deadline, f"in vain: {what}\n" + "\n".join(
                json.dumps({"type": e["type"], **e["data"]})[:600] for e in self.events()[1:]
            )
            await asyncio.sleep(0.005)
        return value

    async def waits(self, step: str) -> dict[str, Any]:
        """The facts of why a step waits, once it does."""
        await self.until(lambda: self.step(step).waiting, f"{step} waits")
        return self.step(step).waiting_facts

    async def measured(self) -> None:
        """Until the target has been measured once."""
        await self.until(lambda: self.recorder.state.samples, "it is measured")

    # -- what is asked ----------------------------------------------------------------------------------------------

    def do(self, command: Command, by: str = "ana@test", keep_driving: bool = False) -> Refusal | None:
        """Decide and record a command of the helm's; the refusal if it is one."""
        decision = decide(self.recorder.state, command, by, time.time(), keep_driving)
        if isinstance(decision, Refusal):
            return decision
        self.recorder.append_all(decision, by=by)
        return None

    async def ended(self, step: str, attempt: int | None = None) -> Event:
        """The outcome of its latest attempt, or its undecided fate: the event, once it is there."""

        def outcome() -> Event | None:
            at = self.step(step)
            if at.status in ("running", "pending") or (attempt is not None and at.attempt < attempt):
                return None
            found = [e for e in self.events(*OUTCOMES, "step.fate") if e["data"].get("step") == step]
            return found[-1] if found else None

        found: Event = await self.until(outcome, f"{step} ends")
        return found

    async def execute(self, step: str) -> Event:
        """Execute a step and await its outcome."""
        refused = self.do(Execute(step=step))
        assert refused is None, refused
        return await self.ended(step)
