"""The demo's plans, carried out in order on every PostgreSQL that is there: by psql and a few lines, without engine.

It proves the plans' SQL, not the engine's: each step has its effect, each proof sees it, and the undo of all applied
steps in reverse order leaves the database as it was.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.postgres_server import Database
from tui.demo import demo
from tui.demo.journal_end import JournalEnd
from tui.plan.loader import load
from tui.steps.registry import KINDS as KINDS_OF_STEPS

pytestmark = pytest.mark.postgres

PLANS = demo.plan_directory()
CHANGING = ("sql", "batch", "psql")
KINDS = {
    "sign", "check", "sql", "batch", "psql", "command", "query", "backup", "verify_backup", "store_backup", "collect",
    "monitor", "fingerprint", "compare", "rls", "report",
}  # fmt: skip
Step = Mapping[str, Any]


def _plan(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((PLANS / name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _steps(phases: list[dict[str, Any]]) -> Iterator[Step]:
    for phase in phases:
        for section in phase["sections"]:
            yield from section.get("steps", ())


def _kind(action: Mapping[str, Any]) -> str:
    (kind,) = KINDS & set(action)
    return kind


class Carrier:
    """Carries steps out on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def act(self, action: Mapping[str, Any], role: str | None) -> None:
        """A step, an undo or a cleanup of a changing kind."""
        kind = _kind(action)
        spec = action[kind]
        if kind == "batch":
            self._batch(spec, role)
        else:
            self._psql(spec, role if kind == "sql" else None, kind == "sql")

    def prove(self, step: Step) -> None:
        assert str(self.value(step["prove"]["query"], None)) == str(step["prove"]["equals"]), step["id"]

    def ask(self, step: Step) -> bool:
        """Whether a query's expectation is met."""
        spec = step["query"]
        value = self.value(spec["sql"], step.get("as"))
        if "equals" in spec:
            return bool(value == spec["equals"])
        if "above" in spec:
            return isinstance(value, int) and value > spec["above"]
        return (value is None) == ("empty" in spec)

    def value(self, query: str, role: str | None) -> object:
        with self.database.connect() as connection:
            if role:
                connection.execute(f"SET ROLE {role}".encode())
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    def _batch(self, spec: Mapping[str, Any], role: str | None) -> None:
        change = f"update {spec['table']} set {spec['set']} where {spec['where']}"
        with self.database.connect() as connection:
            connection.execute(f"SET ROLE {role}".encode())
            connection.execute("SET row_security = off")
            assert connection.execute(change.encode()).rowcount >= 40000
            assert connection.execute(change.encode()).rowcount == 0, "a row that is done is no longer meant"

    def _psql(self, spec: Mapping[str, Any], role: str | None, row_security_off: bool) -> None:
        options = [f"-c role={role}"] if role else []
        options += ["-c row_security=off"] if row_security_off else []
        command = [str(self.database.server.binaries.bindir / "psql"), "-X", "-v", "ON_ERROR_STOP=1"]
        for name, value in spec.get("variables", {}).items():
            command += ["-v", f"{name}={value}"]
        if spec.get("transaction", "single") == "single":
            command.append("-1")
        command += ["-f", str(PLANS / spec["file"])] if "file" in spec else ["-c", spec["text"]]
        done = subprocess.run(
            [*command, "-d", self.database.dsn],
            env={**os.environ, "PGOPTIONS": " ".join(options)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def run(self, step: Step, demo_directory: Path) -> int:
        """A program of the plan, with the variables that the engine hands it; its exit status."""
        server = self.database.server
        environment = {"PGHOST": str(server.socket), "PGUSER": "postgres", "PGDATABASE": self.database.name}
        environment["PATH"] = f"{server.binaries.bindir}:{os.environ['PATH']}"
        environment[demo.DIRECTORY] = str(demo_directory)
        done = subprocess.run(
            step["command"]["run"], cwd=PLANS, env={**os.environ, **environment}, capture_output=True, text=True
        )
        print(done.stdout, done.stderr)
        return done.returncode


def _data(database: Database) -> list[str]:
    """Every row, in an order that does not depend on where it lies in the table. Sequences are never taken back."""
    lines = database.dump("--data-only", "--exclude-table-data=app.maintenance").splitlines()
    return sorted(line for line in lines if "pg_catalog.setval" not in line)


@pytest.mark.parametrize("name", ["plan.yaml", "plan-fail.yaml"])
def test_the_plan_applies_and_its_undo_leaves_everything_as_it_was(
    each_database: Database, name: str, tmp_path: Path
) -> None:
    plan, carrier = _plan(name), Carrier(each_database)
    schema, data = each_database.dump("--schema-only"), _data(each_database)
    applied: list[Step] = []
    failed: str | None = None
    for step in _steps(plan["phases"]):
        kind = _kind(step)
        if kind in CHANGING:
            carrier.act(step, step.get("as"))
            if "prove" in step:
                carrier.prove(step)
            applied.append(step)
        elif kind == "command":
            assert carrier.run(step, tmp_path) == 0, step["id"]
        elif kind == "query" and not carrier.ask(step):
            failed = step["id"]
            assert step["on_failure"] == "propose_rollback"
            break
    assert failed == (None if name == "plan.yaml" else "verify-regions")
    assert each_database.dump("--schema-only") != schema
    assert each_database.value("SELECT count(DISTINCT region) FROM app.orders") == (4 if failed is None else 2)
    for step in reversed(applied):
        if "undo" in step:
            carrier.act(step["undo"], step.get("as"))
    for step in _steps(plan["rollback"]["phases"]):
        kind = _kind(step)
        if kind in CHANGING:
            carrier.act(step, step.get("as"))
            carrier.prove(step)
        elif kind == "query":
            assert carrier.ask(step), step["id"]
    assert each_database.dump("--schema-only") == schema
    assert _data(each_database) == data, "the data is not what it was"


def test_a_broken_index_build_is_cleaned_up(each_database: Database) -> None:
    plan, carrier = _plan("plan.yaml"), Carrier(each_database)
    steps = {step["id"]: step for step in _steps(plan["phases"])}
    carrier.act(steps["expand"], "app_migrator")
    with each_database.connect() as reader, each_database.connect() as builder:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("UPDATE app.orders SET note = note WHERE id = 1")
        builder.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            builder.execute((PLANS / "sql" / "index.sql").read_bytes())
        reader.execute("ROLLBACK")
    assert each_database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1
    carrier.act(steps["index"]["cleanup"], "app_migrator")
    carrier.act(steps["index"], "app_migrator")
    carrier.prove(steps["index"])


def test_the_functional_tests_see_a_hole_in_the_isolation(each_database: Database, tmp_path: Path) -> None:
    plan, carrier = _plan("plan.yaml"), Carrier(each_database)
    steps = {step["id"]: step for step in _steps(plan["phases"])}
    carrier.act(steps["expand"], "app_migrator")
    events = each_database.value("SELECT count(*) FROM app.events")
    assert carrier.run(steps["test-functions"], tmp_path) == 0
    assert each_database.value("SELECT count(*) FROM app.events") == events
    with each_database.connect() as connection:
        connection.execute("CREATE POLICY hole ON app.events FOR INSERT TO app_user WITH CHECK (true)")
    assert carrier.run(steps["test-functions"], tmp_path) == 3


def test_the_shipped_plans_are_without_fault() -> None:
    for name in ("plan.yaml", "plan-fail.yaml"):
        loaded = load(PLANS / name, KINDS_OF_STEPS)
        assert loaded.problems == []
        assert loaded.plan is not None


def test_the_mistake_is_all_that_tells_the_two_plans_apart() -> None:
    good, bad = _plan("plan.yaml"), _plan("plan-fail.yaml")
    assert good.pop("name") != bad.pop("name")
    for one, other in zip(_steps(good["phases"]), _steps(bad["phases"]), strict=True):
        if one["id"] == "backfill":
            assert one["batch"].pop("set") != other["batch"].pop("set")
    assert good == bad


@pytest.mark.parametrize("name", ["plan.yaml", "plan-fail.yaml"])
def test_every_changing_step_proves_itself_and_can_be_undone(name: str) -> None:
    plan = _plan(name)
    steps = [*_steps(plan["phases"]), *_steps(plan["rollback"]["phases"])]
    ids = [step["id"] for step in steps]
    assert len(ids) == len(set(ids))
    assert {_kind(step) for step in steps} == KINDS
    for step in _steps(plan["phases"]):
        if _kind(step) in CHANGING:
            assert "prove" in step and "undo" in step, step["id"]
        if _kind(step) == "sql" and step["sql"]["transaction"] != "single":
            assert "cleanup" in step, step["id"]
    for trigger in plan["rollback"]["triggers"]:
        assert {trigger.get("step", ids[0]), *trigger.get("steps", ())} <= set(ids)


def test_a_run_is_closed_by_a_complete_line_of_that_type_only(tmp_path: Path) -> None:
    end = JournalEnd(tmp_path)
    assert not end.look()
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(b'{"type":"note.added","data":{"text":"run.closed"}}\nnot json: run.closed\n{"type":"run.cl')
    assert not end.look()
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rindex(b"\n") + 1])
    assert not end.look()
    journal.write_bytes(whole + b'osed"}')
    assert not end.look()
    journal.write_bytes(whole + b'osed"}\n')
    assert end.look() and end.closed
