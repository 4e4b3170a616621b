"""Each code that a run may journal, beside a database (or a person) that differs by the one thing it says: it is not
said there. A case is carried out twice, where the code is true and where it is not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import (
    CancelReason,
    EffectCode,
    FailReason,
    FateReason,
    Outcome,
    SkipReason,
    TriggerReason,
    WaitReason,
)
from tui.postgres.connect import open_session
from tui.postgres.evidence import fence
from tui.postgres.session import Session
from tui.run.commands import ByHand, Cancel, Execute, Resolve, Rollback, Sign, Skip, Undo
from tui.run.order import Refusal

pytestmark = pytest.mark.postgres


class Desk:
    """What a case has to work with."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.database = database
        # Servers are shared by all workers.
        self.scratch = f"scratch_{database.name}"

    @asynccontextmanager
    async def session(self) -> Any:
        """Another session in the database, as an application has it."""
        session = await open_session(self.database.dsn, purpose="work", run="other")
        try:
            yield session
        finally:
            await session.close()

    def sql(self, text: str) -> None:
        with self.database.connect() as connection:
            connection.execute(text.encode())

    def rig(self, steps: str, **files: str) -> Rig:
        return Rig(self.path, self.database, steps, {name.replace("_", "."): text for name, text in files.items()})

    async def said(self, steps: str, *order: str, last: str = "", **files: str) -> set[str]:
        """All reasons after the steps were executed in this order."""
        async with self.rig(steps, **files) as rig:
            for step in order:
                await rig.execute(step)
            return rig.said()


Case = Callable[[Desk, bool], Awaitable[set[str]]]
CASES: list[Any] = []


def case(reason: Any, mark: pytest.MarkDecorator) -> Callable[[Case], Case]:
    def register(function: Case) -> Case:
        CASES.append(pytest.param(reason, function, marks=mark, id=f"{type(reason).__name__}-{function.__name__}"))
        return function

    return register


# -- why it failed ----------------------------------------------------------------------------------------------------


@case(FailReason.SQL_ERROR, pytest.mark.unsaid(FailReason.SQL_ERROR))
async def the_server_reports_an_error(desk: Desk, so: bool) -> set[str]:
    if not so:
        desk.sql("create table there (id int)")
    return await desk.said('          - {id: a, title: A, sql: "insert into there values (1)"}', "a")


@case(FailReason.NOT_PROVED, pytest.mark.unsaid(FailReason.NOT_PROVED))
async def the_proof_says_no(desk: Desk, so: bool) -> set[str]:
    steps = """
          - {id: a, title: A, sql: "create table t as select %d as n", prove: {query: "select n from t", equals: 1}}
"""
    return await desk.said(steps % (2 if so else 1), "a")


@case(FailReason.NOT_AS_EXPECTED, pytest.mark.unsaid(FailReason.NOT_AS_EXPECTED))
async def the_answer_is_another(desk: Desk, so: bool) -> set[str]:
    desk.sql(f"create table t as select {2 if so else 1} as n")
    return await desk.said('          - {id: a, title: A, query: {sql: "select n from t", equals: 1}}', "a")


@case(FailReason.CHECK_FAILED, pytest.mark.unsaid(FailReason.CHECK_FAILED))
async def a_check_does_not_hold(desk: Desk, so: bool) -> set[str]:
    return await desk.said(f'          - {{id: a, title: A, check: {{version: "{"<10" if so else ">=10"}"}}}}', "a")


@case(FailReason.EXIT_STATUS, pytest.mark.unsaid(FailReason.EXIT_STATUS))
async def a_program_fails(desk: Desk, so: bool) -> set[str]:
    return await desk.said(f'          - {{id: a, title: A, command: ["{"false" if so else "true"}"]}}', "a")


@case(FailReason.NOT_STARTED, pytest.mark.unsaid(FailReason.NOT_STARTED))
async def a_program_is_not_there(desk: Desk, so: bool) -> set[str]:
    name = "there-is-no-such-program" if so else "true"
    return await desk.said(f'          - {{id: a, title: A, command: ["{name}"]}}', "a")


@case(FailReason.TIMEOUT, pytest.mark.unsaid(FailReason.TIMEOUT, CancelReason.TIMEOUT))
async def it_takes_too_long(desk: Desk, so: bool) -> set[str]:
    seconds = 60 if so else 0
    return await desk.said(
        f'          - {{id: a, title: A, timeout: {"300ms" if so else "60s"}, sql: "select pg_sleep({seconds})"}}', "a"
    )


@case(FailReason.BACKUP_DIRECTORY, pytest.mark.unsaid(FailReason.BACKUP_DIRECTORY))
async def the_backups_directory_cannot_be_used(desk: Desk, so: bool) -> set[str]:
    place = "relative/place" if so else desk.path / "dumps"
    return await desk.said(f'          - {{id: a, title: A, backup: {{directory: "{place}"}}}}', "a")


BACKUP = """
          - {id: dump, title: Dump, backup: {directory: "%s"}}
          - {id: verify, title: Verify, verify_backup: {of: dump, level: %s}}
"""


async def verified(desk: Desk, damage: Callable[[Path], None] | None, level: str = "decode") -> set[str]:
    """What is said of a backup that was damaged between its dump and its verification."""
    directory = desk.path / "dumps"
    # Where a trial restore goes is nothing that a lesser level takes.
    takes = f"restore, database: {desk.scratch}" if level == "restore" else level
    async with desk.rig(BACKUP % (directory, takes)) as rig:
        assert (await rig.execute("dump"))["type"] == "step.passed"
        if damage is not None:
            (made,) = (path for path in directory.iterdir() if path.suffix != ".SHA256SUMS")
            damage(made)
        await rig.execute("verify")
        return rig.said()


@case(FailReason.BACKUP_UNREADABLE, pytest.mark.unsaid(FailReason.BACKUP_UNREADABLE))
async def the_backup_is_gone(desk: Desk, so: bool) -> set[str]:
    return await verified(desk, Path.unlink if so else None)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@case(FailReason.HASH_DIFFERS, pytest.mark.unsaid(FailReason.HASH_DIFFERS))
async def a_bit_of_the_backup_flips(desk: Desk, so: bool) -> set[str]:
    return await verified(desk, flipped if so else None)


@case(FailReason.NO_BACKUP, pytest.mark.unsaid(FailReason.NO_BACKUP))
async def there_is_no_backup(desk: Desk, so: bool) -> set[str]:
    async with desk.rig(BACKUP % (desk.path / "dumps", "list")) as rig:
        if so:
            assert rig.do(Skip(step="dump", reason="made elsewhere")) is None
        else:
            await rig.execute("dump")
        await rig.execute("verify")
        return rig.said()


@case(FailReason.SCRATCH_EXISTS, pytest.mark.unsaid(FailReason.SCRATCH_EXISTS, FailReason.RESTORE_FAILED))
async def the_scratch_database_is_somebodys(desk: Desk, so: bool) -> set[str]:
    if so:
        desk.sql(f"create database {desk.scratch}")
    try:
        said = await verified(desk, None, "restore")
    finally:
        desk.sql(f"drop database if exists {desk.scratch}")
    assert FailReason.RESTORE_FAILED not in said
    return said


def failing(desk: Desk, damage: str) -> str:
    """A PATH on which pg_dump's disk damages what was written, as the shell command `damage` does to $file."""
    programs = desk.path / "programs"
    programs.mkdir()
    real = desk.database.server.binaries.bindir / "pg_dump"
    wrapper = programs / "pg_dump"
    find = 'for word in "$@"; do case $word in --file=*) file=${word#--file=};; esac; done'
    text = f'#!/bin/sh\n[ "$1" = --version ] && exec {real} --version\n{find}\n{real} "$@" && {damage}\n'
    wrapper.write_text(text)
    wrapper.chmod(0o755)
    return f"{programs}:{os.environ['PATH']}"


async def written_badly(desk: Desk, damage: str) -> set[str]:
    plan = BACKUP % (desk.path / "dumps", "decode")
    async with Rig(desk.path, desk.database, plan, PATH=failing(desk, damage)) as rig:
        await rig.execute("dump")
        await rig.execute("verify")
        return rig.said()


@case(FailReason.DECODE_FAILED, pytest.mark.unsaid(FailReason.DECODE_FAILED))
async def the_backup_is_cut(desk: Desk, so: bool) -> set[str]:
    """Cut before it was hashed, so that its hash is right and its table of contents whole."""
    desk.sql("create table t as select g, md5(g::text) from generate_series(1, 5000) g")
    return await written_badly(desk, 'truncate -s -20000 "$file"' if so else "true")


@case(FailReason.LIST_FAILED, pytest.mark.unsaid(FailReason.LIST_FAILED))
async def the_backup_is_none(desk: Desk, so: bool) -> set[str]:
    return await written_badly(desk, 'echo "no archive" > "$file"' if so else "true")


@case(FailReason.SCRATCH_FAILED, pytest.mark.unsaid(FailReason.SCRATCH_FAILED))
async def no_scratch_database_can_be_made(desk: Desk, so: bool) -> set[str]:
    """A superuser made the source with an encoding that is not its locale's, which nobody else may do."""
    role, source = f"unsaid_{os.getpid()}_{so}".lower(), f"{desk.scratch}_source"
    locale = "C.UTF-8" if so else "C"
    desk.sql(f"create role {role} login createdb")
    desk.sql(
        f"create database {source} template template0 encoding 'SQL_ASCII' lc_collate '{locale}' lc_ctype '{locale}'"
    )
    try:
        dsn = desk.database.server.dsn(source, role)
        plan = BACKUP % (desk.path / "dumps", f"restore, database: {desk.scratch}")
        async with Rig(desk.path, dsn, plan) as rig:
            await rig.execute("dump")
            await rig.execute("verify")
            return rig.said()
    finally:
        desk.sql(f"drop database {source} with (force)")
        desk.sql(f"drop role {role}")


@case(FailReason.CONNECTION, pytest.mark.unsaid(FailReason.CONNECTION))
async def no_session_can_be_had(desk: Desk, so: bool) -> set[str]:
    desk.sql(f"create role one_session login connection limit {1 if so else 9}")
    try:
        dsn = desk.database.server.dsn(desk.database.name, "one_session")
        async with Rig(desk.path, dsn, '          - {id: a, title: A, sql: "select 1"}') as rig:
            await rig.execute("a")
            return rig.said()
    finally:
        desk.sql("drop role one_session")


@case(FailReason.TOTAL_ERROR, pytest.mark.unsaid(FailReason.TOTAL_ERROR))
async def the_total_cannot_be_counted(desk: Desk, so: bool) -> set[str]:
    desk.sql("create table t as select 1 as id")
    total = "select count(*) from nowhere" if so else "select count(*) from t"
    steps = f'          - {{id: a, title: A, batch: {{sql: "delete from t", total: "{total}", pause: 0s}}}}'
    return await desk.said(steps, "a")


@case(FailReason.GUARD_BREACHED, pytest.mark.unsaid(FailReason.GUARD_BREACHED))
async def a_guard_is_breached(desk: Desk, so: bool) -> set[str]:
    plan = f"""
virada: 1
name: rig
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none}}}}
success: [{{metric: connections, {"below" if so else "above"}: 0.0001}}]
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {{id: a, title: A, monitor: {{guards: true, for: 2500ms}}}}
"""
    return await desk.said(plan, "a")


# -- why it was ended before its end, or left out ---------------------------------------------------------------------

SLOW = """
          - {id: a, title: A, sql: "select pg_sleep(60)", undo: {sql: "select 1"}}
"""


@case(CancelReason.PERSON, pytest.mark.unsaid(CancelReason.PERSON, CancelReason.ROLLBACK))
async def a_person_cancels_it(desk: Desk, so: bool) -> set[str]:
    async with desk.rig(SLOW) as rig:
        assert rig.do(Execute(step="a")) is None
        await rig.until(lambda: rig.events("tx.begin"), "it works")
        asked = Cancel(step="a") if so else Rollback(reason="it is enough", confirm="dev")
        assert rig.do(asked) is None
        await rig.until(lambda: rig.events("step.cancelled"), "it is cancelled")
        said = rig.said()
        assert (CancelReason.ROLLBACK in said) is not so
        return said


@case(CancelReason.INTERRUPTED, pytest.mark.unsaid(CancelReason.INTERRUPTED))
async def the_engine_dies(desk: Desk, so: bool) -> set[str]:
    """Behind a commit that was sent the work is there, so that nothing of it was interrupted."""
    async with desk.rig('          - {id: a, title: A, sql: "create table t (id int)"}') as rig:
        await rig.execute("a")
        if so:
            desk.sql("drop table t")
        await rig.take_up(cut=lambda event: event["type"] == ("step.started" if so else "tx.commit_sent"))
        await rig.ended("a")
        return rig.said()


COMPANION = """
          - {id: a, title: A, sql: "select pg_sleep(%s)"}
          - {id: watch, title: Watch, with: a, monitor: {log: server, for: %s}}
"""


@case(CancelReason.COMPANION, pytest.mark.unsaid(CancelReason.COMPANION))
async def a_companion_is_ended_with_its_host(desk: Desk, so: bool) -> set[str]:
    steps = """
          - {id: a, title: A, sql: "select pg_sleep(0.4)"}
          - {id: beside, title: Beside, with: a, command: [sleep, "%s"]}
"""
    async with desk.rig(steps % (60 if so else 0)) as rig:
        await rig.execute("a")
        await rig.until(lambda: rig.step("beside").status not in ("pending", "running"), "the companion ends")
        return rig.said()


@case(SkipReason.HOST_ENDED, pytest.mark.unsaid(SkipReason.HOST_ENDED))
async def the_step_it_accompanies_is_over(desk: Desk, so: bool) -> set[str]:
    async with desk.rig(COMPANION % ("0" if so else "0.5", "60s" if so else "50ms")) as rig:
        if so:
            assert rig.do(Skip(step="a", reason="done yesterday")) is None
            await rig.until(lambda: rig.step("watch").status != "pending", "the companion is told")
        else:
            await rig.execute("a")
            await rig.until(lambda: rig.step("watch").status not in ("pending", "running"), "the companion ends")
        return rig.said()


@case(SkipReason.NOTHING_APPLIED, pytest.mark.unsaid(SkipReason.NOTHING_APPLIED))
async def nothing_of_it_was_applied(desk: Desk, so: bool) -> set[str]:
    """A running step is cancelled by a rollback: with nothing of it there is nothing to undo."""
    steps = """
          - id: a
            title: A
            sql: {text: "%s; select pg_sleep(60)", transaction: %s}
            prove: {query: "select count(*) from pg_class where relname = 't'", equals: 1}
            undo: {sql: "drop table t"}
"""
    text = ("select 1", "single") if so else ("create table t (id int)", "per_statement")
    async with desk.rig(steps % text) as rig:
        assert rig.do(Execute(step="a")) is None
        await rig.until(lambda: len(rig.events("tx.begin")) == (1 if so else 2), "it works")
        assert rig.do(Rollback(reason="it is enough", confirm="dev")) is None
        await rig.until(lambda: rig.events("rollback.finished"), "it is rolled back")
        return rig.said()


# -- why it waits -----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def locked(desk: Desk, table: str) -> Any:
    async with desk.session() as session:
        await session.execute("begin")
        await session.execute(f"lock table {table}")
        yield session


ALTER = """
          - {id: a, title: A, sql: {text: "alter table t add column n int", lock_timeout: 200ms, retries: 2}}
"""


@case(WaitReason.LOCK, pytest.mark.unsaid(WaitReason.LOCK))
async def it_waits_for_a_lock(desk: Desk, so: bool) -> set[str]:
    desk.sql("create table t (id int); create table other (id int)")
    async with locked(desk, "t" if so else "other"):
        return await desk.said(ALTER, "a")


@case(WaitReason.LOCK_RETRY, pytest.mark.unsaid(WaitReason.LOCK_RETRY))
async def it_tries_again_for_a_lock(desk: Desk, so: bool) -> set[str]:
    desk.sql("create table t (id int)")
    async with locked(desk, "t") as session:
        if not so:
            await session.execute("commit")
        return await desk.said(ALTER, "a")


@case(WaitReason.TARGET_KEY, pytest.mark.unsaid(WaitReason.TARGET_KEY))
async def another_run_changes_the_target(desk: Desk, so: bool) -> set[str]:
    async with desk.session() as session, desk.rig('          - {id: a, title: A, sql: "select 1"}') as rig:
        assert await fence.try_lock(session, fence.target_key())
        if not so:
            await fence.release(session, fence.target_key())
        assert rig.do(Execute(step="a")) is None
        if so:
            await rig.until(lambda: rig.step("a").waiting, "it waits")
            await fence.release(session, fence.target_key())
        await rig.ended("a")
        return rig.said()


@case(WaitReason.BLOCKS_OTHERS, pytest.mark.unsaid(WaitReason.BLOCKS_OTHERS))
async def others_wait_for_it(desk: Desk, so: bool) -> set[str]:
    desk.sql("create table t (id int)")
    step = f'          - {{id: a, title: A, sql: "lock table t; select pg_sleep({60 if so else 2.5})"}}'
    async with desk.session() as session, desk.rig(step) as rig:
        assert rig.do(Execute(step="a")) is None
        await rig.until(lambda: rig.events("tx.begin"), "it works")
        if so:
            asked = asyncio.ensure_future(_select(session))
            await rig.until(lambda: WaitReason.BLOCKS_OTHERS in rig.said(), "somebody is seen to wait")
            assert rig.do(Cancel(step="a")) is None
            await asked
        await rig.ended("a")
        return rig.said()


async def _select(session: Session) -> None:
    await session.execute("set lock_timeout = 0")
    await session.execute("select * from t")


@case(WaitReason.ATTEMPT_KEY_HELD, pytest.mark.unsaid(WaitReason.ATTEMPT_KEY_HELD))
async def a_backend_of_the_attempt_is_still_there(desk: Desk, so: bool) -> set[str]:
    async with desk.session() as session, desk.rig('          - {id: a, title: A, sql: "create table t ()"}') as rig:
        await rig.execute("a")
        key = fence.attempt_key(rig.paths.id, "a", 1)
        if so:
            assert await fence.try_lock(session, key)
        await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
        if so:
            await rig.until(lambda: rig.step("a").waiting, "it waits")
            await fence.release(session, key)
        await rig.ended("a")
        return rig.said()


@case(WaitReason.THROTTLED_BY_GUARD, pytest.mark.unsaid(WaitReason.THROTTLED_BY_GUARD))
async def a_batch_pauses_for_a_guard(desk: Desk, so: bool) -> set[str]:
    desk.sql("create table t as select generate_series(1, 3) as id")
    plan = f"""
virada: 1
name: rig
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none}}}}
success: [{{metric: connections, {"below" if so else "above"}: 0.0001}}]
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {{id: first, title: First, query: {{sql: "select 1", equals: 1}}}}
          - id: a
            title: A
            batch: {{sql: "delete from t where id = (select min(id) from t)", pause: 0s}}
"""
    async with desk.rig(plan) as rig:
        await rig.measured()
        await rig.execute("first")
        assert rig.do(Execute(step="a")) is None
        if so:
            await rig.until(lambda: rig.step("a").waiting, "it pauses")
            assert rig.do(Cancel(step="a")) is None
        await rig.ended("a")
        return rig.said()


# -- how it ended, and what is in the database ------------------------------------------------------------------------


async def outcomes(rig: Rig, step: str) -> set[str]:
    """The outcomes of a step, by the second half of their types."""
    return {e["type"].removeprefix("step.") for e in rig.events() if e["data"].get("step") == step}


@case(Outcome.PASSED, pytest.mark.unsaid(Outcome.PASSED, Outcome.FAILED))
async def the_statement_is_carried_out(desk: Desk, so: bool) -> set[str]:
    if so:
        desk.sql("create table there (id int)")
    async with desk.rig('          - {id: a, title: A, sql: "insert into there values (1)"}') as rig:
        await rig.execute("a")
        found = await outcomes(rig, "a")
        assert (Outcome.FAILED in found) is not so
        return found


@case(Outcome.BY_HAND, pytest.mark.unsaid(Outcome.BY_HAND))
async def a_person_did_it(desk: Desk, so: bool) -> set[str]:
    """Whoever says that it is done by hand is believed only as far as the proof goes."""
    desk.sql(f"create table t as select {1 if so else 0} as n")
    steps = '          - {id: a, title: A, sql: "select 1", prove: {query: "select n from t", equals: 1}}'
    async with desk.rig(steps) as rig:
        assert rig.do(ByHand(step="a", note="done in psql")) is None
        await rig.ended("a")
        return await outcomes(rig, "a")


@case(Outcome.UNDONE, pytest.mark.unsaid(Outcome.UNDONE))
async def it_is_taken_back(desk: Desk, so: bool) -> set[str]:
    async with desk.rig('          - {id: a, title: A, sql: "create table t ()", undo: {sql: "drop table t"}}') as rig:
        await rig.execute("a")
        if not so:
            desk.sql("create view v as select 1 from t")
        assert rig.do(Undo(step="a", confirm="dev")) is None
        await rig.ended("undo.a")
        assert (desk.database.value("select count(*) from pg_class where relname = 't'") == 0) is so
        return await outcomes(rig, "a")


@case(Outcome.CANCELLED, pytest.mark.unsaid(Outcome.CANCELLED))
async def it_is_ended_before_its_end(desk: Desk, so: bool) -> set[str]:
    """A cancel that comes when the work is committed is no cancel."""
    async with desk.rig(f'          - {{id: a, title: A, sql: "select pg_sleep({60 if so else 0})"}}') as rig:
        assert rig.do(Execute(step="a")) is None
        await rig.until(lambda: rig.events("tx.begin" if so else "step.passed"), "it is so far")
        refused = rig.do(Cancel(step="a"))
        assert (refused is None) is so
        await rig.ended("a")
        return await outcomes(rig, "a")


@case(Outcome.SIGNED, pytest.mark.unsaid(Outcome.SIGNED, Outcome.SKIPPED, FailReason.NEEDS_SIGNATURE))
async def a_person_signs(desk: Desk, so: bool) -> set[str]:
    """The engine signs nothing and leaves nothing out: without a person it stands still."""
    steps = """
          - {id: a, title: A, sign: {expect: what was seen}}
          - {id: b, title: B, query: {sql: "select 1", equals: 1}}
"""
    async with desk.rig(steps) as rig:
        assert isinstance(rig.do(Execute(step="a")), Refusal)
        if so:
            assert rig.do(Sign(step="a", note="seen")) is None
            await rig.execute("b")
        else:
            assert isinstance(rig.do(Execute(step="b")), Refusal)
        found = await outcomes(rig, "a")
        assert Outcome.SKIPPED not in found and FailReason.NEEDS_SIGNATURE not in rig.said()
        return found


async def effect(rig: Rig, step: str) -> set[str]:
    return {str((await rig.execute(step))["data"]["effect"])}


@case(EffectCode.ALL, pytest.mark.unsaid(EffectCode.ALL))
async def all_of_it_is_there(desk: Desk, so: bool) -> set[str]:
    text = "create table t (id int); " + ("select 1" if so else "select 1/0")
    async with desk.rig(f'          - {{id: a, title: A, sql: "{text}"}}') as rig:
        found = await effect(rig, "a")
        assert (desk.database.value("select count(*) from pg_class where relname = 't'") == 1) is so
        return found


HALF = '          - {id: a, title: A, sql: {text: "%s", transaction: per_statement}}'


@case(EffectCode.SOME, pytest.mark.unsaid(EffectCode.SOME))
async def part_of_it_is_there(desk: Desk, so: bool) -> set[str]:
    text = "create table t (id int); select 1/0" if so else "select 1/0; create table t (id int)"
    async with desk.rig(HALF % text) as rig:
        found = await effect(rig, "a")
        assert (desk.database.value("select count(*) from pg_class where relname = 't'") == 1) is so
        return found


@case(EffectCode.NONE, pytest.mark.unsaid(EffectCode.NONE))
async def nothing_of_it_is_there(desk: Desk, so: bool) -> set[str]:
    text = "select 1/0; create table t (id int)" if so else "create table t (id int); select 1/0"
    async with desk.rig(HALF % text) as rig:
        return await effect(rig, "a")


@case(EffectCode.UNKNOWN, pytest.mark.unsaid(EffectCode.UNKNOWN))
async def nobody_knows_what_is_there(desk: Desk, so: bool) -> set[str]:
    """A program of the plan's own is not asked; a transaction is."""
    steps = "{id: a, title: A, command: ['true']}" if so else '{id: a, title: A, sql: "select 1"}'
    async with desk.rig(f"          - {steps}") as rig:
        return await effect(rig, "a")


# -- why a rollback was proposed --------------------------------------------------------------------------------------

TRIGGERED = """
virada: 1
name: rig
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
success: [{metric: connections, %s: 0.0001}]
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: a, title: A, query: {sql: "select 1", equals: %d}, on_failure: continue}
          - {id: b, title: B, query: {sql: "select 1", equals: 1}}
rollback:
  triggers: [{title: Enough, %s}]
"""


async def fired(desk: Desk, relation: str, answer: int, trigger: str, resolve: bool = False) -> set[str]:
    async with desk.rig(TRIGGERED % (relation, answer, trigger)) as rig:
        await rig.measured()
        await rig.execute("a")
        if resolve:
            assert rig.do(Resolve(error="E1", text="known")) is None
        await rig.execute("b")
        return {e["data"]["reason"] for e in rig.events("trigger.fired")}


@case(TriggerReason.STEP_FAILED, pytest.mark.unsaid(TriggerReason.STEP_FAILED))
async def a_step_failed(desk: Desk, so: bool) -> set[str]:
    return await fired(desk, "above", 2 if so else 1, "step: a")


@case(TriggerReason.GUARD_BREACHED, pytest.mark.unsaid(TriggerReason.GUARD_BREACHED))
async def a_guard_was_breached(desk: Desk, so: bool) -> set[str]:
    return await fired(desk, "below" if so else "above", 1, "guard: connections")


@case(TriggerReason.ERRORS_UNRESOLVED, pytest.mark.unsaid(TriggerReason.ERRORS_UNRESOLVED))
async def errors_are_unresolved(desk: Desk, so: bool) -> set[str]:
    return await fired(desk, "above", 2 if so else 1, "errors: 1")


@pytest.mark.parametrize(("reason", "function"), CASES)
@awaited
async def test_said_where_it_is_so_and_only_there(
    empty_database: Database, tmp_path: Path, reason: str, function: Case
) -> None:
    found = {}
    for so in (True, False):
        path = tmp_path / str(so)
        path.mkdir()
        found[so] = await function(Desk(path, empty_database), so)
        with empty_database.connect() as connection:
            connection.execute("drop schema public cascade; create schema public")
    assert reason in found[True], found
    assert reason not in found[False], found


@pytest.mark.unsaid(
    WaitReason.REPLICATION_LAG, WaitReason.SERVER_UNREACHABLE, WaitReason.BACKEND_ALIVE, WaitReason.XID_IN_PROGRESS,
    FateReason.SERVER_UNREACHABLE, FailReason.CANCELLED,
)  # fmt: skip
@awaited
async def test_a_server_that_answers_without_replicas_is_waited_for_by_nobody(
    empty_database: Database, tmp_path: Path
) -> None:
    """A batch that minds the lag, taken up again behind its last commit: nothing is in its way, and nothing is said."""
    with empty_database.connect() as connection:
        connection.execute("create table t as select generate_series(1, 3) as id")
    steps = """
          - id: a
            title: A
            batch: {sql: "delete from t where id = (select min(id) from t)", pause: 0s, max_lag: 100ms}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        await rig.measured()
        await rig.execute("a")
        await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
        await rig.ended("a")
        assert empty_database.value("select count(*) from t") == 0
        assert not rig.said() & {
            WaitReason.REPLICATION_LAG, WaitReason.SERVER_UNREACHABLE, WaitReason.BACKEND_ALIVE,
            WaitReason.XID_IN_PROGRESS, FateReason.SERVER_UNREACHABLE, FailReason.CANCELLED,
        }  # fmt: skip
