"""Row-level security in real databases: each way in which it does not hold, by name, and what cannot be known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.pgbouncer import pgbouncer
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason, NotCompared
from tui.words.steps import evidence_words

pytestmark = pytest.mark.postgres
SCHEMA = """
create schema app;
grant usage on schema app to {user}, {anon};
create table app.orders (id serial primary key, tenant int not null, note text);
insert into app.orders (tenant, note) select g % 3, 'n' from generate_series(1, 30) g;
create table app.secrets (tenant int, word text);
insert into app.secrets values (1, 'a'), (2, 'b');
create table app.events (tenant int, at date) partition by range (at);
create table app.events_2026 partition of app.events for values from ('2026-01-01') to ('2027-01-01');
insert into app.events values (1, '2026-05-05'), (2, '2026-05-06');
create view app.mine as select * from app.orders;
alter table app.orders enable row level security;
alter table app.orders force row level security;
alter table app.events enable row level security;
alter table app.events force row level security;
alter table app.secrets enable row level security;
alter table app.secrets force row level security;
create policy tenant on app.orders to {user} using (tenant = nullif(current_setting('app.tenant', true), '')::int);
create policy tenant on app.events using (tenant = nullif(current_setting('app.tenant', true), '')::int);
grant select, insert, update, delete on app.orders, app.events to {user};
grant usage on all sequences in schema app to {user};
"""
TENANT = "(tenant = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::integer)"
STEP = """
          - {{id: before, title: Before, fingerprint: {{content: none}}}}
          - {{id: rls, title: RLS, rls: {{{spec}}}}}
"""
PERSONA = "{{name: tenant one, role: {user}, claims: {{app.tenant: '1'}}, {more}}}"


class Desk:
    """A database under row-level security, with an application's role and one that anybody may have."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path, self.database = path, database
        self.user, self.anon = f"user_{database.name}", f"anon_{database.name}"

    def sql(self, text: str) -> None:
        with self.database.connect() as session:
            session.execute(text.replace("{user}", self.user).replace("{anon}", self.anon).encode())

    async def looked(self, spec: str, between: str = "", dsn: str = "") -> Event:
        spec = spec.replace("{user}", self.user).replace("{anon}", self.anon)
        self.path = self.path / "x"
        async with Rig(self.path, dsn or self.database, STEP.format(spec=spec)) as rig:
            assert (await rig.execute("before"))["type"] == "step.passed"
            self.sql(between or "select 1")
            event = await rig.execute("rls")
            self.words = evidence_words(rig.step("rls"))
        return event

    async def persona(self, more: str, between: str = "", spec: str = "tables: [app.orders]") -> Event:
        return await self.looked(f"{spec}, personas: [{PERSONA.format(user='{user}', more=more)}]", between)


@contextmanager
def _desk(path: Path, database: Database) -> Iterator[Desk]:
    desk = Desk(path, database)
    desk.sql("create role {user}; create role {anon}")
    try:
        desk.sql(SCHEMA)
        yield desk
    finally:
        desk.sql("drop owned by {user}, {anon} cascade; drop role {user}; drop role {anon}")


@pytest.fixture
def desk(tmp_path: Path, empty_database: Database) -> Iterator[Desk]:
    with _desk(tmp_path, empty_database) as made:
        yield made


@pytest.fixture
def each_desk(tmp_path: Path, each_empty_database: Database) -> Iterator[Desk]:
    with _desk(tmp_path, each_empty_database) as made:
        yield made


def rows(event: Event, holds: bool | None = False) -> list[dict[str, Any]]:
    return [row for row in event["data"]["evidence"]["checks"] if row["holds"] is holds]


def wrong(event: Event) -> dict[str, Any]:
    """What did not hold, by what was looked at."""
    return {
        " ".join(filter(None, (row["what"], row.get("table"), row.get("aspect")))): row["found"] for row in rows(event)
    }


@pytest.mark.unsaid(Fact.TRIED)
@awaited
async def test_what_is_in_force_and_behaves(each_desk: Desk) -> None:
    policies = f'app.orders: [{{name: tenant, to: [{{user}}], using: "{TENANT}"}}]'
    sees = 'sees: {app.orders: {exactly: tenant = 1, some: "true", count: 10}, app.secrets: nothing}'
    may = "may: [{table: app.orders, update: set note = 'm' where tenant = 1}]"
    may += ", may: [{table: app.orders, insert: \"(tenant, note) values (1, 'x')\"}]" if False else ""
    may_not = (
        'may_not: [{table: app.orders, insert: "(tenant) values (2)"}, {table: app.orders, delete: where tenant = 2}]'
    )
    spec = f"tables: [app.orders], with: before, allow: ['roles *'], policies: {{{policies}}}"
    event = await each_desk.persona(f"{sees}, {may}, {may_not}", spec=spec)
    assert event["type"] == "step.passed", (rows(event), rows(event, None))
    tried = event["data"]["evidence"]["tried"]
    # Each on a fresh connection and on a used one; what was inserted and refused has taken numbers all the same.
    assert (tried["statements"], tried["sequences"], tried["failed"]) == (6, ["app.orders_id_seq"], 0)
    assert each_desk.database.value("select count(*) from app.orders where note = 'm'") == 0


@awaited
async def test_a_policy_whose_expression_changed(desk: Desk) -> None:
    change = "alter policy tenant on app.orders using (true)"
    event = await desk.looked("tables: [app.orders], with: before, allow: ['roles *']", change)
    (found,) = wrong(event)["as_before"]
    assert found.startswith("changed policies app.orders: tenant (using: (tenant = ") and found.endswith("-> true)")
    assert event["data"]["reason"] == FailReason.CHECK_FAILED and "as_before" in desk.words
    # A policy of the same name, by the plan's words.
    spec = f'tables: [app.orders], policies: {{app.orders: [{{name: tenant, to: [{{user}}], using: "{TENANT}"}}]}}'
    event = await desk.looked(spec)
    assert wrong(event) == {"policies app.orders": ["tenant: using true"]}
    # Who sees what shows it without any words.
    event = await desk.persona("sees: {app.orders: {only: tenant = 1}}")
    assert wrong(event) == {"sees app.orders fresh": 30, "sees app.orders used": 30}
    assert {row["otherwise"] for row in rows(event)} == {20}


@awaited
async def test_an_unforced_table_and_one_without_any(desk: Desk) -> None:
    desk.sql("alter table app.orders no force row level security; alter table app.events disable row level security")
    event = await desk.looked('tables: ["app.*"]')
    assert wrong(event) == {"enabled": ["app.events"], "forced": ["app.orders"]}
    assert wrong(await desk.looked('tables: ["app.*"], forced: false')) == {"enabled": ["app.events"]}
    assert wrong(await desk.looked("tables: [app.nothing]")) == {"tables": []}


@awaited
async def test_tables_are_those_that_the_plan_changes(desk: Desk) -> None:
    steps = """
          - {id: write, title: Write, sql: "update app.events_2026 set tenant = tenant"}
          - {id: rls, title: RLS, rls: {}}
"""
    async with Rig(desk.path, desk.database, steps) as rig:
        await rig.execute("write")
        event = await rig.execute("rls")
    # Who comes by the parent is under its policies: of a partition it is the parent that counts.
    assert event["data"]["evidence"]["tables"] == ["app.events"] and event["type"] == "step.passed"


@awaited
async def test_what_can_be_read_past_it(each_desk: Desk) -> None:
    desk = each_desk
    spec = "tables: [app.orders], anonymous: [{anon}]"
    assert (await desk.looked(spec))["type"] == "step.passed"
    desk.sql("""
        grant select on app.events_2026, app.mine to {user};
        grant select on app.mine to {anon};
        create table app.plain (x int); grant select on app.plain to public;
        create materialized view app.sums as select tenant, count(*) from app.orders group by 1;
        grant select (tenant) on app.sums to {anon};
        create function app.all_orders() returns setof app.orders language sql security definer as
            'select * from app.orders';
        create view app.above as select * from app.mine; grant select on app.above to {anon};
    """)
    persona = PERSONA.format(user="{user}", more="sees: {app.orders: {count: 10}}")
    event = await desk.looked(f"{spec}, personas: [{persona}]")
    assert wrong(event) == {
        "partitions": [f"app.events_2026 ({desk.user}; app.events)"],
        "views": [f"app.above ({desk.anon}; app.orders)", f"app.mine ({desk.anon}; app.orders)",
                  f"app.mine ({desk.user}; app.orders)"],
        "tables": [f"app.plain ({desk.anon})"],
        "materialized_views": [f"app.sums ({desk.anon})"],
        "functions": [f"app.all_orders() ({desk.anon}; app.orders)"],
    }  # fmt: skip
    allow = 'allow: ["partitions *", "app.mine", app.above, "tables app.plain", app.sums, "functions *"]'
    assert (await desk.looked(f"{spec}, {allow}, personas: [{persona}]"))["type"] == "step.passed"
    if desk.database.value("select current_setting('server_version_num')::int >= 150000"):
        # With the caller's rights they show what the caller may see, also where one lies upon the other.
        desk.sql("alter view app.mine set (security_invoker = true)")
        event = await desk.looked(f"{spec}, allow: ['partitions *', 'tables *', 'mater* *', 'functions *']")
        assert wrong(event) == {"views": [f"app.above ({desk.anon}; app.orders)"]}


@awaited
async def test_a_persona_without_claims_on_a_used_connection(desk: Desk) -> None:
    # Unset it is NULL; after anybody's transaction it is '', which is no number.
    desk.sql("alter policy tenant on app.orders using (tenant = current_setting('app.tenant', true)::int)")
    nobody = "{name: nobody, role: {user}, sees: {app.orders: nothing}}"
    one = PERSONA.format(user="{user}", more="sees: {app.orders: {count: 10}}")
    event = await desk.looked(f"tables: [app.orders], personas: [{nobody}, {one}]")
    assert wrong(event) == {}
    (lacking,) = rows(event, None)
    assert (lacking["of"], lacking["aspect"], lacking["sqlstate"]) == ("nobody", "used", "22P02")
    assert event["data"]["reason"] == FailReason.NOT_ANSWERED


@awaited
async def test_what_may_be_written_and_what_may_not(desk: Desk) -> None:
    others = 'may_not: [{table: app.orders, insert: "(tenant) values (2), (2)"}]'
    assert (await desk.persona(others))["type"] == "step.passed"
    desk.sql("alter policy tenant on app.orders with check (true)")
    event = await desk.persona(others)
    assert wrong(event) == {"may_not app.orders fresh": 2, "may_not app.orders used": 2}
    mine = "may: [{table: app.orders, delete: where tenant = 2}, {table: app.secrets, insert: \"values (1, 'x')\"}]"
    event = await desk.persona(mine)
    assert wrong(event) == {
        "may app.orders fresh": 0, "may app.secrets fresh": "42501", "may app.orders used": 0,
        "may app.secrets used": "42501",
    }  # fmt: skip
    assert desk.database.value("select count(*) from app.orders where tenant = 2") == 10
    # A constraint says nothing of a policy.
    event = await desk.persona('may_not: [{table: app.orders, insert: "(id, tenant) values (1, 1)"}]')
    assert {row["sqlstate"] for row in rows(event, None)} == {"23505"} and not rows(event)


@pytest.mark.unsaid(NotCompared.WOULD_FIRE)
@awaited
async def test_triggers_are_kept_from_firing_or_nothing_is_tried(desk: Desk) -> None:
    desk.sql("""
        create table app.fired (at text); grant insert on app.fired to {user};
        create function app.f() returns trigger language plpgsql as
            'begin perform nextval(''app.told''); return new; end';
        create sequence app.told; grant usage on app.told to {user};
        create trigger tell before update on app.orders for each row execute function app.f();
    """)
    may = "may: [{table: app.orders, update: set note = note where tenant = 1}]"
    event = await desk.persona(may)
    assert event["type"] == "step.passed" and event["data"]["evidence"]["tried"]["skipped"] == ["tell"]
    assert desk.database.value("select is_called from app.told") is False
    event = await desk.persona(may, spec="tables: [app.orders], triggers: fire")
    assert event["type"] == "step.passed" and event["data"]["evidence"]["tried"]["fired"] == ["tell"]
    # A sequence does not go back.
    assert desk.database.value("select last_value from app.told") == 20
    desk.sql("alter table app.orders enable always trigger tell")
    event = await desk.persona(may)
    assert [(row["fires"], row["why"]) for row in rows(event, None)] == [(["tell"], [NotCompared.WOULD_FIRE])] * 2
    assert "would fire triggers" in desk.words
    assert desk.database.value("select last_value from app.told") == 20


@awaited
async def test_who_is_no_superuser_does_not_fire_what_would(desk: Desk) -> None:
    login = f"login_{desk.database.name}"
    desk.sql(f"create role {login} login; grant {{user}} to {login}; grant select on app.orders to {login}")
    desk.sql("""
        create function app.f() returns trigger language plpgsql as 'begin return new; end';
        create trigger tell before update on app.orders for each row execute function app.f();
    """)
    try:
        may = "may: [{table: app.orders, update: set note = note where tenant = 1}], sees: {app.orders: everything}"
        spec = f"tables: [app.orders], personas: [{PERSONA.format(user='{user}', more=may)}]"
        event = await desk.looked(spec, dsn=f"{desk.database.dsn} user={login}")
        unknown = {(row["what"], row["aspect"]): row for row in rows(event, None)}
        assert {key: row.get("fires") for key, row in unknown.items() if key[0] == "may"} == {
            ("may", "fresh"): ["tell"], ("may", "used"): ["tell"],
        }  # fmt: skip
        # What there is it does not see itself: so nobody knows whether it is everything.
        assert unknown["sees", "fresh"]["sqlstate"] == "42501" and not rows(event)
    finally:
        desk.sql(f"drop owned by {login}; drop role {login}")


@awaited
async def test_a_role_that_nobody_can_be(desk: Desk) -> None:
    event = await desk.looked(
        "tables: [app.orders], personas: [{name: x, role: role_of_nobody, sees: {app.orders: nothing}}]"
    )
    assert wrong(event) == {"roles": []} and {row["sqlstate"] for row in rows(event, None)} == {"22023"}
    desk.sql("alter role {anon} bypassrls")
    event = await desk.looked("tables: [app.orders], anonymous: [{anon}]")
    assert wrong(event) == {"bypass": [desk.anon]}


@pytest.mark.unsaid(NotCompared.POOLER_BETWEEN)
@awaited
async def test_behind_a_pooler_nobody_knows_which_connection_is_fresh(desk: Desk) -> None:
    server = desk.database.server
    account = server.account.name if server.account.switch else None
    leads = f"host={server.socket} port=5432 user=postgres"
    one = PERSONA.format(user="{user}", more="sees: {app.orders: {count: 10}}")
    spec = f"tables: [app.orders], personas: [{one}]"
    direct = await desk.looked(spec)
    assert direct["type"] == "step.passed"
    with pgbouncer(Path(server.socket), leads, account, "session", 8) as dsn:
        event = await desk.looked(spec, dsn=f"{dsn} dbname={desk.database.name}")
    (fresh,) = rows(event, None)
    assert (fresh["aspect"], fresh["why"]) == ("fresh", [NotCompared.POOLER_BETWEEN])
    assert [row["aspect"] for row in rows(event, True) if row["what"] == "sees"] == ["used"]
