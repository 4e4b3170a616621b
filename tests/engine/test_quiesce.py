"""A database is closed to others and opened again exactly as it was: also after a kill, and rolled back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason, WaitReason
from tui.plain.table import status_lines
from tui.run.commands import Close, Rollback, Undo
from tui.run.order import Refusal
from tui.run.status import status

pytestmark = pytest.mark.postgres
_ACL = """select array(select format('%s %s %s %s', pg_get_userbyid(a.grantor), a.grantee::regrole, a.privilege_type,
a.is_grantable) from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a order by 1)
from pg_database d where d.datname = current_database()"""
_STEPS = """
          - {id: close, title: Close, quiesce: {grace: 0s}}
          - {id: work, title: Work, sql: "create table t ()", undo: {sql: "drop table t"}}
          - {id: open, title: Open, release: close}
"""


@pytest.fixture
def roles(each_database: Database) -> Iterator[tuple[str, str, str]]:
    yield from _roles(each_database)


@pytest.fixture
def roles_here(database: Database) -> Iterator[tuple[str, str, str]]:
    yield from _roles(database)


def _roles(each_database: Database) -> Iterator[tuple[str, str, str]]:
    """An application, who may give its right on, and who has it from that one."""
    names = tuple(f"{who}_{each_database.name}_{os.getpid()}" for who in ("app", "lead", "batch"))
    app, lead, batch = names
    with psycopg.connect(each_database.server.dsn(), autocommit=True) as session:
        for name in names:
            session.execute(f"create role {name} login".encode())
        place = f"on database {each_database.name}"
        session.execute(f"revoke connect {place} from public; grant connect {place} to {app}".encode())
        session.execute(f"grant connect, create {place} to {lead} with grant option".encode())
        session.execute(f"set role {lead}; grant connect {place} to {batch}; reset role".encode())
        try:
            yield app, lead, batch
        finally:
            session.execute(f"revoke all {place} from {lead} cascade; revoke all {place} from {app}, {batch}".encode())
            for name in names:
                session.execute(f"drop role {name}".encode())


def enters(database: Database, user: str) -> bool:
    try:
        database.connect(user).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.unsaid(Fact.TAKEN_FROM, Fact.MAY_CONNECT, Fact.GRANTS, Fact.STAYS_CLOSED)
@awaited
async def test_it_is_closed_and_given_back_exactly(
    each_database: Database, roles: tuple[str, str, str], tmp_path: Path
) -> None:
    before = each_database.value(_ACL)
    async with Rig(tmp_path, each_database, _STEPS) as rig:
        closed = (await rig.execute("close"))["data"]["evidence"]
        assert sorted(closed["taken_from"]) == sorted((*roles, "postgres")) and closed["may_connect"] == []
        assert not any(enters(each_database, user) for user in roles)
        refused = rig.do(Close(reason="done", confirm="dev"))
        assert isinstance(refused, Refusal) and refused.code == "quiesced"
        told = status(rig.recorder.state)
        assert [found["step"] for found in told["quiesced"]] == ["close"]
        assert any("CLOSED to others" in line for line in status_lines(told))
        assert (await rig.execute("work"))["type"] == "step.passed"
        opened = (await rig.execute("open"))["data"]["evidence"]
        assert opened["grants"] == len(before) and opened["stays_closed"] == []  # type: ignore[arg-type]
        assert each_database.value(_ACL) == before and all(enters(each_database, user) for user in roles)
        assert not rig.recorder.state.quiesced and rig.step("close").effect == "none"
        assert rig.do(Close(reason="done", confirm="dev")) is None


@awaited
async def test_an_engine_that_was_killed_knows_what_to_give_back(
    database: Database, roles_here: tuple[str, str, str], tmp_path: Path
) -> None:
    before = database.value(_ACL)
    async with Rig(tmp_path, database, _STEPS) as rig:
        await rig.execute("close")
        await rig.take_up(cut=lambda event: event["type"] == "quiesce.begun")
        await rig.until(lambda: rig.step("close").status == "cancelled", "its fate is decided")
        assert [found.step for found in rig.recorder.state.quiesced] == ["close"]
        await rig.execute("close")
        await rig.execute("work")
        assert rig.do(Rollback(reason="wrong", confirm="dev")) is None
        await rig.until(lambda: rig.recorder.state.status == "rolled_back", "it is rolled back")
        assert database.value(_ACL) == before and not rig.recorder.state.quiesced
        order = [event["data"]["step"] for event in rig.events("step.started")][-2:]
        assert order == ["undo.work", "undo.close"]


@pytest.mark.unsaid(FailReason.SESSIONS_REMAIN, Fact.SESSIONS, Fact.SESSIONS_ENDED, WaitReason.SESSIONS_LEFT)
@awaited
async def test_who_is_in_is_named_and_ended_after_the_grace(
    database: Database, roles_here: tuple[str, str, str], tmp_path: Path
) -> None:
    app, lead, _batch = roles_here
    before = database.value(_ACL)
    inside, kept = database.connect(app), database.connect(lead)
    for end, home in ((False, "named"), (True, "ended")):
        step = f"""
          - {{id: close, title: Close, quiesce: {{grace: 0s, keep: [{lead}], end: {str(end).lower()}}}}}
"""
        async with Rig(tmp_path / home, database, step) as rig:
            outcome = await rig.execute("close")
            told = outcome["data"]["evidence"]
            assert [(one["pid"], one["user"]) for one in told["sessions"]] == [(inside.info.backend_pid, app)]
            assert "sessions_left" in rig.said()
            if not end:
                # What failed keeps nobody out.
                assert outcome["data"]["reason"] == "sessions_remain" and outcome["data"]["effect"] == "none"
                assert database.value(_ACL) == before and not rig.recorder.state.quiesced
                assert inside.execute("select 1").fetchone() == (1,)
                continue
            assert outcome["type"] == "step.passed" and told["sessions_ended"] == 1
            assert enters(database, lead) and not enters(database, app)
            with pytest.raises(psycopg.OperationalError):
                inside.execute("select 1")
            assert kept.execute("select 1").fetchone() == (1,)
    kept.close()


@pytest.mark.unsaid(FailReason.CONNECT_NOT_TAKEN, Fact.CONNECTED)
@awaited
async def test_a_revoke_without_the_right_to_it_is_not_believed(
    database: Database, roles_here: tuple[str, str, str], tmp_path: Path
) -> None:
    app, lead, _batch = roles_here
    steps = f"""
          - {{id: close, title: Close, as: {lead}, quiesce: {{grace: 0s}}}}
"""
    before = database.value(_ACL)
    async with Rig(tmp_path, database, steps) as rig:
        failed = await rig.execute("close")
        assert failed["data"]["reason"] == "connect_not_taken" and failed["data"]["effect"] == "none"
        assert app in failed["data"]["evidence"]["connected"]
        assert database.value(_ACL) == before and enters(database, app)


@awaited
async def test_a_poolers_pause_is_taken_back_by_its_inverse(database: Database, tmp_path: Path) -> None:
    paused = tmp_path / "paused"
    steps = f"""
          - id: close
            title: Close
            quiesce: {{command: [touch, "{paused}"], inverse: [rm, "{paused}"], grace: 0s}}
          - {{id: work, title: Work, sql: "select 1/0"}}
"""
    async with Rig(tmp_path, database, steps) as rig:
        assert (await rig.execute("close"))["type"] == "step.passed" and paused.exists()
        await rig.execute("work")
        assert rig.do(Undo(step="close", confirm="dev")) is None
        assert (await rig.ended("undo.close"))["type"] == "step.passed" and not paused.exists()
        assert not rig.recorder.state.quiesced


@pytest.mark.unsaid(FailReason.NOT_GIVEN_BACK)
@awaited
async def test_what_cannot_be_given_back_is_named_and_stays_closed(
    database: Database, roles_here: tuple[str, str, str], tmp_path: Path
) -> None:
    async with Rig(tmp_path, database, _STEPS) as rig:
        await rig.execute("close")
        await rig.execute("work")
        with database.connect() as session:
            session.execute(f"alter role {roles_here[1]} rename to gone".encode())
        try:
            failed: Event = await rig.execute("open")
        finally:
            with database.connect() as session:
                session.execute(f"alter role gone rename to {roles_here[1]}".encode())
        assert failed["data"]["reason"] == "not_given_back" and failed["data"]["sqlstate"] == "42704"
        assert [found.step for found in rig.recorder.state.quiesced] == ["close"]


@awaited
async def test_an_owner_keeps_its_own_way_in_and_ends_nobody_elses_session(
    database: Database, roles_here: tuple[str, str, str], tmp_path: Path
) -> None:
    """A run whose role is no superuser: what it may not do is named, and its own sessions open as before."""
    app, lead, _batch = roles_here
    with psycopg.connect(database.server.dsn(), autocommit=True) as session:
        session.execute(f"alter database {database.name} owner to {lead}".encode())
        session.execute(f"grant pg_read_all_stats, pg_read_all_settings to {lead}".encode())
    try:
        before = database.value(_ACL)
        with database.connect(app):
            async with Rig(tmp_path / "in", database.server.dsn(database.name, lead), _STEPS) as rig:
                failed = await rig.execute("close")
                assert failed["data"]["reason"] == "sessions_remain" and failed["data"]["sqlstate"] == "42501"
                assert database.value(_ACL) == before
        async with Rig(tmp_path / "out", database.server.dsn(database.name, lead), _STEPS) as rig:
            assert (await rig.execute("close"))["data"]["evidence"]["may_connect"] == [lead]
            assert not enters(database, app)
            assert (await rig.execute("work"))["type"] == "step.passed"
            assert (await rig.execute("open"))["type"] == "step.passed" and database.value(_ACL) == before
    finally:
        with psycopg.connect(database.server.dsn(), autocommit=True) as session:
            session.execute(f"alter database {database.name} owner to postgres".encode())
        with database.connect() as session:
            session.execute(f"drop owned by {lead} cascade".encode())
