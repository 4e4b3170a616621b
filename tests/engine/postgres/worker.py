"""A client to be killed: begins the work of a step, prints its witness as JSON, goes on as told, prints
`done`.

worker.py DSN RUN CASE LEDGER. The work is one table named after the case.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec

from tui.postgres.connect import open_session
from tui.postgres.evidence import commits, fence, ledger
from tui.postgres.identity import target_identity


async def main(dsn: str, run: str, case: str, with_ledger: bool) -> None:
    control = await open_session(dsn, purpose="control", run=run)
    work = await open_session(dsn, purpose="work", run=run, step=case)
    if case == "commit_on_the_wire":
        await work.execute("set client_connection_check_interval = 0")
    identity = await target_identity(control)
    assert await fence.try_lock(work, fence.attempt_key(run, case, 1))
    await work.execute("begin")
    if with_ledger:
        await ledger.record(work, run, case, 1, 1, "0" * 64)
    xid = await commits.assign_xid(work)
    await commits.pin(control, xid)
    witness = commits.witness(work, identity, xid, ledger=with_ledger, pinned=True)
    print(msgspec.json.encode(witness).decode(), flush=True)
    await work.execute(f"create table {case} as select 1 as a")
    if case == "running":
        await work.execute("select pg_sleep(3)")
    elif case.startswith("commit_on_the_wire"):
        print("done", flush=True)
        await work.execute("select pg_sleep(1.5); commit")
    elif case == "committed":
        await work.execute("commit")
    elif case == "rolled_back":
        await work.execute("rollback")
    print("done", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "ledger"))
