"""Twenty-odd scripts as people have them, each by a `sql` step, a `psql` step and psql alone, into three databases:
what is in them afterwards is the same, or `check` has refused the script with a sentence.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests import postgres_server
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import HEAD, Rig
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.plan.loader import load
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres
SCRIPTS = Path(__file__).with_name("scripts")
VARIABLES = {"schema_name": "variables", "tag": "it's; quoted", "third": "3"}


class How(Struct, frozen=True, kw_only=True):
    """How a script is run: the options of both kinds of steps (None: `check` refuses it), and psql's own arguments."""

    sql: str | None = ""
    psql: str | None = ""
    bare: tuple[str, ...] = ("-1",)
    prove: str = ""


PROVED = "select count(*) from pg_namespace where nspname = '{name}'"
WAYS = {
    "includes": How(sql=None),
    "enum": How(sql=", transaction: per_statement", psql=", single_transaction: false", bare=()),
    "concurrent_index": How(
        sql=", transaction: per_statement", psql=", single_transaction: false", bare=(),
        prove="select count(*) from pg_index where indexrelid = 'concurrent_index.by_id'::regclass and indisvalid",
    ),
    "procedure_commits": How(sql=None, psql=", single_transaction: false", bare=()),
    "variables": How(
        sql=None,
        psql=", variables: {" + ", ".join(f'{name}: "{value}"' for name, value in VARIABLES.items()) + "}",
        bare=("-1", *(word for name, value in VARIABLES.items() for word in ("-v", f"{name}={value}"))),
    ),
    "transactions": How(
        sql=", transaction: script", psql=", single_transaction: false", bare=(),
        prove="select count(*) from transactions.t where n = 10",
    ),
}  # fmt: skip
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.sql"))


def step(name: str, kind: str, options: str) -> str:
    prove = WAYS.get(name, How()).prove or PROVED.format(name=name)
    return f"""
          - id: {name}
            title: {name}
            {kind}: {{file: {name}.sql{options}}}
            prove: {{query: "{prove}", equals: 1}}
"""


def files() -> dict[str, bytes]:
    return {str(p.relative_to(SCRIPTS)): p.read_bytes() for p in SCRIPTS.rglob("*") if p.is_file()}


def by_schema(dump: str) -> dict[str, str]:
    """The parts of a dump by the schema they belong to."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"\n(?=--\n-- (?:Data for )?Name: )", dump)[1:]:
        head = re.match(r"--\n-- (?:Data for )?Name: (.*); Type: (.*); Schema: (.*?);", part)
        assert head is not None, part[:200]
        schema = head[3]
        if schema == "-":
            schema = head[1].removeprefix("SCHEMA ")
        found.setdefault(schema, []).append(part.strip())
    return {schema: "\n".join(parts) for schema, parts in found.items()}


async def by_steps(home: Path, database: Database, kind: str, names: list[str]) -> None:
    plan = "".join(step(name, kind, getattr(WAYS.get(name, How()), kind)) for name in names)
    async with Rig(home, database, plan, files()) as rig:
        for name in names:
            ended: dict[str, Any] = await rig.execute(name)
            assert ended["type"] == "step.passed", f"{kind} {name}: {ended['data']}"


def by_psql(database: Database, names: list[str]) -> None:
    program = database.server.binaries.bindir / "psql"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    for name in names:
        bare = WAYS.get(name, How()).bare
        done = subprocess.run(
            [str(program), "-X", "-q", "-v", "ON_ERROR_STOP=1", *bare, "-d", database.dsn, "-f", f"{name}.sql"],
            cwd=SCRIPTS, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"psql {name}: {done.stderr}"


@pytest.mark.parametrize("kind", ["sql", "psql"])
@pytest.mark.parametrize("name", [n for n in NAMES if None in (WAYS.get(n, How()).sql, WAYS.get(n, How()).psql)])
def test_what_cannot_be_run_so_is_refused_with_a_sentence(tmp_path: Path, name: str, kind: str) -> None:
    for path, content in files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    plan = tmp_path / "plan.yaml"
    options = getattr(WAYS[name], kind)
    plan.write_text(HEAD + step(name, kind, options or ""))
    loaded = load(plan, KINDS)
    if options is not None:
        assert not loaded.errors, loaded.errors
        return
    assert loaded.errors
    for problem in loaded.errors:
        assert len(str(problem.message).split()) > 4 and problem.file.endswith(".sql") and problem.line > 0, problem


@awaited
async def test_three_ways_leave_the_same_behind(each_server: Server, tmp_path: Path) -> None:
    databases = [postgres_server.create_database(each_server) for _way in range(3)]
    try:
        for kind, database in zip(("sql", "psql"), databases, strict=False):
            names = [name for name in NAMES if getattr(WAYS.get(name, How()), kind) is not None]
            await by_steps(tmp_path / kind, database, kind, names)
        by_psql(databases[2], NAMES)
        dumps = [by_schema(database.dump()) for database in databases]
        assert set(dumps[2]) >= set(NAMES)
        for kind, dump in zip(("sql", "psql"), dumps, strict=False):
            for name in NAMES:
                if getattr(WAYS.get(name, How()), kind) is None:
                    assert name not in dump
                    continue
                expected, found = dumps[2][name].splitlines(), dump.get(name, "").splitlines()
                different = "\n".join(difflib.unified_diff(expected, found, "psql alone", f"{kind} step", n=1))
                assert not different, f"{name}:\n{different}"
    finally:
        for database in databases:
            postgres_server.drop_database(database)
