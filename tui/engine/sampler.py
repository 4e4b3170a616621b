"""The engine's look at the target once a second: metrics, guards, the server's log, who waits for whom.

It uses a connection that can never block, and whatever it cannot learn is left out, never invented. A target that
does not answer costs a tick, not the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from tui.engine.recorder import Recorder
from tui.engine.target import TargetAccess
from tui.journal import events as e
from tui.journal.failure import JournalBroken, JournalFull
from tui.postgres.connect import Session
from tui.postgres.errors import PostgresError
from tui.run.guards import observe

TICK = 1.0
_CRITICAL = ("53", "57P", "58", "F0", "XX")
"""SQLSTATE classes that say the server itself is in trouble: resources, operator intervention, system, internal."""
_LINES = 200
QUEUE_SESSIONS = 10
QUEUE_SECONDS = 2.0
"""While our own lock is not granted, so many sessions behind it, or one for so long, are too many."""


class Sampler:
    """Samples until stopped.

    `backends`: server processes that work for running steps, to (step, attempt). `give_way`: called for an attempt that
    waits for a lock while too many sessions queue behind it.
    """

    def __init__(
        self,
        recorder: Recorder,
        target: TargetAccess,
        backends: Callable[[], dict[int, tuple[str, int]]],
        give_way: Callable[[tuple[str, int]], Awaitable[None]],
    ) -> None:
        self._recorder = recorder
        self._give_way = give_way
        self._target = target
        self._backends = backends
        self._stopped = asyncio.Event()
        self._previous: Any = None
        self._canary: Session | None = None
        self._log: Any = None
        self._log_failed: str | None = None
        self._errors = 0
        self._log_lines = 0
        self._waiting: dict[tuple[str, int], str] = {}

    def stop(self) -> None:
        """End after the present tick."""
        self._stopped.set()

    async def run(self) -> None:
        """A tick a second, counted from the last one's end, so that a slow server is asked less often."""
        while not self._stopped.is_set():
            try:
                await self._tick()
            except (PostgresError, OSError):
                self._previous = None
            except (JournalFull, JournalBroken):
                # The engine's own next event meets the same failure and says so.
                pass
            try:
                await asyncio.wait_for(self._stopped.wait(), TICK)
            except TimeoutError:
                continue
        if self._canary is not None:
            await self._canary.close()

    def _append(self, *events: e.Event) -> None:
        """What is looked at takes a while: a run that was closed meanwhile, or a step that has ended, hears no more."""
        state = self._recorder.state
        if state.closed is not None:
            return
        for event in events:
            if isinstance(event, e.StepEvent):
                at = state.steps.get(event.step)
                if at is None or at.status != "running" or at.attempt != event.attempt:
                    continue
            self._recorder.append(event)

    async def _tick(self) -> None:
        from tui.postgres.sample import sample

        stepped = self._recorder.writer.clock.stepped()
        if stepped is not None:
            self._append(e.ClockStepped(seconds=stepped))
        monitor = await self._target.monitor()
        taken = await sample(monitor, self._previous)
        self._previous = taken
        values: dict[str, float] = {
            "connections": taken.connections / taken.connections_usable if taken.connections_usable else 0.0,
            "active_sessions": float(taken.active),
            "waiting_sessions": float(taken.waiting_on_locks),
        }
        optional = {
            "tps": taken.tps,
            "wal_rate": taken.wal_bytes_per_s,
            "replication_lag": taken.replication_lag_s,
            "idle_in_transaction": taken.oldest_idle_in_transaction_s,
        }
        values |= {name: float(value) for name, value in optional.items() if value is not None}
        sources = dict.fromkeys(values, taken.source)
        await self._measure_canary(values, sources)
        self._measure_host(values, sources)
        await self._read_log(monitor, values, sources)
        facts: dict[str, Any] = {
            "connections": [taken.connections, taken.connections_usable], "server_log_lines": self._log_lines,
            "database_bytes": taken.database_bytes, "partial": taken.partial,
        }  # fmt: skip
        if self._log_failed is not None:
            facts["server_log"] = self._log_failed
        rounded = {name: round(value, 6) for name, value in values.items()}
        self._append(e.MetricsSampled(values=rounded, sources=sources, facts=facts))
        self._append(*observe(self._recorder.state))
        await self._look_at_locks(monitor)

    async def _measure_canary(self, values: dict[str, float], sources: dict[str, str]) -> None:
        """How long the plan's own question takes, on a connection of its own with the monitor's limits."""
        opened = self._recorder.state.opened
        canary = None if opened is None else opened.plan.canary
        if canary is None or canary.sql is None:
            return
        if self._canary is None or self._canary.closed:
            self._canary = await self._target.open("monitor", "canary")
        began = time.perf_counter()
        try:
            await self._canary.execute(canary.sql)
        except PostgresError:
            # No answer within the monitor's limit is at least as slow as that limit.
            pass
        values["response_time"] = time.perf_counter() - began
        sources["response_time"] = f"{self._canary.host}:{self._canary.port}"

    def _measure_host(self, values: dict[str, float], sources: dict[str, str]) -> None:
        """CPU and memory of this host, only where the plan says that the database runs on it."""
        if not any(source.local for source in self._target.target.host):
            return
        import os

        import psutil

        host = os.uname().nodename
        values["cpu"] = psutil.cpu_percent(None) / 100
        values["memory"] = psutil.virtual_memory().percent / 100
        sources["cpu"] = sources["memory"] = host

    async def _read_log(self, monitor: Session, values: dict[str, float], sources: dict[str, str]) -> None:
        from tui.postgres.serverlog import FileLog, LogUnavailable, ServerLog

        wanted = self._target.target.server_log
        if wanted == "none" or (self._log is None and self._log_failed is not None):
            return
        try:
            if self._log is None:
                if wanted.startswith("file:"):
                    self._log = FileLog(Path(wanted.removeprefix("file:")))
                    self._log.open()
                else:
                    self._log = ServerLog(monitor)
                    await self._log.open()
            lines = self._log.read() if isinstance(self._log, FileLog) else await self._log.read()
        except LogUnavailable as error:
            self._log, self._log_failed = None, error.message
            self._tell("engine", [{"severity": "WARNING", "text": error.message}])
            return
        except PostgresError:
            self._log = None
            raise
        self._log_lines += len(lines)
        values["critical_errors"] = float(self._count(lines))
        sources["critical_errors"] = f"{monitor.host}:{monitor.port}"
        shown = [line for line in lines if not (line.application or "").startswith("virada ")]
        if shown:
            self._tell("server", [dict(to_builtins(line)) for line in shown])

    def _tell(self, stream: str, records: list[dict[str, Any]]) -> None:
        """Journal records of a log, as many as the journal takes."""
        budget = self._recorder.budget
        left, kept, texts = budget.level(), [], []
        for record in records[:_LINES]:
            text = str(record.pop("text"))
            left -= len(text.encode("utf-8", "replace")) + 1
            if left < 0:
                break
            rows = text.count("\n") + 1
            kept.append(record | {"rows": rows} if rows > 1 else record)
            texts.append(text)
        text = "\n".join(texts)
        budget.spend(len(text.encode("utf-8", "replace")))
        dropped = len(records) - len(kept)
        self._append(e.LogLines(stream=stream, text=text, lines=tuple(kept), dropped=dropped))

    def _count(self, lines: list[Any]) -> int:
        """Critical errors so far, by SQLSTATE class, the run's own sessions left out."""
        for line in lines:
            if (line.application or "").startswith("virada "):
                continue
            critical = (line.sqlstate or "").startswith(_CRITICAL) and line.severity in ("ERROR", "FATAL", "PANIC")
            # What an administrator's shutdown or cancel says to its clients is no failure of the server.
            if (critical and line.sqlstate not in ("57P01", "57P02", "57P03")) or line.severity == "PANIC":
                self._errors += 1
                number = f"E{len(self._recorder.state.errors) + 1}"
                self._append(
                    e.ErrorRecorded(id=number, text=line.text[:500], sqlstate=line.sqlstate, source="server")
                )
        return self._errors

    async def _look_at_locks(self, monitor: Session) -> None:
        """Why a running statement does not get on, and how far the server says it has come."""
        from tui.postgres.locks import lock_tree
        from tui.postgres.progress import progress

        backends = self._backends()
        if not backends:
            self._waiting.clear()
            return
        tree = await lock_tree(monitor, backends)
        for pid, key in backends.items():
            ours = [b for b in tree if b.pid == pid]
            blockers = [b for b in tree if b.side == "blocks_us"]
            blocked = [b for b in tree if b.side == "blocked_by_us"]
            reason = "lock" if ours and ours[0].waits_for else ("blocks_others" if blocked else "")
            if key[0] not in self._recorder.state.steps:
                continue
            at = self._recorder.state.steps[key[0]]
            if at.status != "running" or (not reason and self._waiting.get(key, "") == ""):
                continue
            if at.waiting not in (None, "lock", "blocks_others"):
                continue
            facts: dict[str, Any] = {}
            if reason:
                facts = {
                    "ours": [to_builtins(b) for b in ours], "blockers": [to_builtins(b) for b in blockers[:8]],
                    "blocked": [to_builtins(b) for b in blocked[:8]], "blocked_count": len(blocked),
                }  # fmt: skip
            if reason == "lock" and _too_many(blocked):
                await self._give_way(key)
            self._waiting[key] = reason
            self._append(e.StepWaiting(step=key[0], attempt=key[1], reason=reason, facts=facts))
        for found in await progress(monitor, list(backends)):
            step, attempt = backends[found.pid]
            if self._recorder.state.steps[step].step.kind == "batch":
                continue
            self._append(
                e.StepProgress(
                    step=step, attempt=attempt, phase=f"{found.command}: {found.phase}",
                    done=None if found.done is None else float(found.done),
                    total=None if found.total is None else float(found.total), unit=found.unit,
                )
            )  # fmt: skip


def _too_many(blocked: list[Any]) -> bool:
    longest = max((b.waiting_s or 0.0 for b in blocked), default=0.0)
    return len(blocked) > QUEUE_SESSIONS or longest > QUEUE_SECONDS
