"""Identity and fences: keys that nobody waits for, children that carry them, servers that are not the same."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, one, refused, until
from tui.postgres.conninfo.parameters import application_name
from tui.postgres.errors import ConnectFailed, ConnectionLost
from tui.postgres.evidence import commits, fence
from tui.postgres.identity import target_identity
from tui.postgres.results import Backend

pytestmark = pytest.mark.postgres


def test_keys() -> None:
    keys = {fence.target_key(), *(fence.attempt_key(r, s, a) for r in "ab" for s in "ab" for a in (1, 2))}
    assert len(keys) == 9 and all(0 <= key < 2**63 for key in keys)
    assert fence.attempt_key("a", "bc", 1) != fence.attempt_key("ab", "c", 1)


@awaited
async def test_a_key_has_one_holder(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        a, b = await sessions.work(), await sessions.control()
        for key in (fence.target_key(), fence.attempt_key(RUN, "migrate", 1), 2**63 - 1, 5):
            assert await fence.try_lock(a, key)
            assert not await fence.try_lock(b, key)
            assert await fence.holders(b, key) == [a.backend.pid]
            assert not await fence.poll_until_free(b, key, time.monotonic() + 0.05, interval=0.02)
            freed = asyncio.ensure_future(fence.poll_until_free(b, key, time.monotonic() + 10, interval=0.02))
            await a.execute("begin")
            await a.execute("rollback")
            assert await fence.release(a, key)
            assert await freed
            assert await fence.holders(b, key) == []


def psql(server: Server, database: str, *arguments: str) -> list[str]:
    base = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(server.home), "-U", "postgres", "-d", database]
    return [*base, *arguments]


@pytest.mark.parametrize("single", [[], ["-1"]], ids=["autocommit", "single_transaction"])
@awaited
async def test_psql_takes_the_attempt_key_or_ends(server: Server, database: str, single: list[str]) -> None:
    key = fence.attempt_key(RUN, "script", 1)
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        prelude = ["-c", fence.psql_prelude(key)]
        # The key is held while the script runs; a copy of the script meets it and ends before doing anything.
        held = asyncio.ensure_future(
            asyncio.to_thread(
                server.run, *psql(server, database, *single, *prelude, "-c", "select pg_sleep(30)"), check=False
            )
        )

        async def holding() -> list[int]:
            return await fence.holders(control, key)

        pids = await until(holding)
        second = server.run(*psql(server, database, *single, *prelude, "-c", "create table t (a int)"), check=False)
        assert second.returncode != 0 and b"another backend still works" in second.stderr
        assert await one(control, "select to_regclass('public.t') is null")
        backend = await fence.find_backend(control, pids[0])
        assert backend is not None
        assert not await fence.terminate(control, msgspec.structs.replace(backend, start="2020-01-01"))
        assert await fence.terminate(control, backend)
        assert await fence.wait_until_gone(control, [backend], time.monotonic() + 10) == []
        assert await fence.poll_until_free(control, key, time.monotonic() + 10)
        assert (await held).returncode != 0


@awaited
async def test_backends_are_found_by_their_name(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        work = await sessions.work(step="backup")
        found = await fence.find_backends(control, application_name(RUN, "backup"))
        assert [b.pid for b in found] == [work.backend.pid] and found[0].start == work.backend.start
        left = await fence.wait_until_gone(control, found, time.monotonic())
        assert left == found
        # The same pid with another start is somebody else.
        other = Backend(pid=work.backend.pid, start="2020-01-01T00:00:00.000000Z")
        assert await fence.wait_until_gone(control, [other], time.monotonic()) == []


@awaited
async def test_identity(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        identity = await target_identity(await sessions.control())
        assert identity.database == database and identity.timeline == 1 and not identity.in_recovery
        assert identity.system_identifier.isdigit() and identity.host == str(server.home)
        assert identity.pooler == "none" and f"{identity.server_version // 10000}." in identity.server_version_text


@awaited
async def test_another_history_or_database_decides_nothing(own: Server) -> None:
    own.start()
    arguments: dict[str, Any] = {"run": RUN, "step": "migrate", "attempt": 1, "statement": 1, "commit_acked": False}
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        identity = await target_identity(control)
        await work.execute("begin")
        xid = await commits.assign_xid(work)
        await commits.pin(control, xid)
        seen = commits.witness(work, identity, xid, ledger=False, pinned=True)
        await work.execute("commit")
        await work.close()
        assert (await commits.judge(control, seen, **arguments)).fate == "applied"
        await control.execute("create database other")
        async with Sessions(own, "other") as elsewhere:
            found = await commits.judge(await elsewhere.control(), seen, **arguments)
            assert (found.fate, found.reason) == ("undecided", "other_database")
        foreign = msgspec.structs.replace(seen, system_identifier="1")
        found = await commits.judge(control, foreign, **arguments)
        assert (found.fate, found.reason) == ("undecided", "other_server")
    own.run("pg_ctl", "-D", own.data, "-w", "-s", "-m", "fast", "stop")
    (own.data / "standby.signal").touch()
    own.start()
    async with Sessions(own) as sessions:
        with pytest.raises(ConnectFailed):
            await sessions.control()
        monitor = await sessions.monitor()
        found = await commits.judge(monitor, seen, **arguments)
        assert (found.fate, found.reason) == ("undecided", "not_the_primary")
    own.run("pg_ctl", "-D", own.data, "-w", "-s", "promote")
    async with Sessions(own) as sessions:
        control = await sessions.control()
        assert (await target_identity(control)).timeline == 2
        found = await commits.judge(control, seen, **arguments)
        assert (found.fate, found.reason) == ("undecided", "other_timeline")


@awaited
async def test_a_lost_session_is_an_error_and_no_verdict(own: Server) -> None:
    own.start()
    async with Sessions(own) as sessions:
        control = await sessions.control()
        own.stop()
        assert isinstance(await refused(target_identity(control)), ConnectionLost)
