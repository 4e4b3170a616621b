"""Replication lag against a real standby that is paused, frozen and lost."""

from __future__ import annotations

import asyncio

import psutil
import pytest

from tests.engine.postgres.pgserver import Server, Sessions, awaited, one, until
from tui.engine.watch.counters import ServerCounters
from tui.postgres.sample import ServerSample, sample
from tui.postgres.session import Session
from tui.words.said import say

pytestmark = pytest.mark.postgres
PORT = 5433


class Watch:
    """Samples one after the other, as the sampler takes them."""

    def __init__(self, monitor: Session) -> None:
        self.monitor = monitor
        self.last: ServerSample | None = None

    async def lag(self) -> float:
        self.last = await sample(self.monitor, self.last)
        return self.last.figures["replication_lag"]


@awaited
async def test_a_standby_that_stands_still_lags_ever_more(own: Server) -> None:
    own.start()
    standby = own.home / "standby"
    # Not with -R: a newer pg_basebackup may write options that the server's own libpq does not know.
    own.run("pg_basebackup", "-h", own.home, "-U", "postgres", "-D", standby, "-X", "stream", "-c", "fast")
    (standby / "standby.signal").touch()
    with (standby / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = 'host={own.home} user=postgres'\n")
    options = " ".join(f"-c {name}={value}" for name, value in {**own.settings, "port": str(PORT)}.items())
    own.run("pg_ctl", "-D", standby, "-w", "-s", "-l", own.home / "standby.log", "-o", options, "start")
    said: list[str] = []
    tally = ServerCounters(lambda severity, remark: said.append(f"{severity} {say(remark)}"))
    try:
        async with Sessions(own) as sessions:
            control, watch = await sessions.control(), Watch(await sessions.monitor())
            await control.execute("create table public.t (a int)")

            async def streaming() -> bool:
                return bool(await one(control, "select count(*) from pg_stat_replication where state = 'streaming'"))

            async def caught_up() -> bool:
                # A standby that has only just come has none yet.
                watch.last = await sample(watch.monitor, watch.last)
                return watch.last.figures.get("replication_lag") == 0

            await until(streaming)
            await until(caught_up)
            assert watch.last is not None and tally.figures(watch.last) == {"deadlocks": 0.0}
            postmaster = psutil.Process(int((standby / "postmaster.pid").read_text().split()[0]))
            children = postmaster.children()
            for child in children:
                child.suspend()
            try:
                await control.execute("insert into public.t select generate_series(1, 1000)")
                begun = asyncio.get_running_loop().time()

                async def late() -> bool:
                    return await watch.lag() > 1.5

                await until(late)
                assert asyncio.get_running_loop().time() - begun >= 1.4, "an idle minute before is no lag"
                assert watch.last.figures["replication_lag_bytes"]
            finally:
                for child in children:
                    child.resume()
            await until(caught_up)
            own.run("pg_ctl", "-D", standby, "-w", "-s", "-m", "immediate", "stop")

            async def lost() -> bool:
                watch.last = await sample(watch.monitor, watch.last)
                return not watch.last.replicas

            await until(lost)
            assert "replication_lag" not in watch.last.figures, "nobody lags where nobody is"
            tally.figures(watch.last)
            assert said == ["WARNING The only replica is gone: walreceiver."]
    finally:
        own.run("pg_ctl", "-D", standby, "-w", "-s", "-m", "immediate", "stop", check=False)
