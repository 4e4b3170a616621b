"""An engine in the test's own process, over a plan of the test's own: what is begun, what it says, how it ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from tui.engine import __main__ as process
from tui.engine import engine as engines
from tui.engine import launch
from tui.engine.crashlog import CrashLog
from tui.engine.engine import Engine
from tui.engine.recorder import Recorder
from tui.helm.paths import RunPaths
from tui.journal import events as e
from tui.plan.loader import load
from tui.run import commands as c
from tui.run.decide import decide
from tui.run.order import Refusal
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.steps.registry import KINDS

Event = dict[str, Any]
PATIENCE = 20.0
HEADLESS = e.Policy(drive="headless")
_HEAD = """
virada: 1
name: ride
targets: {{dev: {{environment: development, dsn: "{dsn}", server_log: none}}}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
"""


def plan_of(steps: str, dsn: str, rest: str = "") -> str:
    """A plan of one section; `steps` are indented by as much as they like, `rest` follows at the left margin."""
    lines = steps.strip("\n").splitlines()
    least = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return _HEAD.format(dsn=dsn) + "\n".join(" " * 10 + line[least:] for line in lines) + "\n" + rest


class Ride:
    """Use as an asynchronous context: the engine runs inside. `record` before it writes what another engine left."""

    def __init__(
        self,
        directory: Path,
        patch: pytest.MonkeyPatch,
        plan: str,
        *,
        files: dict[str, str] | None = None,
        policy: e.Policy | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        patch.setenv("VIRADA_HOME", str(directory / "home"))
        patch.setattr(launch, "_start", lambda *_: None)
        patch.setattr(engines, "LINGER", 0.0)
        source = directory / "plan.yaml"
        source.write_text(plan)
        for name, text in (files or {}).items():
            (directory / name).write_text(text)
        loaded = load(source, KINDS)
        assert loaded.plan is not None, loaded.problems
        self.paths: RunPaths = launch.open_run(loaded, source, next(iter(loaded.plan.targets)), policy=policy)
        self._environment = environment or {}
        self._left: list[e.Event] = []
        self._task: asyncio.Task[None] | None = None
        self.recorder: Recorder
        self.engine: Engine

    def record(self, *events: e.Event) -> None:
        """What an engine that is gone left in the journal."""
        self._left.extend(events)

    async def __aenter__(self) -> Ride:
        self.recorder, self._target = await process._open(self.paths, self._environment)
        if self._left:
            self.recorder.append(*self._left, e.RunRecovered())
        crashlog = CrashLog(self.paths.engine_log)
        self.engine = Engine(self.recorder, self.paths, self._target, self._environment, crashlog)
        self._task = asyncio.create_task(self.engine.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self.engine.end()
        await asyncio.wait({self._task}, timeout=PATIENCE)
        await self._target.close()
        self.recorder.writer.close()
        if error is None:
            self._task.result()

    @property
    def state(self) -> RunState:
        return self.recorder.state

    def at(self, step: str) -> StepState:
        return self.state.steps[step]

    def do(self, command: c.Command) -> None:
        """A person's command, which must be accepted."""
        decided = decide(self.state, command, "ana", time.time())
        assert not isinstance(decided, Refusal), decided
        self.recorder.append_all(decided, by="ana")

    def events(self, type_: str | None = None) -> list[Event]:
        """The journal so far."""
        found = [json.loads(line) for line in self.paths.journal.read_bytes().splitlines()]
        return [event for event in found if type_ in (None, event["type"])]

    def said(self) -> list[Event]:
        """The journal without its figures."""
        return [event for event in self.events() if event["type"] != "metrics.sampled"]

    async def until(self, holds: Callable[[RunState], object], what: str = "", seconds: float = PATIENCE) -> None:
        """Until the state is such."""
        deadline = time.monotonic() + seconds
        while not holds(self.state):
            assert self._task is not None and not self._task.done(), f"the engine ended before {what or holds}"
            assert time.monotonic() < deadline, f"waited in vain for {what or holds}: {self.said()[-5:]}"
            await asyncio.sleep(0.01)

    async def until_ended(self, step: str) -> StepState:
        """Until the step is neither pending nor running."""
        await self.until(lambda state: step in state.steps and state.steps[step].status not in ("pending", "running"))
        return self.at(step)

    async def done(self) -> RunState:
        """Until the engine ends of itself: a headless run that has gone as far as it can."""
        assert self._task is not None
        await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
        return self.state
