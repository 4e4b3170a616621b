"""Server and connections lost under a living engine: it waits, says why, and the fate it decides is the true one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import postgres_server
from tests.acceptance.station import Event, Station, await_condition
from tests.faults import counting
from tests.postgres_server import Database

_GO_ON = ("--headless", "--sign-off", "seen by the test")


def _begun(step: str, kind: str) -> Callable[[Event], bool]:
    return lambda event: event["type"] == kind and event["data"].get("step") == step


_MOMENTS = ["single:tx.begin", "slow-commit:tx.commit_sent", "batch:tx.committed"]
_CASES = [(m, n % 2 == 0) for n, m in enumerate(_MOMENTS)]
if counting.EVERY:
    _CASES += [(moment, not ledger) for moment, ledger in _CASES]


@pytest.mark.parametrize(("moment", "ledger"), _CASES)
def test_the_server_killed_in_a_transaction_and_started_again(station: Station, moment: str, ledger: bool) -> None:
    with postgres_server.own_server() as server:
        database = postgres_server.create_database(server)
        counting.prepare(station, database, ledger=ledger)
        step, kind = moment.split(":")
        station.virada("run", str(counting.PLAN), *_GO_ON, "--detach").expect()
        station.wait_for(_begun(step, kind))
        postgres_server.kill_server(server)
        # The engine cannot know what became of it, and says so, until somebody answers.
        station.wait_for(lambda e: e["type"] == "step.waiting" and e["data"]["reason"] == "server_unreachable")
        assert station.status()["status"] == "running"
        server.start()
        station.wait_for(lambda e: e["type"] == "step.fate" and e["data"]["fate"] == "not_applied")
        assert station.wait_for("run.closed")["data"]["outcome"] == "completed"
        counting.assert_once(database)
        counting.assert_sound(station)
        recovered = [e for e in station.events() if e["type"] == "run.recovered"]
        assert not recovered, "the same engine went on"


def _backends(database: Database, step: str) -> list[int]:
    with database.connect() as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where application_name like 'virada%%' and application_name like %s"
            " and datname = current_database()",
            [f"%{step}%"],
        ).fetchall()
    return [int(row[0]) for row in rows]


def _terminate(database: Database, step: str) -> None:
    """pg_terminate_backend for every session whose name says that it is for this purpose, as soon as there is one."""
    found: list[int] = []

    def there() -> bool:
        found.extend(_backends(database, step))
        return bool(found)

    await_condition(there, f"a session for {step} is there")
    with database.connect() as connection:
        for pid in found:
            connection.execute("select pg_terminate_backend(%s)", [pid])


@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "xid"])
def test_the_work_session_terminated(station: Station, database: Database, ledger: bool) -> None:
    counting.prepare(station, database, ledger=ledger)
    with database.connect() as blocker:
        blocker.execute("begin")
        blocker.execute("create table made_by_single (n int)")
        station.virada("run", str(counting.PLAN), *_GO_ON, "--detach").expect()
        station.wait_for(_begun("single", "tx.begin"))
        _terminate(database, "single")
        blocker.execute("rollback")
    fate = station.wait_for("step.fate")["data"]
    assert (fate["step"], fate["fate"]) == ("single", "not_applied")
    assert station.wait_for("step.failed")["data"]["reason"] == "terminated"
    station.await_status("failed")
    station.do("retry", "single", "--reason", "whoever ended it knows better now", "--keep-driving")
    assert station.wait_for("run.closed")["data"]["outcome"] == "completed"
    counting.assert_once(database)
    counting.assert_sound(station)


def test_the_control_session_terminated_while_a_transaction_runs(station: Station, database: Database) -> None:
    """With it goes the right to change the target: what is open must not be committed."""
    counting.prepare(station, database, ledger=True)
    with database.connect() as blocker:
        blocker.execute("begin")
        blocker.execute("create table made_by_single (n int)")
        station.virada("run", str(counting.PLAN), *_GO_ON, "--detach").expect()
        station.wait_for(_begun("single", "tx.begin"))
        _terminate(database, "control")
        blocker.execute("rollback")
    station.wait_for(lambda e: e["type"] in ("step.failed", "step.fate", "step.passed"))
    found = [e for e in station.events() if e["type"] in ("step.failed", "step.passed", "tx.aborted", "step.cancelled")]
    assert found[0]["type"] != "step.passed", "it was committed without the right to"
    assert counting.executed(database)["single.1"] == 0
    status = station.await_status("failed")
    assert station.step("single")["status"] == "failed" and status["undecided"] == []
    # What a person settled, the policy of the run goes on from.
    station.do("retry", "single", "--reason", "the session was ended by hand", "--keep-driving")
    assert station.wait_for("run.closed")["data"]["outcome"] == "completed"
    counting.assert_once(database)
    counting.assert_sound(station)


def test_the_session_of_pg_dump_terminated(station: Station, database: Database) -> None:
    counting.prepare(station, database, ledger=False)
    with database.connect() as blocker:
        blocker.execute("begin")
        blocker.execute("lock table work in access exclusive mode")
        station.env["PGOPTIONS"] = ""
        station.virada("run", str(counting.PLAN), "--detach").expect()
        for step in ("single", "slow-commit", "each"):
            station.do("execute", step)
        blocker.execute("rollback")
        station.do("execute", "batch")
        blocker.execute("begin")
        blocker.execute("lock table work in access exclusive mode")
        station.do("execute", "backup", "--no-wait")
        station.wait_for(_begun("backup", "step.child"))
        _terminate(database, "backup.1")
        failed = station.wait_for(_begun("backup", "step.failed"))
        blocker.execute("rollback")
    assert failed["data"]["reason"] == "exit_status"
    # A backend's last word is lost where pg_dump sends its next question before it has read it.
    tail = failed["data"]["evidence"]["tail"]
    assert "terminating connection" in tail or "server closed the connection" in tail
    assert station.status()["status"] == "failed"
    assert station.do("retry", "backup", "--reason", "the connection was lost", "--keep-driving")["status"] == "passed"
    counting.assert_sound(station)


def test_a_server_that_is_gone_is_waited_for_and_no_crash(station: Station) -> None:
    with postgres_server.own_server() as server:
        database = postgres_server.create_database(server)
        counting.prepare(station, database, ledger=False)
        station.virada("run", str(counting.PLAN), "--detach").expect()
        server.stop("fast")
        station.do("execute", "single", "--no-wait")
        station.wait_for(lambda e: e["type"] == "step.waiting" and e["data"]["reason"] == "server_unreachable")
        engine = station.engine()
        assert engine is not None
        server.start()
        station.wait_for(_begun("single", "step.passed"))
        assert station.step("single")["attempt"] == 1
        assert station.engine() == engine


def test_the_session_that_builds_an_index_terminated(station: Station, database: Database) -> None:
    """What is left of it is cleaned up, and only that statement of the script is executed again."""
    counting.prepare(station, database, ledger=False)
    station.virada("run", str(counting.PLAN), "--detach").expect()
    station.do("run-to", "backup")
    with database.connect() as writer:
        writer.execute("begin")
        writer.execute("update work set note = note where id = 1")
        station.do("execute", "index", "--no-wait")
        station.wait_for(lambda e: e["type"] == "tx.begin" and bool(e["data"]["witness"].get("outside")))
        invalid = "select count(*) from pg_index where not indisvalid"
        await_condition(lambda: database.value(invalid) == 1, "the index is begun")
        _terminate(database, "index")
        writer.execute("rollback")
    fate = station.wait_for("step.fate", seconds=20)["data"]
    assert (fate["step"], fate["fate"], fate["reason"]) == ("index", "not_applied", "cleaned_up")
    assert station.wait_for("step.failed")["data"]["reason"] == "terminated"
    assert database.value("select to_regclass('work_note') is null")
    assert station.do("retry", "index", "--keep-driving")["status"] == "passed"
    found = counting.executed(database)
    assert (found["index.before"], found["index.after"]) == (1, 1)
    assert database.value("select indisvalid from pg_index where indexrelid = 'work_note'::regclass") is True
    counting.assert_sound(station)


def test_the_control_session_terminated_between_two_batches(station: Station, database: Database) -> None:
    """The session that replaces it does not have the right to change the target: the next batch is not committed."""
    counting.prepare(station, database, ledger=False)
    station.virada("run", str(counting.PLAN), "--detach").expect()
    station.do("run-to", "each")
    station.do("execute", "batch", "--no-wait")
    station.wait_for(_begun("batch", "tx.committed"), count=2)
    _terminate(database, "control")
    ends = ("step.failed", "step.cancelled", "step.passed")
    ended = station.wait_for(lambda e: e["type"] in ends and e["data"]["step"] == "batch")
    assert ended["type"] != "step.passed", "it went on without the right to"
    assert ended["data"]["reason"] == "terminated", ended["data"]
    assert ended["data"]["effect"] == "some"
    done = sum(1 for step in counting.executed(database) if step.startswith("batch."))
    assert 20 <= done < counting.ROWS
    assert station.do("retry", "batch", "--keep-driving")["status"] == "passed"
    assert {step: n for step, n in counting.executed(database).items() if n != 1} == {}
    assert sum(1 for step in counting.executed(database) if step.startswith("batch.")) == counting.ROWS


def test_the_control_session_lost_while_a_transaction_is_pinned(station: Station, database: Database) -> None:
    """Our own session, which lives, must not be taken for one that still works on the attempt."""
    counting.prepare(station, database, ledger=False)
    station.virada("run", str(counting.PLAN), *_GO_ON, "--detach", env=counting.crashing("PIN:3:lost")).expect()
    assert station.wait_for("step.failed")["data"]["reason"] == "terminated"
    station.await_status("failed")
    station.do("retry", "each", "--reason", "the session was ended by hand", "--keep-driving")
    assert station.wait_for("run.closed")["data"]["outcome"] == "completed"
    assert counting.fates(station.events()) == [("each", 1, "not_applied")]
    counting.assert_once(database)
    counting.assert_sound(station)
