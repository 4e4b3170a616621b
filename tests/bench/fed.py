"""An engine in this process, fed as fast as it takes it: `python -m tests.bench.fed DSN DIRECTORY SAMPLES LINES ROWS`.

Prints what memory it takes, one JSON object each time. The server is asked at every hundredth tick, and its answer told
again at those between; all else of a sample, and all of the log's way, is as in any engine, without the pauses.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import psutil

from tests.engine import rig
from tests.engine.rig import Rig
from tui.engine import engine
from tui.engine.watch import log_follower, sampler
from tui.postgres.sample import ServerSample
from tui.run.commands import Execute

ASKED_EVERY = 100
UNREAD = 4000
"""Lines of the log at most that the engine has not read yet."""
PLAN = """
virada: 1
name: fed
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: {{file: {log}}}}}}}
canary: {{sql: "select 1", every: 1s}}
success:
  - {{metric: connections, below: 90%}}
  - {{metric: response_time, below: 100ms, for: 30s}}
  - {{metric: critical_errors, equals: 0}}
phases:
  - title: Work
    sections:
      - title: Work
        steps:
          - {{id: rows, title: Many rows, sql: "{rows}"}}
          - {{id: stay, title: Stay, sign: true}}
"""
ROWS = "select g, 'row number ' || g from generate_series(1, {count}) g"


class Fed(sampler.Sampler):
    """Ticks without a pause, and no further than the log has been read."""

    wanted = 0
    lines = 0
    log: TextIO
    counted = 0
    written = 0
    finished: asyncio.Event
    _answer: ServerSample | None = None

    async def _server(self) -> ServerSample | None:
        cls = type(self)
        if cls.counted >= cls.wanted:
            cls.finished.set()
            await self._stopped.wait()
            return None
        cls.feed()
        while cls.written - self._log.lines > UNREAD and not self._stopped.is_set():  # noqa: ASYNC110 (it is polled)
            await asyncio.sleep(0.001)
        if cls.counted % ASKED_EVERY == 0:
            asked = await super()._server()
            self._answer = asked or self._answer
        cls.counted += 1
        return self._answer

    @classmethod
    def feed(cls) -> None:
        """As many lines of the log as belong to the samples so far."""
        due = cls.lines * (cls.counted + 1) // cls.wanted
        cls.log.writelines(_record(number) for number in range(cls.written, due))
        cls.log.flush()
        cls.written = due


def _record(number: int) -> str:
    told: dict[str, Any] = {
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.000 UTC"), "pid": 1000 + number % 50,
        "error_severity": "LOG", "message": f"order {number:07d} was received from the south; 1 row changed in 3 ms",
    }  # fmt: skip
    if number % 50 == 0:
        told |= {"error_severity": "ERROR", "state_code": "53300" if number % 1000 == 0 else "22012"}
    return json.dumps(told, separators=(",", ":")) + "\n"


class Peak:
    """The most memory this process has taken since it began, in bytes."""

    def __init__(self) -> None:
        self.process = psutil.Process()
        self.most = self.now()
        threading.Thread(target=self._watch, daemon=True).start()

    def now(self) -> int:
        return int(self.process.memory_info().rss)

    def _watch(self) -> None:
        wait = threading.Event()
        while not wait.wait(0.005):
            self.most = max(self.most, self.now())


def told(**found: object) -> None:
    print(json.dumps(found), flush=True)


async def main(dsn: str, directory: Path, samples: int, lines: int, rows: int) -> None:
    """Rows first, for what they leave behind would be found in what follows."""
    rig.PATIENCE = 1e9
    sampler.TICK, log_follower.BEAT = 0.0, 0.01  # type: ignore[misc]
    vars(engine)["Sampler"] = Fed
    log = directory / "server.json"
    with log.open("w") as file:
        Fed.log, Fed.wanted, Fed.lines, Fed.finished = file, samples, lines, asyncio.Event()
        peak = Peak()
        plan = PLAN.format(log=log, rows=ROWS.format(count=rows))
        async with Rig(directory, dsn, plan) as run:
            await run.until(lambda: Fed.counted >= samples // 100)
            before = peak.most = peak.now()
            run.do(Execute(step="rows"))
            # The journal is not read here: it would be held whole.
            await run.until(lambda: run.step("rows").status not in ("pending", "running"))
            told(at="rows", before=before, most=peak.most, status=run.step("rows").status)
            await run.until(lambda: Fed.counted >= samples // 10)
            told(at="tenth", samples=Fed.counted, lines=Fed.written, rss=peak.now())
            await Fed.finished.wait()
            state = run.recorder.state
            told(
                at="end",
                samples=Fed.counted,
                lines=int(state.facts.get("server_log_lines", 0)),
                rss=peak.now(),
                most=peak.most,
            )
            size = run.paths.journal.stat().st_size
            told(at="journal", bytes=size, seq=state.seq, errors=len(state.errors))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:6])))
