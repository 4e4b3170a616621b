"""What a query or a proof compares and records is what the server itself prints, on every version."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tests.unit.steps.drive import context, step
from tui.demo.server import Server
from tui.engine.drivers.query import QueryDriver
from tui.engine.target.access import TargetAccess
from tui.plan.model import Target
from tui.steps.effects import Failed, Outcome, Passed
from tui.steps.query import KIND

pytestmark = pytest.mark.postgres


def asked(dsn: str, *specs: dict[str, Any]) -> list[Outcome]:
    """How these `query` steps end, each on its own."""

    async def main() -> list[Outcome]:
        target = TargetAccess("run", Target(environment="development", dsn=dsn), {})
        queries = QueryDriver(target, step(KIND.name, specs[0]))
        found: list[Outcome] = []
        for spec in specs:
            generator = KIND.execute(context(step(KIND.name, spec)), KIND.typed(spec))
            try:
                result = None
                while True:
                    result = await queries.query(generator.send(result))
            except StopIteration as ended:
                found.append(ended.value)
        await queries.close()
        await target.close()
        return found

    return asyncio.run(main())


_EQUAL: list[tuple[str, Any]] = [
    ("true", True), ("true", "t"), ("false", "f"), ("false", False), ("null::bool is null", "t"),
    ("1::numeric(4,2)", 1), ("1::numeric(4,2)", "1.00"), ("9007199254740993", 9007199254740993),
    ("0.1::float4", 0.1), ("0.1::float8 + 0.2::float8", "0.30000000000000004"), ("'NaN'::numeric", "NaN"),
    ("array[1,2]", "{1,2}"), ("array['a b', null, 'NULL']", '{"a b",NULL,"NULL"}'), ("'\\x00ff'::bytea", "\\x00ff"),
    ("row(1, 'a')", "(1,a)"), ("date '2026-01-01'", "2026-01-01"), ("date 'infinity'", "infinity"),
    ("date '0044-03-15 BC'", "0044-03-15 BC"), ("timestamp '2026-01-01 10:00'", "2026-01-01 10:00:00"),
    ("interval '1 day 2 hours'", "1 day 02:00:00"), ("'{\"a\": 1.00}'::jsonb", '{"a": 1.00}'), ("b'101'", "101"),
    ("int4range(1, 5)", "[1,5)"), ("point(1, 2)", "(1,2)"), ("inet '10.0.0.1/8'", "10.0.0.1/8"), ("12::oid", 12),
    ("'x'::char(3)", "x  "), ("''", ""),
]  # fmt: skip


def test_the_servers_own_text_is_compared(each_server: Server) -> None:
    """Also where the database prints everything otherwise."""
    name = f"printed_{each_server.binaries.version}"
    made = Database(each_server, name)
    with Database(each_server, "postgres").connect() as admin:
        admin.execute(f"create database {name}".encode())
        for setting in (
            "datestyle = 'SQL, DMY'",
            "intervalstyle = iso_8601",
            "bytea_output = escape",
            "extra_float_digits = -5",
        ):
            admin.execute(f"alter database {name} set {setting}".encode())
    try:
        specs = [{"sql": f"select {sql}", "equals": wanted} for sql, wanted in _EQUAL]
        wrong = [spec | {"equals": "otherwise"} for spec in specs]
        for spec, outcome in zip(specs, asked(made.dsn, *specs), strict=True):
            assert isinstance(outcome, Passed), (spec, outcome)
        for spec, outcome in zip(wrong, asked(made.dsn, *wrong), strict=True):
            assert isinstance(outcome, Failed) and outcome.reason == "not_as_expected", (spec, outcome)
    finally:
        with Database(each_server, "postgres").connect() as admin:
            admin.execute(f"drop database {name}".encode())


def test_limits_are_compared_with_lengths_and_numbers(each_server: Server) -> None:
    later = each_server.binaries.version >= 17
    below = ["interval '4 seconds'", "interval '-1 day'", "4.999", "4::int8", "'4'::text"]
    above = ["interval '6 seconds'", "interval '1 month -29 days'", "1e30::numeric", "'Infinity'::float8"]
    above += ["'infinity'::interval"] if later else []
    below += ["'-infinity'::interval"] if later else []
    specs = [{"sql": f"select {sql}", "below": 5.0} for sql in below]
    specs += [{"sql": f"select {sql}", "above": 5.0} for sql in above]
    for spec, outcome in zip(specs, asked(each_server.dsn(), *specs), strict=True):
        assert isinstance(outcome, Passed), (spec, outcome)
    neither = ["null::interval", "'NaN'::float8", "'soon'", "5", "interval '5 seconds'", "true", "'\\x05'::bytea"]
    specs = [{"sql": f"select {sql}", limit: 5.0} for sql in neither for limit in ("below", "above")]
    for spec, outcome in zip(specs, asked(each_server.dsn(), *specs), strict=True):
        assert isinstance(outcome, Failed), (spec, outcome)


def test_rows_without_columns_are_rows(each_server: Server) -> None:
    some, no = "select from pg_class", "select from pg_class where false"
    full, none = asked(each_server.dsn(), {"sql": some, "not_empty": True}, {"sql": no, "empty": True})
    assert isinstance(full, Passed) and full.evidence["count"] > 100
    assert isinstance(none, Passed)


@awaited
async def test_evidence_names_the_columns_and_keeps_the_text(database: Database, tmp_path: Path) -> None:
    steps = """
          - id: ask
            title: Ask
            query: {sql: "select 1.50 as amount, null as nothing, array[true] as flags", equals: 2}
"""
    async with Rig(tmp_path, database, steps) as rig:
        await rig.execute("ask")
        found = rig.step("ask").evidence
    assert (found["columns"], found["rows"]) == (["amount", "nothing", "flags"], [["1.50", None, "{t}"]])
    assert found["expected"] == {"equals": 2}


def test_a_copy_is_an_error_and_the_session_goes_on(each_server: Server) -> None:
    """The driver cannot hand over what a COPY sends; what is asked next is asked all the same."""
    copied, asked_next = asked(
        each_server.dsn(), {"sql": "copy (select 1) to stdout", "not_empty": True}, {"sql": "select 1", "equals": 1}
    )
    assert isinstance(copied, Failed) and copied.error is not None and "in progress" not in copied.error.message
    assert isinstance(asked_next, Passed)
