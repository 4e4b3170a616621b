"""What `check --on` says of a walk before it is run, of a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.test_walk import made
from tests.engine.test_walk_beside import GROWING, sql
from tests.postgres_server import Database
from tui.engine.preflight.preflight import preflight
from tui.locale import use
from tui.plan.loader import load
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres
WALK = 'batch: {{table: t, set: "{set}"{more}}}'


def said(home: Path, database: Database, *steps: str) -> dict[str, list[str]]:
    """What is said of the steps, by code."""
    dev = f"{{environment: development, dsn: '{database.dsn}', server_log: none}}"
    text = f"virada: 1\nname: x\ntargets: {{dev: {dev}}}\n"
    text += "phases: [{title: A, sections: [{title: A, steps: [\n"
    text += ",\n".join(f"  {{id: s{n}, title: S, {one}}}" for n, one in enumerate(steps)) + "\n]}]}]\n"
    (home / "plan.yaml").write_text(text)
    loaded = load(home / "plan.yaml", KINDS)
    assert not loaded.errors, loaded.errors
    use("en")
    found: dict[str, list[str]] = {}
    for problem in preflight(loaded, home / "plan.yaml", "dev", {"HOME": str(home), "PATH": "/usr/bin:/bin"}, False):
        if problem.code == "step-would-fail" or problem.code.startswith("batch"):
            found.setdefault(f"{problem.level} {problem.code}", []).append(str(problem.message))
    return found


def walk(set_: str = "v = 1", more: str = "") -> str:
    return WALK.format(set=set_, more=more)


def test_nothing_is_said_of_what_is_right(tmp_path: Path, database: Database) -> None:
    made(database, GROWING, "n")
    sql(database, "create table other (id int)", "create publication told for table t")
    assert said(tmp_path, database, walk()) == {}


def test_what_would_fail_is_an_error(tmp_path: Path, database: Database) -> None:
    made(database, "id uuid primary key, a int", "md5(n::text)::uuid, n")
    meant = ", where: v is null"
    steps = (walk(), walk("id = gen_random_uuid(), v = 1", meant), walk("v = 1", meant + ", key: [a]"))
    found = said(tmp_path, database, *steps)
    assert found.keys() == {"error step-would-fail"} and len(found["error step-would-fail"]) == 3
    grow, moved, none = found["error step-would-fail"]
    assert "greater keys" in grow and "moves rows" in moved and "no key" in none
    # An earlier step that may change the table may make it right.
    earlier = 'sql: "alter table t alter a set not null"'
    found = said(tmp_path, database, earlier, walk("v = 1", ", where: v is null, key: [a]"))
    assert found.keys() == {"warning step-would-fail"}


def test_triggers_and_publications_are_named(tmp_path: Path, each_database: Database) -> None:
    database = each_database
    sql(database, "create sequence grows")
    made(database, "id bigint not null default nextval('grows') unique, a int", "n, n")
    body = "returns trigger language plpgsql as 'begin return new; end'"
    sql(
        database, f"create function f() {body}",
        "create trigger stamp before update on t for each row execute function f()",
        "create trigger of_a after update of a on t for each row execute function f()",
        "create trigger of_v after update of v on t for each row execute function f()",
        "create trigger never before update on t for each row execute function f()",
        "alter table t disable trigger never",
        "create trigger added before insert on t for each row execute function f()",
        "create publication whole for table t", "create publication added for table t with (publish = 'insert')",
    )  # fmt: skip
    found = said(tmp_path, database, walk(more=", key: [id]"))
    assert found["warning batch-triggers"] == ["each row of t that is changed fires of_v, stamp"]
    assert any("(whole)" in text for text in found["error step-would-fail"])


def test_a_table_that_is_not_there_was_not_looked_at(tmp_path: Path, database: Database) -> None:
    assert said(tmp_path, database, 'sql: "create table t (id int)"', walk()).keys() == {"warning batch-not-there"}
