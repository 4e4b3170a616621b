"""A backfill along the key against a procedure that does the same by hand, and against one UPDATE."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import psycopg

from tests.bench.bench import Bench, await_true, end_engine
from tests.bench.figure import Budget, Figure, NotMeasured
from tests.bench.plans import plan_text
from tui.engine.lock import engine_facts
from tui.journal.reader import read_all
from tui.runs.paths import RunPaths

PROCEDURE = Budget(1.10)
TWO_WORKERS = Budget(0.75)
BATCH = 10_000
ONCE = 10_000_000
"""Rows from which on a round takes minutes."""
TABLE = """create table t (id bigint primary key, tenant int not null, name text not null, placed timestamptz not null,
region text) with (autovacuum_enabled = off);
insert into t select n * {apart}, n % 97, md5(n::text), timestamptz '2025-01-01' + n * interval '1 minute', null
from generate_series(1, {rows}) n;
vacuum analyze t;
checkpoint"""
BY_HAND = """create procedure fill() language plpgsql as $$
declare
    after bigint := 0;
    upto bigint;
begin
    loop
        select max(id) into upto from (select id from t where id > after order by id limit {batch}) s;
        exit when upto is null;
        update t set region = 'sa' where id > after and id <= upto and region is null;
        commit;
        after := upto;
    end loop;
end $$"""
UPDATE = "update t set region = 'sa' where region is null"


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of each, on a table made anew for it; who comes first changes from round to round."""
    _roomy(bench)
    for rows in bench.size.backfill_rows:
        ways: dict[str, Callable[[int], float]] = {
            "procedure": lambda rows: _by_hand(bench, rows),
            "update": lambda rows: _statement(bench, rows),
            "walk": lambda rows: _walk(bench, rows, workers=1),
            "two": lambda rows: _walk(bench, rows, workers=2),
            "sparse": lambda rows: _walk(bench, rows, workers=1, apart=200),
            "halves": lambda rows: _halves(bench, rows),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(1 if rows >= ONCE else bench.size.rounds):
            names = list(ways)
            for name in (*names[number % len(names) :], *names[: number % len(names)]):
                seconds[name].append(ways[name](rows))
        took = {name: tuple(each) for name, each in seconds.items()}
        yield Figure(
            what=f"backfill of {rows:,} rows", unit="s", ours=took["walk"], theirs=took["procedure"],
            peer="procedure along the key", budget=PROCEDURE, note=_note(rows, took["walk"], took["sparse"]),
        )  # fmt: skip
        yield Figure(
            what=f"backfill of {rows:,} rows, two workers", unit="s", ours=took["two"], theirs=took["update"],
            peer="one UPDATE", budget=TWO_WORKERS,
            note=f"two plain sessions, each its half at once, take {min(took['halves']):.2f} s: what this machine has",
        )  # fmt: skip


def _roomy(bench: Bench) -> None:
    """A server as one has it for such tables: with the tests' 32 MB all of them would measure its writing of pages."""
    with psycopg.connect(bench.server().dsn(), autocommit=True) as connection:
        connection.execute("alter system set shared_buffers = '512MB'")
        connection.execute("alter system set max_wal_size = '4GB'")
    bench.server().stop()
    bench.server().start()


def _note(rows: int, dense: tuple[float, ...], sparse: tuple[float, ...]) -> str:
    return f"{1e6 * min(dense) / rows:.2f} µs a row; one id in 200 used: {1e6 * min(sparse) / rows:.2f} µs"


def _database(bench: Bench, rows: int, apart: int = 1) -> str:
    """A database with the table in it: its connection string."""
    with psycopg.connect(bench.server().dsn(), autocommit=True) as connection:
        connection.execute("drop database if exists backfill with (force)")
        connection.execute("create database backfill")
    dsn = bench.server().dsn("backfill")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in TABLE.format(rows=rows, apart=apart).split(";\n"):
            connection.execute(statement.encode())
    return dsn


def _timed(dsn: str, statement: str, before: str | None = None) -> float:
    with psycopg.connect(dsn, autocommit=True) as connection:
        if before is not None:
            connection.execute(before.encode())
        began = time.perf_counter()
        connection.execute(statement.encode())
        took = time.perf_counter() - began
        left = connection.execute("select count(*) from t where region is null").fetchone()
    if left != (0,):
        raise NotMeasured(f"rows were left: {left}")
    return took


def _by_hand(bench: Bench, rows: int) -> float:
    return _timed(_database(bench, rows), "call fill()", BY_HAND.format(batch=BATCH))


def _statement(bench: Bench, rows: int) -> float:
    return _timed(_database(bench, rows), UPDATE)


def _halves(bench: Bench, rows: int) -> float:
    """Two sessions that do nothing but change half of the table each: what two workers could reach at best."""
    dsn = _database(bench, rows)
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other:
        threads = [
            threading.Thread(target=_half, args=(connection, above, rows // 2))
            for connection, above in ((one, 0), (other, rows // 2))
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began


def _half(connection: psycopg.Connection, above: int, rows: int) -> None:
    connection.execute(UPDATE.encode() + f" and id > {above} and id <= {above + rows}".encode())
    connection.commit()


def _walk(bench: Bench, rows: int, workers: int, apart: int = 1) -> float:
    """From the step's beginning to its end, by the journal: with all its looks and counts."""
    dsn = _database(bench, rows, apart)
    spec = {"table": "t", "set": "region = 'sa'", "where": "region is null", "workers": workers}
    plan = bench.directory / "backfill.yaml"
    step = f"{{id: fill, title: Fill, batch: {json.dumps(spec)}}}"
    plan.write_text(plan_text(dsn, [step]), encoding="utf-8")
    done = subprocess.run(
        bench.virada("run", str(plan), "--headless", "--sign-off", "measured"), env=bench.environment,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise NotMeasured(f"the run ended with {done.returncode}: {done.stderr[-500:]}")
    paths = RunPaths(bench.home / "runs" / done.stdout.strip())
    lines = read_all(paths.journal)
    end_engine(paths)
    await_true(lambda: not engine_facts(paths).alive, "the engine has ended")
    started = next(line.mono for line in lines if line.type == "step.started")
    passed = next(line for line in lines if line.type == "step.passed")
    evidence = json.loads(bytes(passed.data))["evidence"]
    if evidence["rows"] != rows:
        raise NotMeasured(f"{evidence} of {rows} rows")
    return passed.mono - started
