"""A rehearsal on a hundredth of the data reassures nobody: two real databases, of one server, of different size."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.journals import KEYS
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, create_database, drop_database
from tui.demo.server import Server
from tui.journal.codes import Incomparable
from tui.journal.events import OpenWindow
from tui.pictures.clock import clock_lines
from tui.pictures.details import StepFiles, details
from tui.pictures.lines import plain
from tui.pictures.view import View, moment
from tui.plain.table import status_lines
from tui.run.clock import instant, rfc3339, rollback_seconds
from tui.run.commands import Rollback
from tui.run.lasted import duration
from tui.run.rehearsed import Past, past_of
from tui.run.status import status

PLAN = """
virada: 1
name: rehearsed
targets:
  dev:
    environment: development
    dsn: "${RIG_DSN}"
    server_log: none
    window: {opens: "+0s", duration: 30m}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: add, title: Add, sql: {file: add.sql}, undo: {sql: "alter table orders drop region"}}
          - {id: fill, title: Fill, batch: "update orders set region = 'x' where id in
              (select id from orders where region is null limit 50000)"}
          - {id: make, title: Make, sql: "create table made (id int)", undo: {sql: "drop table made"}}
          - {id: look, title: Look, query: {sql: "select count(*) from small", equals: 10}}
"""
ADD = "alter table orders add region text;\n"
STEPS = ("add", "fill", "make", "look")


@contextmanager
def filled(server: Server, rows: int) -> Iterator[Database]:
    database = create_database(server, "template0")
    with database.connect() as connection:
        connection.execute("create table orders (id int primary key, note text)")
        connection.execute(f"insert into orders select n, repeat('x', 40) from generate_series(1, {rows}) n")
        connection.execute("create table small as select n from generate_series(1, 10) n")
    yield database
    drop_database(database)


def rig(path: Path, database: Database, past: Sequence[Past] = ()) -> Rig:
    opens = time.time()
    window = OpenWindow(opens=rfc3339(opens), closes=rfc3339(opens + 1800), duration_s=1800.0, buffer_s=0.0)
    return Rig(path, database, PLAN, {"add.sql": ADD}, window=window, past=past)


async def rehearsed(path: Path, database: Database, past: tuple[Past, ...] = (), back: bool = True) -> Past:
    """What a run teaches that executed everything, and took it back."""
    async with rig(path, database, past) as run:
        for step in STEPS if back else STEPS[:2]:
            await run.execute(step)
        assert run.do(Rollback(reason="rehearsed", confirm="dev")) is None
        await run.until(lambda: run.recorder.state.status == "rolled_back", "it is rolled back")
        found = past_of(run.recorder.state)
    assert found is not None
    return found


@awaited
async def test_on_a_hundredth_of_the_data(each_server: Server, tmp_path: Path) -> None:
    with filled(each_server, 300) as little, filled(each_server, 30_000) as much:
        small = await rehearsed(tmp_path / "small", little)
        async with rig(tmp_path / "much", much, [small]) as run:
            state = run.recorder.state
            opened = state.opened
            assert opened is not None and opened.sizes is not None and opened.sizes.relations is not None
            # What does not touch the table is comparable; what does is not, and nothing is reckoned with it.
            assert set(opened.durations) >= {"make", "look"} and not {"add", "fill"} & set(opened.durations)
            assert set(opened.rehearsed) >= set(STEPS) and opened.rollback_s is None
            basis = opened.bases[opened.rehearsed["add"].basis]
            then, now = basis.sizes["orders"]
            assert then is not None and now is not None and now > 20 * then and not basis.comparable
            assert (basis.why, basis.same_server, basis.target) == (Incomparable.SIZES_DIFFER, True, "dev")
            assert basis.server_version == (opened.identity or {})["server_version"]
            assert rollback_seconds(state) is None
            told = status(state)
            assert told["window"]["last_safe_rollback_s"] is None
            assert told["last_safe_rollback_unknown"]["code"] == "not_comparable"
            assert told["steps"][0]["expected_unknown"]["code"] == "not_comparable"
            assert told["steps"][0]["rehearsed"]["basis"]["sizes"]["orders"] == (then, now)
            view = View(state=state, moment=moment(state, instant(state.at)), mode="operator", keys=KEYS)
            # The locks that it took there stand beside it before it runs, although it was taken back there.
            assert [(lock["mode"], lock["relation"]) for lock in small.locks["add"]["taken"]] == [
                ("ACCESS EXCLUSIVE", "public.orders")
            ]
            there = "on dev (development, PostgreSQL"
            lock = "ACCESS EXCLUSIVE on public.orders for "
            page = " ".join(" ".join(map(plain, details(view, state.steps["add"], StepFiles(), 400))).split())
            assert there in page and lock in page and "not rewritten (line 1)" in page
            assert lock in " ".join(" ".join(status_lines(told)).split())
            assert told["steps"][0]["rehearsed_locks"]["taken"][0]["rewritten"] is False
            assert told["steps"][3]["rehearsed_locks"] is None, "what only asks takes no lock that is told of"
            first, second = (plain(line) for line in clock_lines(view, 80))
            assert second.startswith("last safe rollback not known: rehearsed on ") and "% of the data" in second
            assert "rehearsed on" in first or "end not known" in first
            text = " ".join(" ".join(status_lines(told)).split())
            assert (
                "not comparable, rehearsed on dev (development, PostgreSQL" in text and "this server): orders" in text
            )


@pytest.mark.unsaid(Incomparable.SIZES_DIFFER)
@pytest.mark.unsaid(Incomparable.SIZES_UNKNOWN)
@awaited
async def test_on_data_of_that_size(server: Server, tmp_path: Path) -> None:
    """Neither that sizes differ nor that they are not known is said of a table that is half as large again."""
    with filled(server, 2000) as like, filled(server, 3000) as this, filled(server, 20) as tiny:
        past = await rehearsed(tmp_path / "like", like)
        latest = await rehearsed(tmp_path / "tiny", tiny)
        async with rig(tmp_path / "this", this, [latest, past]) as run:
            opened = run.recorder.state.opened
            assert opened is not None
            # An older rehearsal that can be compared says more than the latest one that cannot.
            assert opened.durations["fill"] == past.durations["fill"]
            assert opened.rollback_s == past.rollback_s and not opened.rollback_part
            used = {each.basis for each in opened.rehearsed.values()}
            assert {opened.bases[place].why for place in used} == {None}
            assert status(run.recorder.state)["window"]["last_safe_rollback_s"] is not None


@awaited
async def test_a_rollback_of_a_part_says_at_most(server: Server, tmp_path: Path) -> None:
    with filled(server, 300) as like, filled(server, 300) as this:
        past = await rehearsed(tmp_path / "like", like, back=False)
        assert past.part
        async with rig(tmp_path / "this", this, [past]) as run:
            told = status(run.recorder.state)
            assert told["window"]["last_safe_rollback_s"] is not None
            assert told["window"]["last_safe_rollback_at_most"] is True


@awaited
async def test_a_locked_table_keeps_no_run_from_opening(server: Server, tmp_path: Path) -> None:
    with filled(server, 3000) as database, database.connect() as other:
        other.execute("vacuum orders")
        other.autocommit = False
        other.execute("lock table orders in access exclusive mode")
        async with rig(tmp_path, database) as run:
            opened = run.recorder.state.opened
            assert opened is not None and opened.sizes is not None and opened.sizes.relations is not None
            # As the catalogue has it.
            assert (opened.sizes.relations["orders"] or 0) > 100_000
        other.rollback()


@awaited
async def test_sizes_of_before_that_nobody_noted_are_not_taken_for_equal(server: Server, tmp_path: Path) -> None:
    from msgspec.structs import replace

    with filled(server, 300) as database:
        past = await rehearsed(tmp_path / "first", database)
        async with rig(tmp_path / "b", database, [replace(past, sizes=None)]) as run:
            opened = run.recorder.state.opened
            assert opened is not None and "add" not in opened.durations and opened.rollback_s is None
            assert opened.bases[opened.rehearsed["add"].basis].why == Incomparable.SIZES_UNKNOWN


@awaited
async def test_what_an_engine_did_not_see_end_teaches_no_duration(server: Server, tmp_path: Path) -> None:
    with filled(server, 60_000) as database:
        async with rig(tmp_path, database) as run:
            await run.execute("add")
            # The engine died behind the commit, before it could tell.
            await run.take_up(cut=lambda event: event["type"] == "tx.begin" and event["data"]["step"] == "add")
            await run.until(lambda: run.step("add").status == "passed", "what is committed is found")
            assert run.step("add").fate == "applied" and duration(run.step("add")) is None
            await run.execute("fill")
            first = next(e["seq"] for e in run.events("tx.committed") if e["data"]["step"] == "fill")
            await run.take_up(cut=lambda event: event["seq"] == first)
            await run.until(
                lambda: run.step("fill").status != "running", "what of the first engine's is there is found"
            )
            if run.step("fill").status != "passed":
                await run.execute("fill")
            assert run.step("fill").status == "passed" and duration(run.step("fill")) is None
            assert (await run.execute("make"))["type"] == "step.passed"
            past = past_of(run.recorder.state)
            assert past is not None and set(past.durations) == {"make"} and set(past.untimed) == {"add", "fill"}
