"""A project of Sqitch's: its order, tags, dependencies, reworked changes; what its verify scripts become."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.importer.migrated import migrated
from tui.importer.imported import ImportFailed

WHO = "2026-11-27T20:18:54Z Ana Prado <ana@example.com>"
HEAD = "%syntax-version=1.0.0\n%project=flipr\n\n"
PLAN = f"""{HEAD}schema {WHO} # Adds the schema.
users [schema] {WHO} # Users, # with a sign\\nand a second line
@v1 {WHO} # First.

count [users !gone] {WHO} # Counts.
@v2 {WHO}
@v2b {WHO}
count [count@v2] {WHO} # Counts faster.
  # a comment of its own
index [count other:thing] {WHO}
"""
FILES: dict[str, str | bytes] = {
    "sqitch.plan": PLAN,
    "sqitch.conf": '[core]\n\tengine = pg ; ours\n# [engine "pg"]\n',
    "deploy/schema.sql": "BEGIN;\nCREATE SCHEMA flipr;\nCOMMIT;\n",
    "revert/schema.sql": "BEGIN;\nDROP SCHEMA flipr;\nCOMMIT;\n",
    "verify/schema.sql": "BEGIN;\nSELECT has_schema_privilege('flipr', 'usage'); -- an error without it\nROLLBACK;\n",
    "deploy/users.sql": "CREATE TABLE flipr.users (name text);\n",
    "revert/users.sql": "DROP TABLE flipr.users;\n",
    "verify/users.sql": "BEGIN;\nDO $$ BEGIN ASSERT true; END $$;\nROLLBACK;\n",
    "deploy/count@v2.sql": "CREATE FUNCTION flipr.count() RETURNS int RETURN 1;\n",
    "revert/count@v2.sql": "DROP FUNCTION flipr.count();\n",
    "deploy/count.sql": "CREATE OR REPLACE FUNCTION flipr.count() RETURNS int RETURN 2;\n",
    "revert/count.sql": "CREATE OR REPLACE FUNCTION flipr.count() RETURNS int RETURN 1;\n",
    "verify/count.sql": "-- XXX Add verifications here.\n",
    "deploy/index.sql": "CREATE INDEX CONCURRENTLY by_name ON flipr.users (name);\n",
    "revert/index.sql": "DROP INDEX CONCURRENTLY flipr.by_name;\n",
    "README.md": "Flipr\n",
}


def test_a_whole_project(tmp_path: Path) -> None:
    made = migrated(tmp_path, FILES)
    assert made.plan.name == "flipr"
    sections = {section.title: [step.id for step in section.steps] for section in made.plan.phases[0].sections}
    assert sections == {
        "@v1": ["schema", "verify-schema", "users", "verify-users"],
        "@v2 @v2b": ["count"],
        "Behind the last tag": ["count-2", "index"],
        "Sqitch's own record": ["record"],
    }
    users = made.step("users")
    assert users.title == "Users, # with a sign"
    assert users.undo is not None and users.undo.spec == {"file": "db/revert/users.sql"}
    assert "# users [schema]\n          # and a second line\n" in made.text
    assert made.step("schema").spec == {"file": "db/deploy/schema.sql", "transaction": "script"}
    # The older of two scripts of one change carries the tag behind which it was reworked.
    assert made.step("count").spec == {"file": "db/deploy/count@v2.sql"}
    assert made.step("count-2").spec == {"file": "db/deploy/count.sql"}
    assert "sqitch deploy --log-only" in str(made.step("record").spec)


def test_what_verifies_changes_nothing(tmp_path: Path) -> None:
    made = migrated(tmp_path, FILES)
    asked = made.step("verify-schema")
    assert asked.kind == "query"
    assert asked.spec == {
        "sql": "select count(verified) from (\nSELECT has_schema_privilege('flipr', 'usage')\n) as verified",
        "not_empty": True,
    }
    by_psql = made.step("verify-users")
    assert (by_psql.kind, by_psql.changes) == ("command", False)
    assert "verify/count.sql: it verifies nothing." in made.told


def test_what_verifies_without_taking_back_may_change_something(tmp_path: Path) -> None:
    made = migrated(tmp_path, FILES | {"verify/users.sql": "INSERT INTO flipr.users VALUES ('a');\nSELECT 1;\n"})
    assert (made.step("verify-users").kind, made.step("verify-users").changes) == ("command", None)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'drop table a' \\gexec\n",
        "SELECT 1;\n\\! true\n",
        "\\set a `true`\nSELECT 1;\n",
        "BEGIN;\nSELECT 1;\nROLLBACK;\n\\! true\n",
    ],
)
def test_what_verifies_by_other_means_is_not_said_to_change_nothing(tmp_path: Path, text: str) -> None:
    made = migrated(tmp_path, FILES | {"verify/users.sql": text})
    assert made.step("verify-users").changes is None


def test_what_only_asks_is_read_only_to_the_server(tmp_path: Path) -> None:
    text = "SELECT setval('flipr.s', 1);\nSELECT * INTO other FROM flipr.users;\n"
    step = migrated(tmp_path, FILES | {"verify/users.sql": text}).step("verify-users")
    assert (step.changes, step.spec["run"][-4:-1]) == (False, ["-c", "set default_transaction_read_only = on", "-f"])


def test_what_sqitch_gives_to_psql(tmp_path: Path) -> None:
    """core, deploy, the command's own, the engine's: the later over the earlier, as Sqitch 1.3 puts them together."""
    settings = '[core "variables"]\n\twho = a\n\tschema = x\n[deploy "variables"]\n\tschema = flipr\n'
    settings += '[verify "variables"]\n\tn = 1\n'
    deploy, verify = "CREATE TABLE :schema.users (name text);\n", "SELECT :n;\nSELECT 2;\n"
    files = {"sqitch.conf": settings, "deploy/users.sql": deploy, "verify/users.sql": verify}
    made = migrated(tmp_path, FILES | dict(files))
    users = made.step("users")
    assert (users.kind, users.spec["variables"]) == ("psql", {"who": "a", "schema": "flipr"})
    assert {"who=a", "schema=flipr", "n=1"} < set(made.step("verify-users").spec["run"])


def test_what_cannot_run_in_a_transaction_has_its_proof(tmp_path: Path) -> None:
    index = migrated(tmp_path, FILES).step("index")
    assert index.spec == {"file": "db/deploy/index.sql", "transaction": "per_statement"}
    assert index.prove is not None and "to_regclass('flipr.by_name')" in index.prove.query
    assert index.cleanup is not None and "drop index concurrently if exists flipr.by_name" in str(index.cleanup.spec)


def test_what_could_not_be_told(tmp_path: Path) -> None:
    files = dict(FILES)
    del files["deploy/count.sql"], files["revert/index.sql"]
    made = migrated(tmp_path, files)
    assert made.step("count-2").kind == "sign"
    told = "\n".join(made.told)
    assert "sqitch.plan:11: there is no deploy script of count" in told
    assert "revert/count.sql: no part of the plan: count-2 is carried out by a person." in told
    assert "deploy/index.sql: there is no way back for it; a rollback leaves it." in told
    assert "sqitch.plan:13: index asks for other:thing, which is of another project" in told
    assert "README.md: no part of the plan: no migration names it." in told
    assert made.step("index").undo is None


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (f"{HEAD}users [schema] {WHO}\nschema {WHO}\n", "sqitch.plan:4: users says [schema]"),
        (f"{HEAD}schema {WHO}\nusers [!schema] {WHO}\n", "sqitch.plan:5: users says [!schema]"),
        (f"{HEAD}schema {WHO}\nusers [schema@v9] {WHO}\n", "sqitch.plan:5: users says [schema@v9]"),
        (f"{HEAD}schema\n", "sqitch.plan:4: this is neither a change nor a tag"),
        (f"{HEAD}-schema {WHO}\n", "sqitch.plan:4: a change that is reverted"),
        (HEAD, "it names no project, or no change"),
        ("schema [\n", "sqitch.plan:1: this is neither"),
    ],
)
def test_a_plan_that_sqitch_would_refuse(tmp_path: Path, plan: str, said: str) -> None:
    with pytest.raises(ImportFailed) as raised:
        migrated(tmp_path, FILES | {"sqitch.plan": plan})
    assert said in str(raised.value)


def test_another_engine_and_other_directories(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="the engine is mysql"):
        migrated(tmp_path / "a", FILES | {"sqitch.conf": "[core]\nengine = mysql\n"})
    moved = {f"sql/{name}" if "/" in name else name: content for name, content in FILES.items()}
    moved |= {"sql/sqitch.plan": moved.pop("sqitch.plan"), "sqitch.conf": "[core]\n\tengine = pg\n\ttop_dir = sql\n"}
    assert migrated(tmp_path / "b", moved).step("users").spec == {"file": "db/sql/deploy/users.sql"}


def test_the_order_is_sqitchs_own(tmp_path: Path) -> None:
    """A project that the real program has made, and the order in which it says that it would deploy it."""
    if shutil.which("sqitch") is None:
        pytest.skip("sqitch is not installed")
    source = tmp_path / "db"
    source.mkdir()
    environment = {**os.environ, "SQITCH_FULLNAME": "Ana Prado", "SQITCH_EMAIL": "ana@example.com", "LC_ALL": "C.UTF-8"}

    def sqitch(*arguments: str) -> str:
        command = ["sqitch", *arguments]
        done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    sqitch("init", "flipr", "--engine", "pg")
    sqitch("add", "b", "-n", "first, though its name is second")
    sqitch("add", "a", "-r", "b", "-n", "asks for b # so")
    sqitch("tag", "v1", "-n", "one")
    sqitch("rework", "b", "-n", "again")
    sqitch("add", "dir/c", "-r", "b@v1", "--conflicts", "none", "-n", "in a directory")
    for path in source.rglob("*.sql"):
        path.write_text(f"create table {path.parent.name}_{path.stem.replace('@', '_')} (id int);\n")
    order = sqitch("plan", "--format", "format:%n", "--no-headers").split()
    made = migrated(tmp_path, {})
    deployed = [str(step.spec["file"]) for step in made.steps if step.kind == "sql" and "/deploy/" in str(step.spec)]
    assert order == ["b", "a", "b", "dir/c"]
    assert deployed == [f"db/deploy/{name}.sql" for name in ("b@v1", "a", "b", "dir/c")]
