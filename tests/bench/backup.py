"""A backup that is hashed and read to its end, against `pg_dump -Fc` alone with what it does by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.bench.bench import Bench, await_true, end_engine
from tests.bench.figure import Budget, Figure, NotMeasured
from tests.bench.plans import plan_text
from tests.postgres_server import MAJORS, binaries_of
from tui.engine.lock import engine_facts
from tui.engine.programs.client_tools import compresses
from tui.journal.reader import read_all
from tui.runs.paths import RunPaths

BUDGET = Budget(0.35)
_ROUNDS: Final = 3
_WORDS: Final = (
    "the order was delivered late customer asked for invoice payment received shipping address changed please call "
    "back tomorrow refund requested item damaged warehouse north priority express standard gift wrapped signature "
    "required left with neighbour door São Paulo entrega pedido cliente"
)
# Words in sentences, keys that are random, times, money, documents: as an application has them. A megabyte is 1,230
# orders and 1,940 events with their customers.
_ROWS: Final = """
select setseed(0.42);
create table words as select i::int, w from unnest(string_to_array('{words}', ' ')) with ordinality as t(w, i);
create table sentences as select g as i, (select string_agg(w, ' ') from (select w from words, generate_series(1, 2)
where g > 0 order by random() limit 4 + g % 14) s) as s from generate_series(1, 1000) g;
create index on sentences (i);
create table customers as select g::bigint as id, gen_random_uuid() as uuid, initcap(a.w) || initcap(b.w) as name,
a.w || '.' || b.w || g || '@example.com' as email, timestamptz '2020-01-01' + g * interval '37 seconds' as created,
round((random() * 10000)::numeric, 2) as balance, array[a.w, b.w] as tags, md5(g::text) as notes
from generate_series(1, 350 * {mb}) g join words a on a.i = 1 + g % 38 join words b on b.i = 1 + (g / 38) % 38;
create table orders as select g::bigint as id, gen_random_uuid() as uuid, (random() * 350 * {mb})::bigint as customer,
timestamptz '2022-01-01' + g * interval '19 seconds' as placed, round((random() * 900)::numeric, 2) as total,
jsonb_build_object('sku', 'A' || (random() * 99999)::int, 'qty', 1 + (random() * 5)::int, 'name', a.s, 'price',
round((random() * 300)::numeric, 2), 'options', jsonb_build_array(b.i, round(random()::numeric, 3))) as items,
b.s || ' ' || a.s as note
from (select g, 1 + (random() * 999)::int as a, 1 + (random() * 999)::int as b from generate_series(1, 1230 * {mb}) g) g
join sentences a on a.i = g.a join sentences b on b.i = g.b;
create table events as select g::bigint as id, timestamptz '2024-01-01' + g * interval '3 seconds' as at,
(array['view', 'click', 'cart', 'pay', 'error'])[1 + (random() * 4)::int] as kind, gen_random_uuid() as session,
jsonb_build_object('path', '/' || a.w || '/' || (random() * 99999)::int, 'ms', round((random() * 2000)::numeric, 1),
'ref', md5(random()::text)) as payload, -23 + random() as lat, -46 + random() as lon
from (select g, 1 + (random() * 37)::int as a from generate_series(1, 1940 * {mb}) g) g join words a on a.i = g.a;
"""


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds, the two in turn; both read what the server has in its cache by then."""
    database = "application"
    with psycopg.connect(bench.server().dsn(), autocommit=True) as session:
        session.execute(f"create database {database}".encode())
    with psycopg.connect(bench.server().dsn(database), autocommit=True) as session:
        for statement in _ROWS.format(words=_WORDS, mb=bench.size.backup_mb).split(";\n"):
            session.execute(statement.encode())
        session.execute(b"vacuum analyze")
        (bytes_,) = session.execute(b"select pg_database_size(current_database())").fetchone() or (0,)
    for client in _clients(bench):
        yield _beside(bench, database, client, bytes_)


def _clients(bench: Bench) -> list[Path]:
    """Where client programs lie that were built with zstd, and without: the server's own, and the oldest that will do
    and differs from it."""
    own = bench.server().binaries
    zstd = compresses(str(own.bindir / "pg_dump"), "zstd:1")
    others = [binaries_of(major).bindir for major in sorted(MAJORS) if major >= own.version]
    differing = [one for one in others if compresses(str(one / "pg_dump"), "zstd:1") is not zstd]
    return [own.bindir, *differing[:1]]


def _beside(bench: Bench, database: str, client: Path, bytes_: int) -> Figure:
    ours: list[float] = []
    theirs: list[float] = []
    told: dict[str, Any] = {}
    size = 0
    environment = bench.environment | {"PATH": f"{client}:{bench.environment['PATH']}"}
    for number in range(min(_ROUNDS, bench.size.rounds)):
        for of in ("dump", "run") if number % 2 == 0 else ("run", "dump"):
            directory = bench.directory / f"{of}-{number}"
            directory.mkdir()
            if of == "dump":
                seconds, size = _dump(bench, database, directory, environment)
                theirs.append(seconds)
            else:
                seconds, told = _run(bench, database, directory, environment)
                ours.append(seconds)
            shutil.rmtree(directory)
    by = "pg_dump's zstd" if told["compress"].startswith("zstd") else told.get("packed") or "gzip"
    note = f"{told['format']}, {told['jobs']} jobs, {told['compress']}: "
    return Figure(
        what=f"backup, hash, all of it read: {bytes_ / 1e6:,.0f} MB, {by}", unit="s", ours=tuple(ours),
        theirs=tuple(theirs), peer="pg_dump -Fc", budget=BUDGET,
        note=f"{note}{told['bytes'] / 1e6:,.0f} MB; theirs {size / 1e6:,.0f} MB, not read again",
    )  # fmt: skip


def _dump(bench: Bench, database: str, directory: Path, environment: dict[str, str]) -> tuple[float, int]:
    file = directory / "dump"
    began = time.perf_counter()
    subprocess.run(
        ["pg_dump", "-Fc", f"--file={file}", f"--dbname={bench.server().dsn(database)}"],
        env=bench.environment,
        check=True,
    )
    seconds, size = time.perf_counter() - began, file.stat().st_size
    file.unlink()
    return seconds, size


def _run(bench: Bench, database: str, directory: Path, environment: dict[str, str]) -> tuple[float, dict[str, Any]]:
    """From the first step's start to the last one's end, by the journal's clock; and what the backup says of itself."""
    plan = directory / "plan.yaml"
    steps = [
        f"{{id: backup, title: Backup, backup: {{directory: {directory}/backups, prefer: time}}}}",
        "{id: verify, title: Verify, verify_backup: {of: backup, level: decode}}",
    ]
    plan.write_text(plan_text(bench.server().dsn(database), steps), encoding="utf-8")
    done = subprocess.run(bench.virada("run", str(plan), "--headless"), env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotMeasured(f"the run ended with {done.returncode}: {done.stderr[-500:]}")
    paths = RunPaths(bench.home / "runs" / done.stdout.strip())
    lines = read_all(paths.journal)
    first = next(line.mono for line in lines if line.type == "step.started")
    passed = [line for line in lines if line.type == "step.passed"]
    told = json.loads(bytes(passed[0].data))["evidence"]
    end_engine(paths)
    await_true(lambda: not engine_facts(paths).alive, "the engine has ended")
    return max(line.mono for line in passed) - first, told
