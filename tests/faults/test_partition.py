"""A network that swallows everything, under programs: both sides notice it, and what was locked is free again."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import postgres_server
from tests.engine.postgres.pgserver import Server, awaited
from tests.engine.rig import Rig
from tests.faults import counting
from tests.ports import free_port
from tui.journal.codes import WaitReason
from tui.run.commands import Execute

NAME = f"va-{os.getpid()}"
_NET = f"10.231.{os.getpid() % 250}"
HERE, THERE = f"{_NET}.1", f"{_NET}.2"
PATIENCE = 40.0
STEPS = """
          - {id: hold, title: Hold, psql: {file: hold.sql}}
"""
SAVE = """
          - {id: save, title: Save, tolerate: 9s, backup: {directory: "${BACKUPS}", compress: 9}}
"""
ASK = """
          - {id: ask, title: Ask, command: {run: [psql, -XAtc, "begin; lock table asked; select pg_sleep(600)"]}}
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Far:
    """A server in a network namespace of its own, whose network can be made to swallow everything."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = free_port()

    @property
    def dsn(self) -> str:
        return f"host={THERE} port={self.port} dbname=postgres user=postgres"

    def swallow(self) -> None:
        for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
            ip("netns", "exec", NAME, "iptables", "-I", chain, "!", way, "lo", "-j", "DROP")

    def heal(self) -> None:
        """All that was kept back arrives, as soon as it is sent again."""
        for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
            ip("netns", "exec", NAME, "iptables", "-D", chain, "!", way, "lo", "-j", "DROP")

    def works(self, application: str, query: str = "") -> bool:
        """Whether the server has a session of this application, at this query."""
        where = f"application_name like '%{application}%' and query ~ '{query}'"
        return self.run(f"select count(*) from pg_stat_activity where {where}") != [(0,)]

    def run(self, statement: str, dbname: str = "postgres") -> list[tuple[object, ...]]:
        """Through its socket in the file system, which no network is needed for."""
        where = {"host": str(self.server.home), "port": self.port, "dbname": dbname, "user": "postgres"}
        with psycopg.connect(autocommit=True, **where) as connection:  # type: ignore[arg-type]
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description is not None else []


@contextmanager
def far_away() -> Iterator[Far]:
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("iptables") is None:
        pytest.skip("a network namespace needs root, ip and iptables")
    server = Server(postgres_server.binaries_of().bindir)
    far = Far(server)
    subprocess.run(["ip", "netns", "del", NAME], check=False, capture_output=True)
    try:
        ip("netns", "add", NAME)
        ip("link", "add", f"{NAME}-0", "type", "veth", "peer", "name", f"{NAME}-1", "netns", NAME)
        ip("addr", "add", f"{HERE}/30", "dev", f"{NAME}-0")
        ip("link", "set", f"{NAME}-0", "up")
        ip("-n", NAME, "addr", "add", f"{THERE}/30", "dev", f"{NAME}-1")
        ip("-n", NAME, "link", "set", f"{NAME}-1", "up")
        # The statistics collector of 14 talks to itself by loopback; without it each look at them takes ten seconds.
        ip("-n", NAME, "link", "set", "lo", "up")
        with (server.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {HERE}/32 trust\n")
        settings = server.settings | {"listen_addresses": f"'{THERE}'", "port": str(far.port)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        program = server.bindir / "pg_ctl"
        command: list[str | Path] = ["ip", "netns", "exec", NAME]
        command += ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", program]
        subprocess.run(
            [*command, "-D", server.data, "-w", "-s", "-l", server.home / "log", "-o", options, "start"], check=True,
            cwd=server.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        yield far
    finally:
        server.remove()
        subprocess.run(["ip", "netns", "del", NAME], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"{NAME}-0"], check=False, capture_output=True)


@awaited
async def test_a_silent_network_is_noticed_on_both_sides(tmp_path: Path) -> None:
    """Under psql and a command that hold a lock, and under a dump amid its data, which may tolerate no more here."""
    with far_away() as far:
        far.run("create table held (id int); create table asked (id int)")
        far.run("create database other")
        far.run(
            "create table big as select md5(g::text) || md5((g * 7)::text) as t from generate_series(1, 600000) g",
            "other",
        )
        script = {"hold.sql": "lock table held;\nselect pg_sleep(600);\n"}
        holding = Rig(tmp_path / "a", far.dsn, STEPS, script)
        saving = Rig(tmp_path / "b", far.dsn + " dbname=other", SAVE, None, BACKUPS=str(tmp_path / "backups"))
        asking = Rig(tmp_path / "c", far.dsn, ASK, beside="each has its own lock")
        async with holding, saving, asking:
            running = ((holding, "hold", "pg_sleep"), (asking, "ask", "pg_sleep"), (saving, "save", "COPY public.big"))
            for rig, step, query in running:
                assert rig.do(Execute(step=step)) is None
                await until(lambda: far.works(f"{step}.1", query), f"{step} is at {query}")  # noqa: B023
            far.swallow()
            began = time.monotonic()
            for rig, step, _query in running:
                await until(lambda: silent(rig), f"that the target of {step} is silent is said")  # noqa: B023
            assert time.monotonic() - began < 15
            assert WaitReason.TARGET_SILENT in holding.said() & saving.said()
            for _rig, step, _query in running:
                await until(lambda: not far.works(f"{step}.1"), f"the server no longer works for {step}")  # noqa: B023
            far.run("set lock_timeout = '1s'; alter table held add a int; alter table asked add a int")
            far.run("drop table big", "other")
            for rig, step, _query in running:
                await until(lambda: not lives(rig, step), f"the program of {step} has ended")  # noqa: B023
            # Engines that are asked to end wait for a server that does not answer.
            far.heal()


BUILD = """
          - id: build
            title: Build
            sql: {file: build.sql, transaction: per_statement}
            prove: {query: "select count(*) from pg_index where indrelid = 'held'::regclass and indisvalid", equals: 2}
            cleanup: {sql: {text: "drop index concurrently if exists held_a, held_b", transaction: per_statement}}
"""
DUMP = SAVE.replace("tolerate: 9s, ", "")
AWAY = 15.0


@awaited
@pytest.mark.skipif(not counting.EVERY, reason="a network that is away for a quarter of a minute")
async def test_a_network_that_is_away_for_a_moment_ends_nothing_that_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A concurrent index build and a dump go on when it is back; so does the right to change the target."""
    with far_away() as far:
        far.run("create table held (a int, b int)")
        far.run("create database other")
        far.run(
            "create table big as select md5(g::text) || md5((g * 7)::text) as t from generate_series(1, 600000) g",
            "other",
        )
        script = {"build.sql": "".join(f"create index concurrently held_{x} on held ({x});\n" for x in "ab")}
        building = Rig(tmp_path / "a", far.dsn, BUILD, script)
        saving = Rig(tmp_path / "b", far.dsn + " dbname=other", DUMP, None, BACKUPS=str(tmp_path / "backups"))
        with psycopg.connect(host=str(far.server.home), port=far.port, dbname="postgres", user="postgres") as blocker:
            blocker.execute("insert into held values (1, 1)")
            async with building, saving:
                for rig, step, query in ((building, "build", "held_a"), (saving, "save", "COPY public.big")):
                    assert rig.do(Execute(step=step)) is None
                    await until(lambda: far.works(step, query), f"{step} is at {query}")  # noqa: B023
                far.swallow()
                await asyncio.sleep(AWAY)
                far.heal()
                assert WaitReason.TARGET_SILENT in building.said() & saving.said()
                blocker.rollback()
                for rig, step in ((building, "build"), (saving, "save")):
                    await until(lambda: rig.step(step).status != "running", f"{step} ends")  # noqa: B023
                    assert (rig.step(step).status, rig.step(step).attempt) == ("passed", 1), rig.events()[-5:]


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, f"in vain: {what}"
        await asyncio.sleep(0.05)


def silent(rig: Rig) -> bool:
    """Whether it was said in the log."""
    return any("target_silent" in event["data"]["text"] for event in rig.events("log.lines"))


def lives(rig: Rig, step: str) -> bool:
    """Whether its program has not ended."""
    child = rig.step(step).child
    assert child is not None
    try:
        return Path(f"/proc/{child['pid']}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
