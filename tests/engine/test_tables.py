"""The tables that a plan concerns, asked of real servers by a step of a run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.engine.rig import Rig
from tests.postgres_server import create_database, drop_database
from tui.demo.server import Server
from tui.plan.kinds import Needs
from tui.steps.context import Context
from tui.steps.effects import Effect, Now, Passed
from tui.steps.registry import KINDS
from tui.steps.tables import Tables, tables_of

STEPS = """
          - {id: look, title: Look, query: {sql: "select 1", equals: 1}}
          - {id: add, title: Add, sql: {file: add.sql}}
"""
ADD = "update orders set note = '';\ncreate index on app.lines (note);\ndrop index app.soon_gone;\n"


def test_words_and_named_tables_are_what_the_server_has_by_these_names(
    tmp_path: Path, each_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = create_database(each_server, "template0")
    with database.connect() as connection:
        for statement in (
            "create schema app",
            "create schema old",
            "create table public.orders (note text)",
            "create table old.orders (note text)",
            "create table old.note (x int)",
            "create view app.v as select 1",
            "create table app.sums (x int)",
            "create index soon_gone on app.sums (x)",
            "create table app.lines (note text) partition by list (note)",
        ):
            connection.execute(statement)
    asked: list[Tables] = []
    seen: list[Context] = []
    moments: list[float] = []

    def execute(context: Context, spec: Any) -> Generator[Effect, Any, Passed]:
        seen.append(context)
        asked.append((yield from tables_of(context)))
        moments.append((yield Now()))
        return Passed()

    names = replace(
        KINDS["query"], execute=execute, needs=lambda spec: Needs(tables=("app.lines", "app.gone", "app.v"))
    )
    monkeypatch.setitem(KINDS.data, "query", names)

    async def run() -> None:
        async with Rig(tmp_path, database, STEPS, {"add.sql": ADD}) as rig:
            await rig.execute("look")
            told = asked[0]
            assert abs(moments[0] - time.time()) < 60
            assert [(t.shown, t.kind, t.named) for t in told.tables] == [
                ("app.lines", "p", True),
                # That of the index which is dropped.
                ("app.sums", "r", False),
                # A column is taken for the table of its name, which is on no search path.
                ("old.note", "r", False),
                # That of the search path, and not every one of its name.
                ("public.orders", "r", False),
            ]
            assert (told.missing, told.untold, told.error) == (("app.gone", "app.v"), (), None)
            context, opened = seen[0], rig.recorder.state.opened
            assert opened is not None
            assert list(context.files) == ["add.sql"] and context.plan.name == "rig"
            assert context.work == opened.work and not context.rehearsal

    asyncio.run(run())
    drop_database(database)
