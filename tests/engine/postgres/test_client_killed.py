"""The client is killed at each point around a commit; the verdict is compared with what the database holds."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, one, until
from tui.postgres.evidence.commits import FateVerdict, TxWitness, judge
from tui.postgres.evidence.fence import attempt_key, find_backend, holders
from tui.postgres.evidence.ledger import create_ledger
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def worker(dsn: str, case: str, evidence: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, TxWitness]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("worker.py")),
        dsn,
        RUN,
        case,
        evidence,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        yield process, msgspec.json.decode(await process.stdout.readline(), type=TxWitness)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def kill(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def verdict(control: Session, witness: TxWitness, case: str, patience: float = 10.0) -> FateVerdict:
    return await judge(
        control, witness, run=RUN, step=case, attempt=1, statement=1, commit_acked=False, patience=patience
    )


CASES = {
    "before_commit": ("not_applied", "xid_aborted"),
    "running": ("not_applied", "xid_aborted"),
    "rolled_back": ("not_applied", "xid_aborted"),
    "committed": ("applied", "ledger_row|xid_committed"),
    "commit_on_the_wire": ("applied", "ledger_row|xid_committed"),
    "commit_on_the_wire_checked": ("not_applied", "xid_aborted"),
}


@pytest.mark.parametrize("evidence", ["ledger", "xid"])
@pytest.mark.parametrize("case", CASES)
@awaited
async def test_client_killed(server: Server, database: str, case: str, evidence: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        if evidence == "ledger":
            await create_ledger(control)
        async with worker(server.dsn(database), case, evidence) as (process, witness):
            assert process.stdout is not None
            if case == "running":

                async def sleeping() -> bool:
                    found = await find_backend(control, witness.pid)
                    return found is not None and found.wait_event == "Timeout:PgSleep"

                await until(sleeping)
            else:
                assert await process.stdout.readline() == b"done\n"
            if "wire" in case:

                async def on_its_way() -> bool:
                    found = await find_backend(control, witness.pid)
                    return found is not None and found.state == "active"

                await until(on_its_way)
            await kill(process)
            at_once = await verdict(control, witness, case, patience=0.0)
            assert at_once.fate in ("still_running", CASES[case][0])
            if case in ("running", "commit_on_the_wire"):
                assert (at_once.fate, at_once.reason) == ("still_running", "backend_alive")
        final = await verdict(control, witness, case)
        applied = await one(control, f"select to_regclass('public.{case}') is not null")
        assert final.fate == ("applied" if applied else "not_applied"), final
        assert final.fate == CASES[case][0] and final.reason in CASES[case][1].split("|"), final
        assert final.facts["xid"] == witness.xid and "xid_status" in final.facts
        assert await holders(control, attempt_key(RUN, case, 1)) == []


@awaited
async def test_a_living_client_is_still_running(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        async with worker(server.dsn(database), "before_commit", "xid") as (process, witness):
            assert process.stdout is not None
            await process.stdout.readline()
            found = await verdict(control, witness, "before_commit", patience=0.3)
            assert (found.fate, found.reason) == ("still_running", "backend_alive")
            assert found.facts["state"] == "idle in transaction"
            # Somebody else's backend is not taken for ours when only the pid is the same: the key still
            # says no.
            other = msgspec.structs.replace(witness, backend_start="2020-01-01T00:00:00.000000Z")
            found = await verdict(control, other, "before_commit", patience=0.3)
            assert (found.fate, found.reason) == ("still_running", "attempt_key_held")
            assert found.facts["holders"] == [witness.pid]
