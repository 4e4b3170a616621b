"""What a server answers may be of any length and number: an engine holds a bounded part of it, and says what it cut."""

from __future__ import annotations

import json
import math
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psutil
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.watch.sampler import Sampler
from tui.journal.codes import Fact, FailReason
from tui.journal.cut import LONGEST, REPEATED
from tui.journal.events import Policy
from tui.journal.remarks import Remarked
from tui.postgres.connect import open_session
from tui.postgres.errors import StatementFailed

pytestmark = pytest.mark.postgres
ROWS = 80_000
WIDE = f"select g, repeat('x', 300), repeat('y', 300) from generate_series(1, {ROWS}) g"
"""Held whole it takes more than 64 MiB here."""
TALL = "returning id, repeat('z', 600)"
MEBI = 1 << 20
MOST = 40 * MEBI
"""Bytes; what these tests are about took more, and a process under load varies by some."""


class Growth:
    """How much more memory this process took at most, in bytes, than at the beginning."""

    def __enter__(self) -> Growth:
        self._process = psutil.Process()
        self._base = self._top = self._process.memory_info().rss
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._ended.wait(0.005):
            self._top = max(self._top, self._process.memory_info().rss)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def bytes(self) -> int:
        return self._top - self._base


@awaited
async def test_however_many_rows_none_of_them_are_held(database: Database, tmp_path: Path) -> None:
    with database.connect() as setup:
        setup.execute("create table big (id int)")
    none = WIDE.replace("select g", "select 0")
    steps = f"""
          - {{id: rows, title: R, sql: "{WIDE}", prove: {{query: "{WIDE}", not_empty: true}}}}
          - {{id: question, title: Q, query: {{sql: "{WIDE}", above: 0}}}}
          - {{id: returning, title: R, sql: "insert into big select g from generate_series(1, {ROWS}) g {TALL}"}}
          - {{id: batch, title: B, batch: {{sql: "delete from big {TALL}", total: "{none}", pause: 0s}}}}
    """
    async with Rig(tmp_path, database, steps) as rig:
        for step in ("rows", "question", "returning", "batch"):
            with Growth() as growth:
                ended = await rig.execute(step)
            assert ended["type"] == "step.passed", ended
            assert growth.bytes < MOST, (step, growth.bytes)
        assert rig.step("rows").evidence["prove"]["count"] == ROWS
        assert rig.step("question").evidence["count"] == ROWS and len(rig.step("question").evidence["rows"]) == 10
        assert rig.step("returning").evidence["rows"] == rig.step("batch").evidence["rows"] == ROWS


@awaited
async def test_what_rows_are_kept_of_is_what_a_whole_answer_would_tell(each_database: Database) -> None:
    session = await open_session(each_database.dsn, purpose="work", run="r")
    try:
        answer = await session.printed("select 1; select g, null from generate_series(1, 5) g", 2)
        assert (answer.columns, answer.rows, answer.count) == (("g", "?column?"), (("1", None), ("2", None)), 5)
        nothing = await session.printed("select 1 as a where false", 2)
        assert (nothing.columns, nothing.types, nothing.rows, nothing.count) == (("a",), (23,), (), 0)
        assert (await session.printed("select", 2)).rows == ((),)
        for sql in (
            "select 5", "select 1.5::numeric where false", "create temp table t (a int)", "insert into t values (1)",
            "update t set a = 3 returning a", "delete from t where false", "show work_mem", "explain select 1", "begin",
            "commit", "", "table t; select 7",
        ):  # fmt: skip
            whole = await session.execute(sql)
            mine = await session.run(sql if not sql.startswith("create") else "create temp table u (a int)")
            same = (whole.rowcount, whole.status, whole.returned, whole.rows is None)
            if not sql.startswith("insert"):
                assert same == (mine.rowcount, mine.status, mine.returned, mine.rows is None), sql
        assert (await session.run("select 7::int8, 'seven'")).rows == [("7", None)]
        with pytest.raises(StatementFailed) as failed:
            await session.run("select 1 / (g - 3) from generate_series(1, 5) g")
        assert failed.value.sqlstate == "22012" and not session.in_transaction
        assert (await session.run("select 1")).returned == 1
    finally:
        await session.close()


@awaited
async def test_a_long_value_and_a_long_error_are_cut_and_say_so(database: Database, tmp_path: Path) -> None:
    long, length = "repeat('wörd ', 600000)", 3_600_000
    steps = f"""
          - {{id: value, title: V, on_failure: continue, query: {{sql: "select {long}", equals: x}}}}
          - id: error
            title: E
            on_failure: continue
            sql: "do $$ begin raise exception '%', {long} using detail = {long}; end $$"
          - {{id: notice, title: N, sql: "do $$ begin raise warning '%', {long}; end $$"}}
          - {{id: tag, title: T, sql: "do $$ begin perform set_config('a.b', {long}, false); end $$; show a.b"}}
    """
    async with Rig(tmp_path, database, steps) as rig:
        value, error = await rig.execute("value"), await rig.execute("error")
        for step in ("notice", "tag"):
            assert (await rig.execute(step))["type"] == "step.passed"
        assert value["data"]["reason"] == "not_as_expected"
        said = error["data"]["evidence"]["error"]
        assert LONGEST - 5000 < len(said["message"].encode()) < LONGEST + 100
        assert said["message"].endswith(f"/{length} bytes]") and said["detail"].endswith(f"/{length} bytes]")
        # Once, and a beginning everywhere else.
        assert error["data"]["message"].endswith(f"/{length} bytes]")
        assert len(error["data"]["message"].encode()) < REPEATED + 100
        lines = {line["seq"]: len(json.dumps(line, ensure_ascii=False).encode()) for line in rig.events()}
        assert [seq for seq, size in lines.items() if size > 500_000] == [error["seq"]]
        printed = (rig.paths.output / "notice.1").read_bytes()
        assert LONGEST - 5000 < len(printed) < LONGEST + 200 and f"/{length} bytes]".encode() in printed
        kept = rig.recorder.state
        assert all(len(at.message or "") < REPEATED + 100 for at in kept.steps)


@awaited
async def test_a_flood_of_notices_neither_queues_up_nor_fills_the_journal(database: Database, tmp_path: Path) -> None:
    steps = """
          - id: flood
            title: F
            sql: "do $$ begin for i in 1..2000 loop raise warning '%', repeat('w ', 5000); end loop; end $$"
    """
    async with Rig(tmp_path, database, steps) as rig:
        with Growth() as growth:
            ended = await rig.execute("flood")
        assert ended["type"] == "step.passed" and growth.bytes < MOST, growth.bytes
        (committed,) = rig.events("tx.committed")
        assert len(committed["data"]["warnings"]) == 50
        lines = rig.paths.journal.read_bytes().splitlines()
        output = sum(len(line) for line in lines if b'"type":"step.output"' in line)
        # How many beginnings of the 20 MB are output depends on the machine's pace; what is said of the step does not.
        assert 0 < output < 5 * MEBI and sum(map(len, lines)) - output < MEBI / 4
        assert (rig.paths.output / "flood.1").stat().st_size > 2000 * 10_000


@awaited
async def test_copy_to_the_client_takes_nothing_in(database: Database) -> None:
    session = await open_session(database.dsn, purpose="work", run="r")
    try:
        with Growth() as growth, pytest.raises(StatementFailed, match=Remarked.COPY_OF_CLIENT):
            await session.run("copy (select repeat('x', 100) from generate_series(1, 500000)) to stdout")
        assert growth.bytes < MOST and session.closed
    finally:
        await session.close()


@contextmanager
def little_memory(more: int) -> Iterator[None]:
    """This process may take so many bytes more of address space, and not one beyond."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(("size", "room"), [(120, 40), (100, 150)])
@pytest.mark.unsaid(FailReason.NOT_ANSWERED)
@awaited
async def test_without_memory_for_an_answer_the_step_fails_and_the_engine_goes_on(
    database: Database, tmp_path: Path, size: int, room: int
) -> None:
    """The larger value finds no room in libpq's buffer, the smaller one none beside it."""
    with database.connect() as setup:
        setup.execute("create table t (id int)")
    value = f"select repeat('x', {size} * 1024 * 1024)"
    steps = f"""
          - {{id: change, title: C, sql: "insert into t values (1); {value}", on_failure: continue}}
          - {{id: ask, title: A, query: {{sql: "{value}", not_empty: true}}, on_failure: continue}}
          - {{id: after, title: B, sql: "insert into t values (2)"}}
    """
    async with Rig(tmp_path, database, steps, policy=Policy(drive="headless")) as rig:
        with little_memory(room * MEBI):
            await rig.until(lambda: rig.recorder.state.current() is None, "all steps have ended")
        assert rig.said() >= {"out_of_memory"}
        reasons = [rig.step(step).reason for step in ("change", "ask", "after")]
        assert reasons == ["out_of_memory", "out_of_memory", None]
        assert rig.step("change").effect == "none" and rig.step("change").attempt == 1
        assert database.value("select array_agg(id) from t") == [2]


@pytest.mark.unsaid(FailReason.OUT_OF_MEMORY)
@awaited
async def test_a_server_without_memory_is_not_this_host_without(database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, database, """
          - id: raise
            title: R
            sql: "do $$ begin raise exception 'out of memory' using errcode = '53200'; end $$"
    """) as rig:  # fmt: skip
        assert (await rig.execute("raise"))["data"]["reason"] == "sql_error"


@pytest.mark.unsaid(Fact.WARNINGS_LEFT_OUT)
@awaited
async def test_of_many_warnings_the_first_are_kept_and_the_others_counted(database: Database, tmp_path: Path) -> None:
    warns = "do $$ begin for i in 1..{n} loop raise warning '%', i; end loop; end $$; "
    few, many = warns.format(n=20) * 2, warns.format(n=40) * 3
    steps = f"""
          - {{id: few, title: F, sql: {{text: "{few}", transaction: per_statement}}}}
          - {{id: many, title: M, sql: {{text: "{many}", transaction: per_statement}}}}
    """
    async with Rig(tmp_path, database, steps) as rig:
        for step in ("few", "many"):
            assert (await rig.execute(step))["type"] == "step.passed"
        assert Fact.WARNINGS_LEFT_OUT not in rig.step("few").evidence
        assert len(rig.step("few").evidence["warnings"]) == 40
        assert rig.step("many").evidence["warnings_left_out"] == 70
        assert rig.step("many").evidence["warnings"] == [str(i) for i in [*range(1, 41), *range(1, 11)]]


@awaited
async def test_a_figure_that_is_no_number_is_left_out_and_a_strange_one_is_none_of_our_business(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"cpu": math.inf, "memory": math.nan, "disk": -math.inf, "of_app": -1e308, "tps_app": 1e308}
    monkeypatch.setattr(Sampler, "_others", lambda self: [(figures, "db1")])
    steps = "\n          - {id: one, title: One, sql: select 1}\n"
    async with Rig(tmp_path, database, steps) as rig:
        await rig.measured()
        known = rig.recorder.state.metrics
        assert (known["of_app"], known["tps_app"]) == (-1e308, 1e308)
        assert not {"cpu", "memory", "disk"} & known.keys() and "connections" in known
        assert (await rig.execute("one"))["type"] == "step.passed"


@awaited
async def test_long_records_of_the_servers_log_do_not_queue_up(database: Database, tmp_path: Path) -> None:
    log = tmp_path / "server.json"
    log.touch()
    plan = f"""
virada: 1
name: rig
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: {{file: {log}}}}}}}
phases: [{{title: P, sections: [{{title: S, steps: [{{id: one, title: One, sql: select 1}}]}}]}}]
"""
    async with Rig(tmp_path, database, plan) as rig:
        await rig.until(lambda: rig.recorder.state.facts.get("server_log_state") == "", "the log is followed")
        piece = "x" * (MEBI - 100)
        with Growth() as growth, log.open("a") as file:
            # Records of 1 MiB, and one of 32 MiB.
            for pieces in (*[1] * 32, 32):
                file.write('{"error_severity":"LOG","message":"')
                file.writelines([piece] * pieces)
                file.write('"}\n')
            file.flush()
            await rig.until(lambda: rig.recorder.state.facts.get("server_log_lines") == 33, "all of it is read")
        assert growth.bytes < MOST, growth.bytes
        assert rig.paths.journal.stat().st_size < 4 * MEBI
