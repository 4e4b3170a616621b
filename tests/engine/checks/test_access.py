"""`access`: who answers, how, and whether the plan's statements and a full dump may do what they need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.engine.certificates import make_certificate
from tests.engine.checks.looks import look
from tests.engine.postgres.pgserver import awaited
from tests.pgbouncer import pgbouncer
from tests.postgres_server import Database, create_database, drop_database, own_server
from tui.demo.server import Server
from tui.journal.codes import Shortcoming
from tui.words.said import told

ADD = """
alter table app.orders add region text;
create index on app.orders (region);
update app.orders set region = 'x' where id in (select id from app.lines);
create trigger t before insert on app.lines for each row execute function app.f();
analyze app.lines;
create table app.made (id int references app.orders);
alter table app.orders add foreign key (id) references app.lines (id);
alter table app.orders drop constraint orders_lines_fkey;
insert into app.made select 1;
"""
STEPS = """
          - {id: add, title: Add, sql: {file: add.sql}}
"""


def made_by(database: Database, owner: str) -> None:
    with database.connect() as connection:
        for statement in (
            f"drop role if exists {owner}",
            f"create role {owner} login",
            "create schema app",
            f"grant usage on schema app to {owner}",
            "create table app.orders (id int primary key)",
            "create table app.lines (id int, note text)",
            f"alter table app.orders owner to {owner}",
        ):
            connection.execute(statement)


@pytest.mark.unsaid(Shortcoming.NO_PRIVILEGE, Shortcoming.NO_ROLE, Shortcoming.NO_TABLE, Shortcoming.TABLES_UNTOLD)
@awaited
async def test_a_role_without_privileges_is_told_what_it_lacks(each_server: Server, tmp_path: Path) -> None:
    database = create_database(each_server, "template0")
    role = f"worker_{database.name}"
    made_by(database, role)
    dsn = each_server.dsn(database.name, role)
    found = await look(tmp_path / "1", dsn, "{access: true}", STEPS, files={"add.sql": ADD})
    row = found.row("access_tables", of=role)
    maintain = "MAINTAIN" if database.value("select current_setting('server_version_num')::int >= 170000") else "owner"
    assert (row["holds"], found.failed) == (False, ["access_tables", "access_schemas"])
    assert found.codes == {"no_privilege", "no_create"} and "app.lines of postgres (add, line 4: UPDATE)" in found.words
    made = found.row("access_schemas", of=role)
    assert [(one["schema"], one["line"], one["what"]) for one in made["missing"]] == [("app", 3, "CREATE INDEX")]
    assert told(made["why"][0]) == f"{role} may make nothing in the schema app (CREATE; add, line 3: CREATE INDEX)"
    # Of orders it is the owner.
    assert [(one["table"], one["need"], one["line"], one["what"]) for one in row["missing"]] == [
        ("app.lines", "SELECT", 4, "UPDATE"), ("app.lines", "TRIGGER", 5, "CREATE TRIGGER"),
        ("app.lines", maintain, 6, "ANALYZE"), ("app.lines", "REFERENCES", 8, "ALTER TABLE"),
    ]  # fmt: skip
    assert all(one["step"] == "add" and one["owner"] == "postgres" for one in row["missing"])
    with database.connect() as connection:
        connection.execute(f"grant select (id), trigger on app.lines to {role}")
        connection.execute(f"grant create on schema app to {role}")
    # What a privilege on a column is worth depends on the statement.
    found = await look(tmp_path / "2", dsn, "{access: true}", STEPS, files={"add.sql": ADD})
    some = found.row("access_tables", of=role)
    assert some["unknown"] == [{"table": "app.lines", "need": "SELECT"}] and len(some["missing"]) == 2
    with database.connect() as connection:
        connection.execute(f"alter table app.lines owner to {role}")
    whole = await look(tmp_path / "3", dsn, "{access: true}", STEPS, files={"add.sql": ADD})
    row = whole.row("access_tables", of=role)
    assert (row["holds"], row["missing"]) == (True, []) and row["found"] == row["expected"] >= 5
    assert whole.event["type"] == "step.passed" and not whole.codes, whole.rows
    with database.connect() as connection:
        connection.execute(f"drop owned by {role}")
        connection.execute(f"drop role {role}")
    drop_database(database)


@awaited
async def test_it_is_asked_for_the_role_that_acts(empty_database: Database, tmp_path: Path) -> None:
    database = empty_database
    role = f"other_{database.name}"
    made_by(database, role)
    steps = f"""
          - {{id: add, title: Add, as: {role}, sql: "insert into app.lines values (1)"}}
          - {{id: run, title: Run, command: [./x.sh]}}
"""
    found = await look(
        tmp_path, database, "{access: {database: nothing, tables: [app.orders, app.gone]}}", steps,
        files={"x.sh": "#!/bin/sh\n"},
    )  # fmt: skip
    assert found.row("access_tables", of=role)["missing"][0]["need"] == "INSERT"
    own = found.row("access_tables", of="postgres")
    assert (own["holds"], own["untold"]) == (True, ["run"])
    assert found.codes == {"no_privilege", "no_table"}
    assert found.row("access_tables", found="missing")["tables"] == ["app.gone"]
    assert found.row("access_database")["found"] == database.name and "access_database" in found.failed
    with database.connect() as connection:
        connection.execute(f"drop owned by {role} cascade")
        connection.execute(f"drop role {role}")


@pytest.mark.unsaid(Shortcoming.NOT_READABLE, Shortcoming.ROW_SECURITY)
@awaited
async def test_a_full_dump_that_policies_would_cut_short(each_server: Server, tmp_path: Path) -> None:
    database = create_database(each_server, "template0")
    role = f"dumper_{database.name}"
    made_by(database, role)
    with database.connect() as connection:
        connection.execute("alter table app.orders enable row level security")
        connection.execute("alter table app.orders force row level security")
    dsn = database.server.dsn(database.name, role)
    steps = f"          - {{id: dump, title: Dump, backup: {{directory: '{tmp_path}'}}}}\n"
    found = await look(tmp_path / "1", dsn, "{access: true}", steps)
    row = found.row("access_dump", of=role)
    assert (row["holds"], row["row_security"]) == (False, ["app.orders (FORCE)"])
    assert "app.lines" in row["unreadable"] and row["unreadable_count"] >= 1 and "access_dump" in found.failed
    with database.connect() as connection:
        connection.execute(f"grant pg_read_all_data to {role}")
        connection.execute("alter table app.orders no force row level security")
    assert found.codes == {"not_readable", "row_security"}
    whole = await look(tmp_path / "2", dsn, "{access: true}", steps)
    assert not whole.codes and whole.row("access_dump", of=role)["holds"] is True
    tools = whole.row("access_tools")
    # The pg_dump of this host may be older than the server, which it then refuses.
    old = tools["majors"]["pg_dump"] < tools["server_major"]
    assert (tools["holds"], tools["lacking"]) == ((False, ["pg_dump"]) if old else (True, []))
    with database.connect() as connection:
        connection.execute(f"alter role {role} bypassrls")
        connection.execute("alter table app.orders force row level security")
    assert (await look(tmp_path / "3", dsn, "{access: true}", steps)).row("access_dump", of=role)["holds"] is True
    with database.connect() as connection:
        connection.execute(f"drop owned by {role} cascade")
        connection.execute(f"drop role {role}")
    drop_database(database)


@pytest.mark.parametrize(("mode", "holds"), [("session", True), ("transaction", False)])
@awaited
async def test_a_pooler_in_between(tmp_path: Path, mode: str, holds: bool) -> None:
    with own_server() as server:
        home = Path(server.data).parent
        leads = " ".join(part for part in server.dsn("postgres").split() if not part.startswith("dbname"))
        owner = home.owner()
        with pgbouncer(home, leads, None if owner == "root" else owner, mode, 4) as dsn:
            found = await look(tmp_path, f"{dsn} dbname=postgres", "{access: true}")
    row = found.row("access_pooler")
    assert (row["found"], row["holds"]) == (mode, holds)


@awaited
async def test_tls_where_it_is_demanded(tmp_path: Path) -> None:
    with own_server() as server:
        socket = await look(tmp_path / "1", server.dsn("postgres"), "{access: {tls: true}}")
        assert socket.failed == ["access_tls"] and socket.row("access_tls")["found"] == "socket"
        assert (await look(tmp_path / "2", server.dsn("postgres"), "{access: true}")).row("access_tls")["holds"] is True
        # The way to the pooler is encrypted, and what the server sees is the way behind it.
        home = Path(server.data).parent
        whole = make_certificate(tmp_path / "tls", 30)
        (home / "whole.pem").write_text(whole.read_text())
        owner = home.owner()
        shutil.chown(home / "whole.pem", owner)
        (home / "whole.pem").chmod(0o600)
        leads = " ".join(part for part in server.dsn("postgres").split() if not part.startswith("dbname"))
        tls = {f"client_tls_{name}": str(home / "whole.pem") for name in ("key_file", "cert_file")}
        settings = tls | {"client_tls_sslmode": "require", "listen_addr": "127.0.0.1"}
        with pgbouncer(home, leads, None if owner == "root" else owner, "session", 4, **settings) as dsn:
            port = dsn.partition("port=")[2].partition(" ")[0]
            to = f"host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=require"
            found = await look(tmp_path / "3", to, "{access: true}")
        row = found.row("access_tls")
        assert (row["found"], row["expected"], row["sslmode"], row["holds"]) == ("none", "encrypted", "require", False)


@awaited
async def test_a_role_that_is_not_there_and_steps_of_which_nobody_can_tell(
    empty_database: Database, tmp_path: Path
) -> None:
    steps = """
          - {id: run, title: Run, command: [./x.sh]}
          - {id: dump, title: Dump, as: nobody_here, backup: {directory: /tmp}}
"""
    found = await look(tmp_path, empty_database, "{access: true}", steps, files={"x.sh": "#!/bin/sh\n"})
    assert found.row("access_tables")["holds"] is None and found.codes == {"tables_untold", "no_role"}
    assert found.row("access_dump")["holds"] is False and "there is no role nobody_here" in found.words


MAKES = """
create schema if not exists ours;
create table ours.a (id int);
create index on ours.a (id);
create table unqualified (id int);
create temp table of_session (id int);
set search_path = app, public;
create or replace function f() returns int language sql as 'select 1';
alter table app.orders set schema gone;
insert into app.seen values (1);
drop view app.seen;
select * from seen;
"""


@pytest.mark.unsaid(Shortcoming.NO_CREATE, Shortcoming.NO_CREATE_DATABASE, Shortcoming.NO_SCHEMA)
@awaited
async def test_where_something_is_made_and_views(each_server: Server, tmp_path: Path) -> None:
    database = create_database(each_server, "template0")
    role = f"maker_{database.name}"
    made_by(database, role)
    with database.connect() as connection:
        connection.execute("create view app.seen as select 1 as one")
        connection.execute("revoke create on schema public from public")
    dsn = each_server.dsn(database.name, role)
    steps = "          - {id: make, title: Make, sql: {file: make.sql}}\n"
    files = {"make.sql": MAKES}
    found = await look(tmp_path / "1", dsn, "{access: true}", steps, files=files)
    row = found.row("access_schemas", of=role)
    assert row["holds"] is False and {(one["schema"], one["line"]) for one in row["missing"]} == {
        ("", 2), ("public", 5), ("app", 8), ("gone", 9),
    }  # fmt: skip
    assert found.codes == {"no_create_database", "no_create", "no_schema", "no_privilege"}
    said = [told(why) for why in row["why"]]
    assert said[0] == f"{role} may make no schema in this database (CREATE; make, line 2: CREATE SCHEMA)"
    assert "there is no schema gone (make, line 9: ALTER TABLE)" in said
    views = found.row("access_tables", of=role)["missing"]
    assert {(one["table"], one["need"]) for one in views} == {
        ("app.seen", "INSERT"), ("app.seen", "owner"), ("app.seen", "SELECT"),
    }  # fmt: skip
    # What a program makes nobody can tell.
    more = steps.replace("sql: {file: make.sql}", 'sql: "create table gone.t ()"')
    more += "          - {id: run, title: Run, command: [./x.sh]}\n"
    found = await look(tmp_path / "2", dsn, "{access: true}", more, files={"x.sh": "#!/bin/sh\n"})
    row = found.row("access_schemas", of=role)
    assert (row["holds"], row["unknown"], row["untold"]) == (None, ["gone"], ["run"])
    with database.connect() as connection:
        connection.execute(f"grant create on database {database.name} to {role}")
        connection.execute(f"grant create on schema app, public to {role}")
        connection.execute(f"create schema gone authorization {role}")
        connection.execute(f"alter view app.seen owner to {role}")
    whole = await look(tmp_path / "3", dsn, "{access: true}", steps, files=files)
    assert not whole.codes and whole.row("access_schemas", of=role)["holds"] is True, whole.rows
    with database.connect() as connection:
        connection.execute(f"drop owned by {role}")
        connection.execute(f"drop role {role}")
    drop_database(database)
