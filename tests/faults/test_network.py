"""A network that fails in every way under every kind of step: what is said at the end is what is in the database.

The checker knows no more than the contract: a step that passed has done its work once, one of which nothing is there
has not, and an end there is. How it came to that is the engine's affair.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.engine.conftest import empty_database, server
from tests.engine.postgres.pgserver import awaited
from tests.engine.proxy import Proxy
from tests.engine.rig import Rig
from tests.faults import counting
from tests.postgres_server import Database
from tui.engine.drivers import cancel
from tui.engine.watch import liveness, sampler
from tui.journal.events import Policy
from tui.run.commands import Cancel, Execute

__all__ = ["empty_database", "server"]
SETUP = """
create table made (n int);
create table late (n int);
create function wait_at_commit() returns trigger language plpgsql as $$
begin perform pg_sleep(0.3); return null; end $$;
create constraint trigger at_commit after insert on late deferrable initially deferred
    for each row execute function wait_at_commit();
"""
WORK = "insert into made values (1); insert into late values (1); select pg_sleep(0.8)"
PROOF = 'prove: {query: "select count(*) from made", equals: 1}'
KINDS = {
    "single": f'sql: {{text: "{WORK}"}}',
    "each": f'sql: {{text: "{WORK}", transaction: per_statement}}',
    "outside": (
        'sql: {text: "insert into made values (1); insert into late values (1); '
        'create index concurrently made_n on made (n); select pg_sleep(0.8)", transaction: per_statement}\n'
        "            prove: {query: \"select count(*) from pg_class where relname = 'made_n'\", equals: 1}\n"
        '            cleanup: {sql: {text: "drop index concurrently if exists made_n", transaction: per_statement}}'
    ),
    "batch": (
        'batch: {sql: "with w as (insert into late select 1 where not exists (select from late)) '
        'insert into made select 1 from pg_sleep(0.8) where not exists (select from made)"}'
    ),
    "psql": "psql: {file: work.sql}",
    "several": f"psql: {{file: work.sql, single_transaction: false}}\n            {PROOF}",
    "command": (
        f"command: {{run: [psql, -XAt, --single-transaction, -f, work.sql], files: [work.sql]}}\n            {PROOF}"
    ),
    "query": 'query: {sql: "select 1 from pg_sleep(0.8)", equals: 1}',
    "backup": 'backup: {directory: "${BACKUPS}"}',
}
CHANGES = {"single", "each", "outside", "batch", "psql", "several", "command"}
Fault = Callable[[Proxy, Callable[[str], bool]], None]


def _half_open(proxy: Proxy, which: Callable[[str], bool]) -> None:
    proxy.half_open(which)


FAULTS: dict[str, Fault] = {
    "cut": lambda proxy, which: proxy.cut(which),
    "reset": lambda proxy, which: proxy.reset(which),
    "half open": _half_open,
    "all half open": lambda proxy, which: _half_open(proxy, lambda name: True),
    "control half open": lambda proxy, which: _half_open(proxy, lambda name: name.endswith("control")),
    "no answer": lambda proxy, which: proxy.stall(which, to_server=False),
    "no question": lambda proxy, which: proxy.stall(which, to_client=False),
    "all stalled": lambda proxy, which: proxy.stall(),
}
MOMENTS = {"work": "PgSleep", "commit": "COMMIT"}
_CASES = [
    (kind, fault, moment) for kind in KINDS for fault in FAULTS for moment in MOMENTS
    if moment == "work" or kind in ("single", "each", "batch", "psql")
]  # fmt: skip
_TELLING = [("psql", "half open", "commit")]


@awaited
@pytest.mark.parametrize(("kind", "fault", "moment"), _CASES if counting.EVERY else _TELLING)
async def test_a_network_that_fails(
    tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch, kind: str, fault: str, moment: str
) -> None:
    for module, name, seconds in (
        (sampler, "TICK", 0.1), (sampler, "_HUNG", 0.4), (liveness, "SAID", 0.6), (liveness, "SLACK", 0.2),
        (liveness, "GONE", 0.2), (liveness, "ENDED", 0.3), (liveness, "IDLE", 0.5), (liveness, "STALLED", 1.2),
        (liveness, "BRIEF", 1.0), (cancel, "PATIENCE", 0.3), (cancel, "AGAIN", 0.1),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, seconds)
    with empty_database.connect() as looker:
        looker.execute(SETUP.encode())
        (tmp_path / "backups").mkdir()
        steps = (
            f"\n          - id: work\n            title: Work\n            tolerate: 1s\n            {KINDS[kind]}\n"
        )
        files = {"work.sql": WORK.replace("; ", ";\n") + ";\n"}
        async with Proxy(empty_database) as proxy:
            policy = Policy(drive="headless")
            async with Rig(
                tmp_path / "rig", proxy.dsn, steps, files, policy=policy, BACKUPS=str(tmp_path / "backups")
            ) as rig:
                await _reached(rig, looker, moment)
                if kind == "command":
                    # Of a program of the plan's author only a session that was seen is missed.
                    await rig.engine.sampler.look_now()
                FAULTS[fault](proxy, lambda name: "work" in name)
                healing = asyncio.create_task(_healed(proxy))
                await rig.until(lambda: rig.recorder.state.closed or rig.step("work").stops, "it has an end")
                await healing
                _check(rig, looker, kind)


@awaited
@pytest.mark.skipif(not counting.EVERY, reason="takes as long as a connection that is not answered")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_cancel_in_a_silence_that_lasts(
    tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It takes effect here, and what became of the work is left to whoever looks when the target is back."""
    for module, name, seconds in ((sampler, "TICK", 0.1), (liveness, "SAID", 0.6), (liveness, "BRIEF", 1.0)):
        monkeypatch.setattr(module, name, seconds)
    with empty_database.connect() as looker:
        looker.execute(SETUP.encode())
        (tmp_path / "backups").mkdir()
        work = KINDS[kind].replace("pg_sleep(0.8)", "pg_sleep(60)")
        steps = f"\n          - id: work\n            title: Work\n            {work}\n"
        files = {"work.sql": WORK.replace("; ", ";\n").replace("0.8", "60") + ";\n"}
        if kind == "backup":
            looker.execute("begin; lock table made")
        async with Proxy(empty_database) as proxy, Rig(
            tmp_path / "rig", proxy.dsn + " connect_timeout=3", steps, files, BACKUPS=str(tmp_path / "backups")
        ) as rig:  # fmt: skip
            assert rig.do(Execute(step="work")) is None
            await _reached(rig, looker, "work")
            proxy.stall()
            assert rig.do(Cancel(step="work")) is None
            ended = await rig.ended("work")
            assert ended["type"] in ("step.fate", "step.cancelled"), ended
            if ended["type"] == "step.fate":
                assert (ended["data"]["fate"], ended["data"]["facts"]["given_up"]) == ("undecided", "person")
            if kind == "backup":
                looker.execute("rollback")
            looker.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid()"
            )


async def _reached(rig: Rig, looker: psycopg.Connection, moment: str) -> None:
    at = "wait_event = 'PgSleep'" if moment == "work" else "query ~* '^commit' and state = 'active'"
    query = f"select count(*) from pg_stat_activity where datname = current_database() and {at}"
    still = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    await rig.until(
        lambda: (
            looker.execute((query if rig.step("work").step.kind != "backup" else still).encode()).fetchone() != (0,)
            or rig.step("work").status not in ("pending", "running")
            or (rig.step("work").step.kind == "backup" and rig.step("work").child is not None)
        ),
        moment,
    )


async def _healed(proxy: Proxy) -> None:
    await asyncio.sleep(2.5)
    proxy.go_on()


def _check(rig: Rig, looker: psycopg.Connection, kind: str) -> None:
    at = rig.step("work")
    rows = looker.execute("select count(*) from made").fetchone()
    assert rows is not None
    told = f"{kind}: {at.status} {at.effect} {at.reason}, rows {rows[0]}, attempts {at.attempt}"
    print(told)
    if at.status == "passed":
        assert rows[0] == (1 if kind in CHANGES else 0), told
    elif at.effect == "none":
        assert rows[0] == 0, told
    elif at.effect == "all":
        assert rows[0] == 1, told
    if kind in ("single", "each", "outside", "batch", "query", "backup"):
        assert at.status in ("passed", "failed"), told
    assert rows[0] <= 1, told
    if kind == "outside" and at.status == "passed":
        invalid = looker.execute("select count(*) from pg_index where not indisvalid").fetchone()
        assert invalid == (0,), told
