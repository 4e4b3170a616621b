"""The ledger: created with consent only, refused where it would travel, and one transaction with the work."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, coded_by, one, refused
from tui.journal.remarks import Remarked
from tui.postgres.evidence.commits import assign_xid, judge, pin, witness
from tui.postgres.evidence.ledger import (
    LedgerRefused,
    carrying_publications,
    create_ledger,
    find_row,
    has_row,
    insert_sql,
    ledger_state,
    record,
)
from tui.postgres.identity import target_identity
from tui.words.said import say

pytestmark = pytest.mark.postgres
PLAN = "a" * 64


@awaited
async def test_created_once_and_recognised(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        assert await ledger_state(control) == "absent"
        await create_ledger(control)
        await create_ledger(control)
        assert await ledger_state(control) == "present"


@pytest.mark.parametrize("publication", ["for all tables", "for tables in schema virada"])
@awaited
async def test_refused_where_a_publication_would_carry_it(server: Server, database: str, publication: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        if "schema" in publication:
            if control.server_version < 150000:
                pytest.skip("publications of a schema exist from 15 on")
            await control.execute("create schema virada")
        await control.execute(f"create publication everything {publication}")
        error = await refused(create_ledger(control))
        assert isinstance(error, LedgerRefused) and "everything" in say(error)
        assert coded_by(error) == Remarked.LEDGER_CARRIED
        assert await ledger_state(control) == "absent"
        assert await carrying_publications(control) == ["everything"]


@pytest.mark.unsaid(Remarked.LEDGER_CARRIED)
@awaited
async def test_a_publication_of_other_tables_is_no_reason(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await control.execute("create table public.t (a int primary key); create publication few for table public.t")
        await create_ledger(control)
        assert await carrying_publications(control) == []
        await control.execute("alter publication few add table virada.ledger")
        assert await carrying_publications(control) == ["few"]


@pytest.mark.parametrize(
    "damage",
    [
        "alter table virada.ledger add extra int",
        "alter table virada.ledger drop constraint ledger_pkey",
        "alter table virada.ledger set unlogged",
        "alter table virada.ledger enable row level security",
        "create rule r as on insert to virada.ledger do instead nothing",
        "create function public.f() returns int language sql as 'select 1';"
        " alter table virada.ledger alter pid set default public.f()",
        "create function public.pg_backend_pid() returns int language sql as 'select 1';"
        " alter table virada.ledger alter pid set default public.pg_backend_pid()",
        "alter table virada.ledger add check (pid > 0)",
        "create index on virada.ledger ((lower(step)))",
    ],
)
@awaited
async def test_what_is_not_ours_is_foreign(server: Server, database: str, damage: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await create_ledger(control)
        await control.execute(damage)
        assert await ledger_state(control) == "foreign"
        assert isinstance(await refused(create_ledger(control)), LedgerRefused)


@pytest.mark.unsaid(Remarked.LEDGER_FOREIGN)
@pytest.mark.parametrize("what", ["table virada.ledger", "schema virada"])
@awaited
async def test_whose_owner_could_plant_code_is_foreign(server: Server, database: str, what: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await create_ledger(control)
        await control.execute("drop role if exists team, dba; create role team; create role dba login")
        await control.execute(f"grant create on database {database} to team; alter {what} owner to team")
        await control.execute("grant usage on schema virada to dba; grant insert, select on virada.ledger to dba")
        assert await ledger_state(control) == "foreign"
        plain = await sessions.control(user="dba")
        assert await ledger_state(plain) == "foreign"
        assert coded_by(await refused(create_ledger(plain))) == Remarked.LEDGER_FOREIGN
        # Whom a person put into the same team they trust.
        await control.execute("grant team to postgres, dba")
        assert (await ledger_state(control), await ledger_state(plain)) == ("present", "present")
        await create_ledger(plain)
        await plain.close()
        await control.execute("reassign owned by team to postgres; drop owned by team, dba; drop role team, dba")


@pytest.mark.unsaid(Remarked.LEDGER_FORBIDDEN)
@awaited
async def test_forbidden_to_other_roles(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await create_ledger(control)
        await control.execute("drop role if exists outsider; create role outsider login")
        outsider = await sessions.control(user="outsider")
        assert await ledger_state(outsider) == "forbidden"
        await control.execute("grant usage on schema virada to outsider")
        assert coded_by(await refused(create_ledger(outsider))) == Remarked.LEDGER_FORBIDDEN
        await control.execute("grant select, insert on virada.ledger to outsider")
        await create_ledger(outsider)
        await outsider.close()
        await control.execute("drop owned by outsider")
        await control.execute("drop role outsider")


@awaited
async def test_the_row_lives_and_dies_with_the_work(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await create_ledger(control)
        await work.execute("begin")
        await record(work, RUN, "migrate", 1, 1, PLAN)
        assert not await has_row(control, RUN, "migrate", 1, 1)
        await work.execute("rollback; begin")
        await record(work, RUN, "migrate", 1, 1, PLAN)
        await work.execute("commit")
        assert await find_row(control, RUN, "migrate", 1, 1) is not None
        for other in [("x", "migrate", 1, 1), (RUN, "x", 1, 1), (RUN, "migrate", 2, 1), (RUN, "migrate", 1, 2)]:
            assert not await has_row(control, *other)
        await work.execute("begin")
        assert (await refused(record(work, RUN, "migrate", 1, 1, PLAN))).sqlstate == "23505"
        await work.execute("rollback")


@pytest.mark.unsaid(Remarked.LEDGER_SWALLOWED, Remarked.FLUSH_FAILED)
@pytest.mark.parametrize("so", [True, False])
@awaited
async def test_a_row_that_is_swallowed_and_a_log_that_is_not_flushed(server: Server, database: str, so: bool) -> None:
    async with Sessions(server, database) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await create_ledger(control)
        if so:
            await control.execute("create rule r as on insert to virada.ledger do instead nothing")
        await work.execute("begin")
        taken = record(work, RUN, "migrate", 1, 1, PLAN)
        xid = await assign_xid(work)
        if so:
            assert coded_by(await refused(taken)) == Remarked.LEDGER_SWALLOWED
            # Further than the log has come.
            xid.lsn = "FFFFFFFF/0"
            assert coded_by(await refused(pin(control, xid))) == Remarked.FLUSH_FAILED
        else:
            await taken
            await pin(control, xid)
        await work.execute("rollback")


@awaited
async def test_a_role_without_rights_on_the_ledger(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await create_ledger(control)
        await control.execute('drop role if exists "the owner"; create role "the owner"')
        await control.execute(f'grant create on database {database} to "the owner"')
        work = await sessions.work(role="the owner")
        assert (await refused(work.execute("select * from virada.ledger"))).sqlstate == "42501"
        await work.execute("begin")
        await record(work, RUN, "migrate", 1, 1, PLAN)
        assert await one(work, "select current_user") == "the owner"
        await work.execute("create schema s; create table s.t (a int); commit")
        assert await one(work, "select current_user") == "the owner"
        assert await has_row(control, RUN, "migrate", 1, 1)
        owner = "select pg_get_userbyid(relowner) from pg_class where oid = 's.t'::regclass"
        assert await one(control, owner) == "the owner"
        await work.execute("begin")
        await record(work, RUN, "migrate", 1, 2, PLAN)
        await work.execute("rollback")
        assert await one(work, "select current_user") == "the owner"
        await work.close()
        await control.execute('drop owned by "the owner"; drop role "the owner"')


@awaited
async def test_swallowed_inserts_are_noticed(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await create_ledger(control)
        await control.execute("create rule r as on insert to virada.ledger do instead nothing")
        await work.execute("begin")
        assert isinstance(await refused(record(work, RUN, "migrate", 1, 1, PLAN)), LedgerRefused)


@pytest.mark.parametrize("conforming", ["on", "off"])
@awaited
async def test_the_insert_as_text(server: Server, database: str, conforming: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await create_ledger(control)
        await control.execute(f"set standard_conforming_strings = {conforming}")
        step = "it's a \\ 'step'"
        await control.execute(insert_sql(RUN, step, 1, 1, PLAN))
        assert await has_row(control, RUN, step, 1, 1)


@awaited
async def test_a_dropped_ledger_decides_nothing(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await create_ledger(control)
        identity = await target_identity(control)
        await work.execute("begin")
        await record(work, RUN, "migrate", 1, 1, PLAN)
        seen = witness(work, identity, await assign_xid(work), ledger=True, pinned=False)
        await work.execute("commit")
        await work.close()
        arguments: dict[str, Any] = {"run": RUN, "step": "migrate", "attempt": 1, "statement": 1, "commit_acked": False}
        await control.execute("alter table virada.ledger rename to elsewhere")
        gone = await judge(control, seen, **arguments)
        assert (gone.fate, gone.reason) == ("undecided", "ledger_unreadable")
        await control.execute("alter table virada.elsewhere rename to ledger; delete from virada.ledger")
        emptied = await judge(control, seen, **arguments)
        assert (emptied.fate, emptied.reason) == ("undecided", "committed_without_ledger_row")
