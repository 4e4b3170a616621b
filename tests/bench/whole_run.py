"""A whole run without waits against a shell script of the same commands, each on a database of its own."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.bench.bench import Bench, await_true, end_engine
from tests.bench.figure import Budget, Figure, NotMeasured
from tests.bench.plans import command_step, plan_text
from tui.engine.lock import engine_facts
from tui.journal.reader import read_all
from tui.runs.paths import RunPaths

BUDGET = Budget(1.02)


class Work(NamedTuple):
    """One piece of the workload: a kind of step, its text, and what a query answers."""

    kind: str
    text: str
    answer: int = 0


def workload(rows: int) -> list[Work]:
    """Thirty pieces of real work on a table of so many rows."""
    found = [
        Work("sql", f"create table t as select i as id, i % 97 as tenant, md5(i::text) as name, 0 as n "
                    f"from generate_series(1, {rows}) i; alter table t add primary key (id);"),
        Work("query", "select count(*) from t", rows),
        Work("psql", "\\set part 7\nupdate t set n = :part where tenant = :part;\n"),
    ]  # fmt: skip
    for part in range(6):
        found += [
            Work("sql", f"update t set n = n + 1, name = md5(name) where id % 3 = {part % 3};"),
            Work("command", f"seq 1 {rows} | sed s/1/x/ | sort -r | md5sum"),
            Work("psql", f"create index i{part} on t (tenant, name);\n\\echo built\ndrop index i{part};\n"),
            Work("query", f"select count(*) from t where id % 3 = {part % 3}", len(range(part % 3 or 3, rows + 1, 3))),
        ]  # fmt: skip
    return [
        *found, Work("sql", "create index final on t (tenant);"), Work("sql", "analyze t;"),
        Work("query", "select count(*) from t where n < 0", 0),
    ]  # fmt: skip


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds of the same work, script and run in turn, the first of them changing from round to round."""
    works = workload(bench.size.workload_rows)
    bench.server()
    scripts, inside, whole, starts = [], [], [], []
    for number in range(bench.size.rounds):
        for of in ("script", "run") if number % 2 == 0 else ("run", "script"):
            database = f"{of}_{number}"
            execute(bench, f"create database {database}")
            if of == "script":
                scripts.append(_script(bench, works, database))
            else:
                work, total, start = _run(bench, works, database)
                inside.append(work)
                whole.append(total)
                starts.append(start)
            execute(bench, f"drop database {database} with (force)")
            execute(bench, "checkpoint")
    per_step = (sum(inside) - sum(scripts)) / len(inside) / len(works) * 1000
    yield Figure(
        what=f"whole run: {len(works)} steps, first start to last end", unit="s", ours=tuple(inside),
        theirs=tuple(scripts), peer="shell script with psql", budget=BUDGET, note=f"{per_step:+.1f} ms for each step",
    )  # fmt: skip
    yield Figure(
        what="whole run: the command from start to exit", unit="s", ours=tuple(whole), theirs=tuple(scripts),
        peer="shell script with psql",
    )  # fmt: skip
    yield Figure(what="whole run: until the first step has begun", unit="s", ours=tuple(starts))


def execute(bench: Bench, statement: str) -> None:
    with psycopg.connect(bench.server().dsn(), autocommit=True) as connection:
        connection.execute(statement.encode())


def _run(bench: Bench, works: list[Work], database: str) -> tuple[float, float, float]:
    """Seconds of the work, of the whole command, and until the first step."""
    directory = bench.directory / database
    directory.mkdir()
    plan = directory / "plan.yaml"
    steps = [step_text(directory, number, work) for number, work in enumerate(works)]
    plan.write_text(plan_text(bench.server().dsn(database), steps), encoding="utf-8")
    began = time.perf_counter()
    done = subprocess.run(
        bench.virada("run", str(plan), "--headless", "--sign-off", "measured"), env=bench.environment,
        capture_output=True, text=True,
    )  # fmt: skip
    total = time.perf_counter() - began
    if done.returncode != 0:
        raise NotMeasured(f"the run ended with {done.returncode}: {done.stderr[-500:]}")
    paths = RunPaths(bench.home / "runs" / done.stdout.strip())
    lines = read_all(paths.journal)
    first = next(line.mono for line in lines if line.type == "step.started")
    last = max(line.mono for line in lines if line.type == "step.passed")
    # From the journal's clock: what of the command's time lies outside its steps is nearly all before them.
    after = next(line.mono for line in lines if line.type == "run.closed") - last
    _leave(paths)
    return last - first, total, total - (last - first) - after


def _leave(paths: RunPaths) -> None:
    end_engine(paths)
    await_true(lambda: not engine_facts(paths).alive, "the engine has ended")


def step_text(directory: Path, number: int, work: Work) -> str:
    name = f"s{number}"
    if work.kind == "command":
        return command_step(name, ["sh", "-c", work.text])
    if work.kind == "query":
        return f"{{id: {name}, title: Ask {name}, query: {{sql: {json.dumps(work.text)}, equals: {work.answer}}}}}"
    file = directory / f"{name}.sql"
    file.write_text(work.text, encoding="utf-8")
    return f"{{id: {name}, title: Apply {name}, {work.kind}: {{file: {file.name}}}}}"


def _script(bench: Bench, works: list[Work], database: str) -> float:
    directory = bench.directory / database
    directory.mkdir()
    psql = "psql -X -q -v ON_ERROR_STOP=1"
    lines = ["set -e"]
    for number, work in enumerate(works):
        if work.kind == "command":
            lines.append(f"sh -c {shlex.quote(work.text)} > {number}.out")
        elif work.kind == "query":
            lines.append(f'test "$({psql} -At -c {shlex.quote(work.text)})" = {work.answer}')
        else:
            (directory / f"{number}.sql").write_text(work.text, encoding="utf-8")
            lines.append(f"{psql} -1 -f {number}.sql > {number}.out")
    (directory / "script.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")
    server = bench.server()
    environment = bench.environment | {
        "PGHOST": str(server.socket), "PGUSER": "postgres", "PGDATABASE": database, "PGPORT": "5432",
    }  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(["sh", "script.sh"], cwd=directory, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise NotMeasured(f"the script failed: {done.stderr[-500:]}")
    return seconds
