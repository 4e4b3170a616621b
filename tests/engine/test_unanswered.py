"""A question that was not answered fails as a question: it is not called wrong, and no rollback follows from it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, own_server
from tui.engine.attempt import statement_fate
from tui.engine.drivers import query as queries
from tui.journal import events as e
from tui.journal.codes import Fact, FailReason, FateReason, WaitReason
from tui.postgres.errors import StatementFailed
from tui.run import commands as c
from tui.steps import answers
from tui.words.cause import cause

pytestmark = pytest.mark.postgres
ROLLING = e.Policy(drive="headless", on_failure="rollback")
STEPS = """
          - {id: fill, title: Fill, sql: "insert into done values (1)", undo: {sql: "delete from done"}}
          - id: ask
            title: Ask
            on_failure: propose_rollback
            ASKED
"""
QUERY = 'query: {sql: "select count(*) from t", equals: 1}'
ASKED = {
    "query": QUERY,
    "check": "check: {privilege: {table: t, privileges: [SELECT]}}",
    "batch": 'batch: {sql: "delete from t", total: "select count(*) from t"}',
}


@pytest.fixture
def held(each_database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The tables; questions wait only a moment."""
    monkeypatch.setattr(queries, "LOCK_TIMEOUT", 0.1)
    with each_database.connect() as setup:
        setup.execute("create table t (id int); create table done (id int); insert into t values (1)")
    return each_database


@pytest.mark.parametrize("kind", ["query", "batch"])
@pytest.mark.unsaid(FailReason.NOT_AS_EXPECTED, FailReason.TOTAL_ERROR)
@awaited
async def test_a_lock_is_waited_for_and_the_question_is_answered(held: Database, tmp_path: Path, kind: str) -> None:
    with held.connect() as holder:
        holder.execute("begin")
        holder.execute("lock table t in access exclusive mode")
        async with Rig(tmp_path, held, STEPS.replace("ASKED", ASKED[kind]), policy=ROLLING) as rig:
            await rig.until(lambda: "unanswered" in rig.said(), "it asks again")
            assert rig.step("ask").status == "running"
            holder.execute("rollback")
            await rig.until(lambda: rig.recorder.state.status == "completed")
            assert not rig.events("rollback.started", "trigger.fired", "step.failed")


@pytest.mark.unsaid(FailReason.NOT_ANSWERED, WaitReason.UNANSWERED, Fact.UNANSWERED)
@awaited
async def test_a_lock_that_stays_rolls_nothing_back(
    held: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_PAUSES", (0.05, 0.1))
    with held.connect() as holder:
        holder.execute("begin")
        holder.execute("lock table t in access exclusive mode")
        async with Rig(tmp_path, held, STEPS.replace("ASKED", QUERY), policy=ROLLING) as rig:
            await rig.until(lambda: rig.step("ask").status == "failed")
            at = rig.step("ask")
            assert (at.reason, at.sqlstate) == ("not_answered", "55P03")
            assert [each["pid"] for each in at.evidence["blockers"]] == [holder.info.backend_pid]
            assert f"was held by pid {holder.info.backend_pid}" in cause(at).what
            assert rig.recorder.state.status == "failed"
            assert not rig.events("rollback.started", "trigger.fired")
            # Asked anew, it is answered; and an answer that is not the expected one rolls back.
            holder.execute("delete from t")
            holder.execute("commit")
            rig.do(c.Retry(step="ask"), keep_driving=True)
            await rig.ended("ask", attempt=2)
            assert rig.step("ask").reason == "not_as_expected"
            await rig.until(lambda: rig.recorder.state.status == "rolled_back")
            assert [event["data"]["reason"] for event in rig.events("trigger.fired")] == ["step_failed"]


@awaited
async def test_who_may_not_ask_is_not_told_no(held: Database, tmp_path: Path) -> None:
    with held.connect() as admin:
        admin.execute("create role stranger login")
        try:
            dsn = held.server.dsn(held.name, "stranger")
            async with Rig(tmp_path, dsn, STEPS[STEPS.index("          - id: ask") :].replace("ASKED", QUERY)) as rig:
                await rig.execute("ask")
                assert (rig.step("ask").reason, rig.step("ask").sqlstate) == ("not_answered", "42501")
                assert not rig.events("trigger.fired")
        finally:
            admin.execute("drop role stranger")


@pytest.mark.unsaid(Fact.CHECKS)
@awaited
async def test_which_of_six_checks_failed(held: Database, tmp_path: Path) -> None:
    """A table that is not there is an answer: the privilege is not there either."""
    spec = (
        'check: {connect: true, version: ">=99", writable: true, connections_free: 3, role: postgres, '
        "privilege: {table: nowhere, privileges: [SELECT]}}"
    )
    async with Rig(tmp_path, held, STEPS[STEPS.index("          - id: ask") :].replace("ASKED", spec)) as rig:
        await rig.execute("ask")
        at = rig.step("ask")
    assert (at.reason, at.evidence["failed"]) == ("check_failed", ["version", "privilege"])
    checks = {check["name"]: check for check in at.evidence["checks"]}
    assert checks["version"]["expected"] == ">=99" and checks["version"]["found"].partition(".")[0].isdigit()
    assert [name for name, check in checks.items() if check["holds"]] == [
        "connect", "writable", "connections_free", "role"
    ]  # fmt: skip
    assert (checks["privilege"]["sqlstate"], checks["privilege"]["found"]) == ("42P01", [])


@awaited
async def test_a_step_timeout_is_no_answer_to_a_question(held: Database, tmp_path: Path) -> None:
    steps = STEPS.replace("ASKED", 'timeout: 300ms\n            query: {sql: "select 1 from pg_sleep(20)", equals: 2}')
    async with Rig(tmp_path, held, steps, policy=ROLLING) as rig:
        await rig.until(lambda: rig.step("ask").status == "failed")
        assert (rig.step("ask").reason, rig.step("ask").evidence["given_up"]) == ("not_answered", "timeout")
        assert not rig.events("rollback.started", "trigger.fired")


@awaited
async def test_a_question_of_a_kind_that_changes_nothing_is_never_answered_by_a_lock(
    held: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the kind makes of it: a trial restore could not ask whether its database is there."""
    from tui.steps import registry, verify_backup
    from tui.steps.effects import Failed, RunQuery

    def execute(context: object, spec: object):  # type: ignore[no-untyped-def]
        rows = yield RunQuery(sql="select * from t")
        return Failed(reason=FailReason.SQL_ERROR, error=rows.error)

    kind = msgspec.structs.replace(verify_backup.KIND, execute=execute)
    monkeypatch.setitem(registry.KINDS, "verify_backup", kind)
    steps = STEPS.replace("ASKED", "verify_backup: {of: dump}").replace(
        "          - id: ask", '          - {id: dump, title: D, backup: {directory: "/nowhere"}}\n          - id: ask'
    )
    with held.connect() as holder:
        holder.execute("begin")
        holder.execute("lock table t in access exclusive mode")
        async with Rig(tmp_path, held, steps) as rig:
            rig.do(c.Execute(step="fill"))
            await rig.ended("fill")
            rig.do(c.Skip(step="dump", reason="elsewhere"))
            await rig.execute("ask")
            assert rig.step("ask").reason == "not_answered" and not rig.events("trigger.fired")


@pytest.mark.unsaid(WaitReason.SERVER_UNREACHABLE, FateReason.ERROR)
@awaited
async def test_a_server_that_refuses_a_question_is_not_called_unreachable(held: Database, tmp_path: Path) -> None:
    """The ledger may not be read any more: that is said, and waited for, and a person who gives up is told why."""
    steps = '          - {id: a, title: A, sql: "insert into done values (1)", undo: {sql: "delete from done"}}\n'
    async with Rig(tmp_path, held, steps) as rig:
        await rig.execute("a")
        real = statement_fate.StatementFate.verdict

        async def refused(self: statement_fate.StatementFate) -> object:
            raise StatementFailed("42501", "permission denied for table ledger")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(statement_fate.StatementFate, "verdict", refused)
            await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
            await rig.until(lambda: rig.step("a").waiting == "unanswered", "it asks again")
            assert "permission denied" in rig.step("a").waiting_facts["message"]
            patch.setattr(statement_fate.StatementFate, "verdict", real)
            await rig.ended("a")
        assert rig.step("a").status == "passed" and "server_unreachable" not in rig.said()


@awaited
async def test_a_check_asks_now_and_not_when_the_run_was_opened(tmp_path: Path) -> None:
    """The server is away when it is asked: no check of it passes, and none is said to have failed."""
    spec = "check: {connect: true, version: '>=10', writable: true, connections_free: 1}"
    steps = STEPS[STEPS.index("          - id: ask") :].replace("ASKED", spec)
    with own_server() as server:
        async with Rig(tmp_path, server.dsn("postgres"), steps) as rig:
            server.stop()
            assert rig.do(c.Execute(step="ask")) is None
            assert (await rig.waits("ask"))["message"]
            assert rig.step("ask").waiting == "server_unreachable"
            assert rig.do(c.Cancel(step="ask")) is None
            assert (await rig.ended("ask"))["type"] == "step.cancelled"
            assert rig.do(c.Retry(step="ask")) is None
            await rig.waits("ask")
            server.start()
            await rig.ended("ask", attempt=2)
            assert rig.step("ask").status == "passed"
