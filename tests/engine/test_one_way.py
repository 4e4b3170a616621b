"""Sessions and programs reach one server in one way: by the same parameters, under the same settings."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pair import Node, primary, standby_of
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import await_condition
from tui.engine.preflight.preflight import preflight
from tui.journal.codes import Fact, FailReason, WaitReason

pytestmark = pytest.mark.postgres
SCRIPT = "          - {id: script, title: Script, psql: {file: script.sql}}\n"
SAVE = '          - {id: save, title: Save, backup: {directory: "${BACKUPS}"FROM}}\n'
SHOW = "          - {id: show, title: Show, command: {run: [RUN]}}\n"
SETTINGS = (
    "synchronous_commit", "row_security", "statement_timeout", "default_transaction_read_only",
    "idle_session_timeout", "tcp_user_timeout", "tcp_keepalives_idle", "client_connection_check_interval",
)  # fmt: skip


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with primary() as made:
        yield made


@pytest.fixture(scope="module")
def standby(node: Node) -> Node:
    return standby_of(node)


@pytest.fixture
def name(node: Node, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own on the primary."""
    made = f"d{abs(hash(request.node.name)) % 10**8}"
    node.run(f"create database {made}")
    yield made
    node.run(f"drop database {made} with (force)")


def rig(path: Path, dsn: str, steps: str, script: str = "select 1;\n", **variables: str) -> Rig:
    found = Rig(path, dsn, steps, {"script.sql": script}, BACKUPS=str(path / "backups"))
    found.environment |= variables
    return found


def told(found: Rig, step: str) -> str:
    """What a step printed."""
    return (found.paths.output / f"{step}.1").read_text()


async def passed(found: Rig, *steps: str) -> dict[str, Any]:
    for step in steps:
        ended = await found.execute(step)
        assert ended["type"] == "step.passed", ended["data"]
    evidence: dict[str, Any] = ended["data"]["evidence"]
    return evidence


def run(*words: str) -> str:
    return SHOW.replace("RUN", ", ".join(f'"{word}"' for word in words))


def dumped(node: Node, path: Path) -> str:
    """What stands in the only backup there is."""
    (file,) = (entry for entry in (path / "backups").iterdir() if entry.suffix != ".SHA256SUMS")
    program = node.server.bindir / "pg_restore"
    return subprocess.run([program, "-f", "-", file], capture_output=True, check=True).stdout.decode("latin-1")


@awaited
async def test_variables_lead_programs_where_they_lead_sessions(node: Node, name: str, tmp_path: Path) -> None:
    variables = {"PGHOST": "127.0.0.1", "PGPORT": str(node.port), "PGUSER": "postgres", "PGSSLMODE": "disable"}
    steps = SCRIPT + SAVE.replace("FROM", "") + run("psql", "-XAtc", "table made")
    script = "create table made as select 'here' as here;\n"
    async with rig(tmp_path, f"dbname={name}", steps, script, **variables) as found:
        await passed(found, "script", "save", "show")
        assert told(found, "show") == "here\n"
    assert node.value("select here from made", name) == "here"
    assert "here" in dumped(node, tmp_path)


@pytest.mark.parametrize("by", ["dsn", "service", "PGSERVICE"])
@awaited
async def test_of_several_hosts_programs_get_the_sessions_own(
    node: Node, standby: Node, name: str, tmp_path: Path, by: str
) -> None:
    hosts, ports = "127.0.0.1,127.0.0.1", f"{standby.port},{node.port}"
    variables, dsn = {}, f"host={hosts} port={ports} user=postgres dbname={name}"
    if by != "dsn":
        (tmp_path / "services").write_text(f"[app]\nhost={hosts}\nport={ports}\nuser=postgres\ndbname={name}\n")
        variables["PGSERVICEFILE"] = str(tmp_path / "services")
        dsn = "service=app" if by == "service" else ""
        if by == "PGSERVICE":
            variables["PGSERVICE"], dsn = "app", "application_name=x"
    standby.run("select pg_wal_replay_pause()")
    try:
        steps = SCRIPT + SAVE.replace("FROM", "") + run("psql", "-XAtc", "show port")
        async with rig(tmp_path, dsn, steps, "create table fresh (id int);\n", **variables) as found:
            await passed(found, "script", "save", "show")
            assert told(found, "show") == f"{node.port}\n"
        assert "public.fresh" in dumped(node, tmp_path)
    finally:
        standby.run("select pg_wal_replay_resume()")


@awaited
async def test_options_of_the_string_are_kept_and_ours_come_behind(node: Node, name: str, tmp_path: Path) -> None:
    node.run("create schema shop", name)
    dsn = f"postgresql://postgres@127.0.0.1:{node.port}/{name}?options=-csearch_path%3Dshop%20-clock_timeout%3D77"
    show = "select current_setting('search_path'), current_setting('lock_timeout')"
    steps = (
        SCRIPT
        + '          - {id: table, title: T, sql: "create table by_session (id int)"}\n'
        + run("psql", "-XAtc", show)
    )
    async with rig(tmp_path, dsn, steps, "create table by_script (id int);\n") as found:
        await passed(found, "script", "table", "show")
        assert told(found, "show") == "shop|500ms\n"
    tables = "select array_agg(relname::text order by 1) from pg_class where relnamespace = 'shop'::regnamespace"
    assert node.value(tables, name) == ["by_script", "by_session"]


@awaited
async def test_programs_have_the_settings_of_sessions(node: Node, name: str, tmp_path: Path) -> None:
    """Of sql, psql and command steps alike, whatever the database says."""
    bad = {"synchronous_commit": "off", "statement_timeout": "1h", "lock_timeout": "1h", "idle_session_timeout": "1h",
           "default_transaction_read_only": "on", "row_security": "on", "tcp_user_timeout": "0"}  # fmt: skip
    for setting, value in bad.items():
        node.run(f"alter database {name} set {setting} = '{value}'")
    query = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings where name in ({})".format(
        ", ".join(f"'{setting}'" for setting in SETTINGS)
    )
    steps = (
        f'          - {{id: table, title: T, sql: "create table by_session as {query}"}}\n' + SCRIPT
        + run("psql", "-XAtc", query)
    )  # fmt: skip
    async with rig(tmp_path, f"{node.dsn} dbname={name}", steps, f"{query};\n") as found:
        await passed(found, "table", "script", "show")
        of_session = str(node.value("select * from by_session", name))
        assert told(found, "show").strip() == of_session
        # Behind the transaction that was begun for a script its session may only read.
        behind = of_session.replace("default_transaction_read_only=off", "default_transaction_read_only=on")
        assert behind in told(found, "script")
    for said in ("synchronous_commit=on", "row_security=off", "statement_timeout=0", "tcp_user_timeout=9000",
                 "default_transaction_read_only=off", "idle_session_timeout=0"):  # fmt: skip
        assert said in of_session


@awaited
async def test_a_commands_own_limits_and_role(node: Node, name: str, tmp_path: Path) -> None:
    node.run("drop role if exists shopkeeper; create role shopkeeper; grant shopkeeper to postgres")
    show = "select current_user, current_setting('lock_timeout'), current_setting('statement_timeout')"
    step = run("psql", "-XAtc", show).replace("]}", "], lock_timeout: 7s, statement_timeout: 0}").replace(
        "title: Show", "title: Show, as: shopkeeper")  # fmt: skip
    async with rig(tmp_path, f"{node.dsn} dbname={name}", step) as found:
        await passed(found, "show")
        assert told(found, "show") == "shopkeeper|7s|0\n"


@awaited
async def test_a_file_in_utf_8_is_read_as_such_in_any_database(node: Node, tmp_path: Path) -> None:
    for encoding, kept in (("LATIN1", b"\xe9"), ("SQL_ASCII", b"\xc3\xa9")):
        made = f"in_{encoding.lower()}"
        node.run(f"create database {made} template template0 encoding '{encoding}' lc_collate 'C' lc_ctype 'C'")
        try:
            steps = SCRIPT + SAVE.replace("FROM", "") + run("psql", "-XAtc", "select word from words")
            path = tmp_path / encoding
            async with rig(
                path, f"{node.dsn} dbname={made}", steps, "create table words as select 'é' as word;\n"
            ) as f:
                await passed(f, "script", "save", "show")
                assert told(f, "show") == "é\n"
            stored = node.value("select convert_to(word, getdatabaseencoding()) from words", made,
                                client_encoding="SQL_ASCII")  # fmt: skip
            assert stored == kept
            # A dump is in the database's own encoding: nothing is converted that a later restore could stumble on.
            assert f"'{encoding}'" in dumped(node, path)
        finally:
            node.run(f"drop database {made} with (force)")


@awaited
async def test_the_service_of_an_attempt_is_its_own_and_gone_with_it(node: Node, name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".pg_service.conf").write_text(
        f"[mine]\nhost={node.socket}\nport={node.port}\nuser=postgres\ndbname={name}\n"
    )
    look = tmp_path / "look.sh"
    look.write_text(
        'stat -c "%a %n" "$PGSERVICEFILE"; psql -XAtc "select 1" && psql -XAt "service=mine" -c "select 2"\n'
    )
    async with rig(tmp_path, f"{node.dsn} dbname={name}", run("sh", str(look)), HOME=str(home)) as found:
        await passed(found, "show")
        mode, where = told(found, "show").splitlines()[0].split()
        assert told(found, "show").splitlines()[1:] == ["1", "2"]
        assert mode == "600" and not Path(where).is_relative_to(found.paths.plan)
        assert not Path(where).exists() and not Path(where).parent.exists()
        # What an engine that was killed left goes when another takes the run up.
        Path(where).parent.mkdir()
        Path(where).write_text("[virada]\n")
        await found.take_up()
        assert not Path(where).parent.exists()


@awaited
async def test_a_password_is_asked_for_anew_for_every_program(node: Node, name: str, tmp_path: Path) -> None:
    """The password changes before every step: an older one would not do."""
    node.run("drop role if exists token; create role token login superuser")
    hba = node.data / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text("host all token 127.0.0.1/32 scram-sha-256\n" + before)
    node.run("select pg_reload_conf()")
    words = [f"token-{number}-{'x' * 1500}" for number in range(4)]

    def change(word: str) -> None:
        node.run(f"alter role token password '{word}'")
        (tmp_path / "word").write_text(word)

    change(words[0])
    plan = f"""
virada: 1
name: token
targets: {{dev: {{environment: development, dsn: "host=127.0.0.1 port={node.port} dbname={name} user=token",
  password_command: "cat {tmp_path}/word", server_log: none}}}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
{SCRIPT}{SAVE.replace("FROM", "")}{run("psql", "-XAtc", "select current_user")}"""
    try:
        async with rig(tmp_path, "unused", plan, "create table made (id int);\n") as found:
            for word, step in zip(words[1:], ("script", "save", "show"), strict=True):
                change(word)
                await passed(found, step)
            assert told(found, "show") == "token\n"
            for path in found.paths.directory.rglob("*"):
                assert not path.is_file() or b"token-" not in path.read_bytes(), path
    finally:
        hba.write_text(before)
        node.run("select pg_reload_conf()")


@pytest.mark.unsaid(Fact.FROM, Fact.REPLAYED, Fact.LSN, WaitReason.STANDBY_BEHIND, FailReason.STANDBY_BEHIND)
@pytest.mark.parametrize("behind", [False, True])
@awaited
async def test_a_standby_is_read_once_it_has_what_the_target_had(
    node: Node, standby: Node, name: str, tmp_path: Path, behind: bool
) -> None:
    (tmp_path / "services").write_text(f"[second]\nhost=127.0.0.1\nport={standby.port}\nuser=postgres\ndbname={name}\n")
    steps = SCRIPT + SAVE.replace("FROM", ', from: "second", timeout: 3s, format: directory, jobs: 2')
    variables = {"PGSERVICEFILE": str(tmp_path / "services")}
    node.run("create table noise (id int)", name)
    there = f"select count(*) from pg_database where datname = '{name}'"
    await_condition(lambda: standby.value(there) == 1, "the standby has the database")
    if behind:
        standby.run("select pg_wal_replay_pause()")
        await_condition(
            lambda: standby.value("select pg_get_wal_replay_pause_state()") == "paused", "the standby stands still"
        )
    try:
        dsn = f"{node.dsn} dbname={name}"
        async with rig(tmp_path, dsn, steps, "create table fresh (id int);\n", **variables) as found:
            await passed(found, "script")
            ended = await found.execute("save")
            waited = [
                e["data"]["facts"] for e in found.events("step.waiting") if e["data"]["reason"] == "standby_behind"
            ]
            if not behind:
                evidence = ended["data"]["evidence"]
                assert ended["type"] == "step.passed" and evidence["from"] == "second", ended
                assert evidence["host"] == "127.0.0.1" and evidence["lsn"] and evidence["replayed"]
                assert "fresh" in dumped(node, tmp_path)
                assert WaitReason.STANDBY_BEHIND not in found.said() or waited
                return
            assert (ended["data"]["reason"], ended["data"]["evidence"]["from"]) == ("standby_behind", "second")
            assert waited and waited[0]["bytes"] > 0 and waited[0]["state"].startswith("pause")
            assert not list((tmp_path / "backups").iterdir())
    finally:
        standby.run("select pg_wal_replay_resume()")


@pytest.mark.unsaid(FailReason.NOT_A_STANDBY, FailReason.OTHER_SERVER, Fact.FOUND)
@pytest.mark.parametrize(("what", "reason"), [("primary", "not_a_standby"), ("other", "other_server")])
@awaited
async def test_what_is_no_standby_of_the_target_is_not_read(
    node: Node, standby: Node, name: str, tmp_path: Path, what: str, reason: str
) -> None:
    with primary() as other:
        other.run(f"create database {name}")
        port = other.port if what == "other" else node.port
        (tmp_path / "services").write_text(f"[second]\nhost=127.0.0.1\nport={port}\nuser=postgres\ndbname={name}\n")
        variables = {"PGSERVICEFILE": str(tmp_path / "services")}
        steps = SAVE.replace("FROM", ', from: "second"')
        async with rig(tmp_path, f"{node.dsn} dbname={name}", steps, **variables) as found:
            ended = await found.execute("save")
            assert (ended["type"], ended["data"]["reason"]) == ("step.failed", reason), ended["data"]
            asked = str(other.value("select system_identifier::text from pg_control_system()"))
            assert ended["data"]["evidence"].get("found") == (asked if what == "other" else None)
            # Beside it, of a standby of the target, neither is said.
            (tmp_path / "services").write_text(
                (tmp_path / "services").read_text().replace(str(port), str(standby.port))
            )
            from tui.run.commands import Retry

            assert found.do(Retry(step="save")) is None
            assert (await found.ended("save", 2))["type"] == "step.passed"
            assert "fresh" not in dumped(node, tmp_path)


def test_check_looks_at_the_standby_beforehand(node: Node, standby: Node, name: str, tmp_path: Path) -> None:
    node.run(f"alter database {name} set synchronous_commit = off")
    there = f"select count(*) from pg_database where datname = '{name}'"
    await_condition(lambda: standby.value(there) == 1, "the standby has the database")

    def said(dsn: str) -> list[tuple[str, str]]:
        where = tmp_path / "services"
        where.write_text("[second]\n" + dsn.replace(" ", "\n") + "\n")
        plan = rig(tmp_path, f"{node.dsn} dbname={name}", SAVE.replace("FROM", ', from: "second"'), "")
        plan.environment["PGSERVICEFILE"] = str(where)
        found = preflight(plan.loaded, plan.source, "dev", plan.environment, create_ledger=False)
        return [
            (problem.code, str(problem.message)) for problem in found if problem.code not in ("no-ledger", "server-log")
        ]

    of_standby = f"host=127.0.0.1 port={standby.port} dbname={name} user=postgres"
    assert [code for code, _text in said(of_standby)] == ["synchronous-commit"]
    for dsn, word in (
        (of_standby.replace(str(standby.port), str(node.port)), "is no standby"),
        (of_standby.replace(name, "postgres"), "another server or database"),
        (of_standby.replace(f"port={standby.port}", "port=1"), "cannot be reached"),
    ):
        assert [word in text for code, text in said(dsn) if code == "no-standby"] == [True]


@pytest.mark.parametrize("form", ["passfile", "ipv6", "hostaddr", "ports", "balanced", "any"])
@awaited
async def test_forms_of_a_connection_string_lead_programs_as_sessions(
    node: Node, standby: Node, name: str, tmp_path: Path, form: str
) -> None:
    """Each by a script, a dump and a command; where several servers are named the standby comes first."""
    where = f"dbname={name} user=postgres"
    both = f"host=localhost,localhost port={standby.port},{node.port}"
    dsn = {
        "passfile": f"host=localhost port={node.port} dbname={name} user=filed passfile={tmp_path}/pass",
        "ipv6": f"host=::1 port={node.port} {where}",
        "hostaddr": f"host=db.invalid hostaddr=127.0.0.1 port={node.port} {where}",
        "ports": f"{both} {where}",
        "balanced": f"{both} load_balance_hosts=random {where}",
        "any": f"{both} target_session_attrs=any {where}",
    }[form]
    if form == "ipv6" and not node.listens("::1"):
        pytest.skip("no IPv6 on this machine")
    hba = node.data / "pg_hba.conf"
    before = hba.read_text()
    if form == "passfile":
        node.run("drop role if exists filed; create role filed login superuser password 'of the file'")
        hba.write_text("host all filed all scram-sha-256\n" + before)
        node.run("select pg_reload_conf()")
        (tmp_path / "pass").write_text(f"localhost:{node.port}:{name}:filed:of the file\n")
        (tmp_path / "pass").chmod(0o600)
    try:
        steps = SCRIPT + SAVE.replace("FROM", "") + run("psql", "-XAtc", "show port")
        script = "create table made (id int);\n"
        async with rig(tmp_path, dsn, steps, script) as found:
            await passed(found, "script", "save", "show")
            assert told(found, "show") == f"{node.port}\n"
        assert "public.made" in dumped(node, tmp_path)
    finally:
        hba.write_text(before)
        node.run("select pg_reload_conf()")
