"""A network that fails under every kind: connections cut, reset, dropped without a word, half open, stalled and going
on. The engine runs in this process, behind a proxy; the five faults of a round run beside each other.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests import postgres_server, ram
from tests.engine.proxy import Proxy, every
from tests.engine.rig import Rig
from tests.faults.checker import Finding, judge
from tests.faults.round import COPIED, PLAN, TEMPLATE, WORKS, Hung, drop_all, name_wanted
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.journal.events import Event, Policy
from tui.journal.line import Line
from tui.run.commands import Execute, Retry

FAULTS: Final = ("cut", "reset", "drop", "half open", "stall")
STEPS: Final = (
    "look", "single", "deferred", "script", "each", "batch", "walk", "save", "verify", "restore", "index", "psql",
    "loose", "program", "ask", "last", "undo.psql", "undo.index", "undo.walk", "undo.batch", "undo.each", "undo.single",
    "back",
)  # fmt: skip
_SAID: Final = ("not_answered", "connection", "restore_failed", "not_started", "exit_status", "program_lost")
"""What a restore may say where the network failed under it."""
PATIENCE: Final = 90.0
STALLED_S: Final = 3.0
"""How long a stalled network delivers nothing before it goes on."""
_MOMENTS: Final = ("tx.begin", "tx.commit_sent", "tx.committed", "step.started")
_OF_PROGRAMS: Final = ("step.child", "step.started")
_ASKING: Final = ("look", "ask", "last")
_PROGRAMS: Final = ("save", "verify", "restore", "psql", "loose", "program", "undo.psql")


def struck(server: Server, seed: int) -> Finding:
    """All faults under one step, whose events are struck in turn."""
    return asyncio.run(_round(server, seed))


async def _round(server: Server, seed: int) -> Finding:
    step, turn = STEPS[seed % len(STEPS)], seed // len(STEPS)
    moments = ("step.started",) if step in _ASKING else _OF_PROGRAMS if step in _PROGRAMS else _MOMENTS
    moment = moments[turn % len(moments)]
    found = await asyncio.gather(*(_case(server, step, moment, fault) for fault in FAULTS), return_exceptions=True)
    whole = Finding()
    for fault, one in zip(FAULTS, found, strict=True):
        if isinstance(one, Hung):
            raise Hung(f"{fault} at {moment} of {step}: {one}")
        if isinstance(one, BaseException):
            raise one
        whole.wrong += [f"{fault} at {moment} of {step}: {text}" for text in one.wrong]
        whole.undecided += one.undecided
    return whole


async def _case(server: Server, step: str, moment: str, fault: str) -> Finding:
    back = step == "back" or step.startswith("undo.")
    home = Path(tempfile.mkdtemp(prefix="vn-", dir=ram.place()))
    database = await asyncio.to_thread(postgres_server.create_database, server, TEMPLATE)
    try:
        return await _struck(database, home, step, moment, fault, back)
    finally:
        await asyncio.to_thread(drop_all, database)
        shutil.rmtree(home, ignore_errors=True)


async def _struck(database: Database, home: Path, step: str, moment: str, fault: str, back: bool) -> Finding:
    if back:
        with database.connect() as connection:
            connection.execute("update wanted set n = 1000")
    text = PLAN.read_text()
    files = {path.name: path.read_text() for path in PLAN.parent.glob("rounds-*.sql")}
    on_failure = "rollback" if back else "hold"
    policy = Policy(drive="headless", sign_off="seen", signer="ana", on_failure=on_failure)  # type: ignore[arg-type]
    async with Proxy(database) as proxy:
        rig = Rig(
            home, proxy.dsn, text[text.index("virada:") :], files, policy,
            ROUND_DSN=proxy.dsn, ROUND_BACKUP=str(home / "backup"),
        )  # fmt: skip
        rig.environment["PATH"] = f"{database.server.binaries.bindir}:{rig.environment['PATH']}"
        try:
            await rig.__aenter__()
            _arm(rig, step, moment, lambda: _strike(proxy, fault))
            deadline = time.monotonic() + PATIENCE
            while not rig.events("run.closed"):
                if time.monotonic() > deadline:
                    last = [f"{e['type']} {e['data'].get('reason', '')}" for e in rig.events()]
                    said = [text for text in last if not text.startswith("metrics")][-3:]
                    raise Hung("; ".join(said))
                wanted = name_wanted(rig.recorder.state)
                if wanted is not None:
                    rig.do(Execute(step=wanted, confirm="here"), keep_driving=True)
                at = rig.recorder.state.steps.get(step)
                if step == "restore" and at is not None and at.status == "failed" and at.reason in _SAID:
                    # It begins only at a person's word, also once more.
                    rig.do(Retry(step=step, confirm="here"), keep_driving=True)
                    continue
                if at is not None and at.status in ("failed", "undecided") and step != "last":
                    break
                await asyncio.sleep(0.05)
        finally:
            proxy.go_on()
            await rig.stop()
    # A program whose end nobody saw may have to be asked about; whatever proves its own commit may not.
    outcome = "rolled_back" if back else "completed"
    return await asyncio.to_thread(judge, rig.paths.journal, database, WORKS, outcome, "index", COPIED)


def _arm(rig: Rig, step: str, moment: str, strike: Callable[[], None]) -> None:
    """Strike once, as soon as this event of the step is durable."""
    original = rig.recorder.append_all
    done = False

    def append_all(events: Sequence[Event], by: str = "engine") -> list[Line]:
        nonlocal done
        lines = original(events, by)
        for event in events:
            if done or getattr(event, "step", None) != step:
                continue
            if moment == event.TYPE:
                done = True
                strike()
        return lines

    rig.recorder.append_all = append_all  # type: ignore[method-assign]


def _strike(proxy: Proxy, fault: str) -> None:
    match fault:
        case "cut":
            proxy.cut()
        case "reset":
            proxy.reset()
        case "drop":
            proxy.stall(lambda _name: True)
        case "half open":
            proxy.half_open(lambda _name: True)
        case "stall":
            proxy.stall(every)
            asyncio.get_running_loop().call_later(STALLED_S, proxy.go_on)
