"""Facts that evidence tells, beside what the database says: of two databases that differ each is told its own."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, create_database, drop_database
from tui.demo.server import Server
from tui.journal.codes import Fact
from tui.postgres.connect import open_session
from tui.postgres.evidence import fence
from tui.run.commands import ByHand, Cancel, Execute, Sign, Undo
from tui.runs.paths import new_run_id

pytestmark = pytest.mark.postgres


def sql(database: Database, *texts: str) -> None:
    with database.connect() as connection:
        for text in texts:
            connection.execute(text.encode())


async def evidence(path: Path, database: Database, steps: str, *order: str) -> dict[str, Any]:
    """The evidence of the last of the steps."""
    async with Rig(path, database, steps) as rig:
        for step in order:
            await rig.execute(step)
        return rig.step(order[-1]).evidence


@pytest.mark.unsaid(Fact.ROWS, Fact.STATEMENTS, Fact.TRIES, Fact.COMMIT, Fact.WARNINGS, Fact.SECONDS)
@awaited
async def test_what_a_script_did(empty_database: Database, tmp_path: Path) -> None:
    for n, statements in ((2, 1), (3, 2)):
        sql(empty_database, f"create table t as select generate_series(1, {n}) as id", "create table seen (id int)")
        warn = "do 'begin raise warning ''mind it''; end'"
        text = "insert into seen select id from t" + "; insert into seen select 0 where false" * (statements - 1)
        steps = f"""
          - {{id: a, title: A, sql: {{text: "{text}"}}}}
          - {{id: b, title: B, sql: {{text: "{warn if n == 3 else "select 1"}"}}}}
"""
        async with Rig(tmp_path / str(n), empty_database, steps) as rig:
            await rig.execute("a")
            told = rig.step("a").evidence
            assert told["rows"] == n == empty_database.value("select count(*) from seen")
            assert told["statements"] == statements and told["tries"] == 1 and told["seconds"] > 0
            assert told["commit"]["xid"] == str(empty_database.value("select max(xmin::text::bigint) from seen"))
            await rig.execute("b")
            assert rig.step("b").evidence["warnings"] == (["mind it"] if n == 3 else [])
        sql(empty_database, "drop table t", "drop table seen")


@pytest.mark.unsaid(
    Fact.XID, Fact.PID, Fact.BACKEND_START, Fact.SYSTEM_IDENTIFIER, Fact.TIMELINE, Fact.DATABASE, Fact.DATABASE_OID,
    Fact.POSTMASTER_START, Fact.LEDGER, Fact.PINNED, Fact.SYNCHRONOUS_COMMIT, Fact.EPOCH, Fact.OUTSIDE,
)  # fmt: skip
@awaited
async def test_who_did_it_where(each_server: Server, tmp_path: Path) -> None:
    """The witness of a transaction in two databases, of which one has a ledger and waits for its standby's apply."""
    from tui.postgres.evidence.ledger import create_ledger

    said = []
    for number, level in enumerate(("on", "remote_apply")):
        database = create_database(each_server)
        try:
            sql(database, f"alter database {database.name} set synchronous_commit = {level}")
            if number:
                session = await open_session(database.dsn, purpose="control", run="unsaid")
                await create_ledger(session)
                await session.close()
            steps = """
          - {id: a, title: A, sql: "create table t as select pg_backend_pid() as pid, pg_current_xact_id() as xid"}
          - {id: b, title: B, sql: {text: "vacuum t", transaction: per_statement},
             prove: {query: "select 1", equals: 1}}
"""
            async with Rig(tmp_path / str(number), database, steps) as rig:
                await rig.execute("a")
                told = rig.events("tx.begin")[0]["data"]["witness"]
                with database.connect() as connection:
                    asked = connection.execute(
                        "select (select system_identifier::text from pg_control_system()), current_database(),"
                        " (select oid::bigint from pg_database where datname = current_database()),"
                        " to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
                        " (select timeline_id from pg_control_checkpoint()), (select pid from t),"
                        " (select xid::text from t)"
                    ).fetchone()
                names = ("system_identifier", "database", "database_oid", "postmaster_start", "timeline", "pid", "xid")
                assert asked == tuple(told[name] for name in names)
                assert told["backend_start"].startswith("20") and len(told["epoch"]) == 2
                assert told["synchronous_commit"] == level
                assert (told["ledger"], told["pinned"]) == (bool(number), not number)
                assert "outside" not in told
                await rig.execute("b")
                assert rig.events("tx.begin")[-1]["data"]["witness"]["outside"] is True
                said.append(told)
        finally:
            drop_database(database)
    differing = {name for name in said[0] if said[0][name] != said[1].get(name)}
    assert differing >= {"xid", "pid", "database", "database_oid", "ledger", "pinned", "synchronous_commit"}


@pytest.mark.unsaid(Fact.DONE, Fact.SQLSTATE, Fact.MESSAGE, Fact.ERROR, Fact.LINE)
@awaited
async def test_how_far_it_came(empty_database: Database, tmp_path: Path) -> None:
    for done, text in ((1, "create table t ();\n\nselect 1/0"), (2, "select 1; drop table t;\nselect from nowhere")):
        steps = f"""
          - id: a
            title: A
            sql: {{transaction: per_statement, text: {text!r}}}
""".replace("'", '"')
        async with Rig(tmp_path / str(done), empty_database, steps) as rig:
            failed = (await rig.execute("a"))["data"]
            assert failed["evidence"]["done"] == done
            error = failed["evidence"]["error"]
            assert error["sqlstate"] == failed["sqlstate"] == ("22012" if done == 1 else "42P01")
            assert error["line"] == (3 if done == 1 else 2)
            assert error["message"] == ("division by zero" if done == 1 else 'relation "nowhere" does not exist')


@pytest.mark.unsaid(Fact.BATCHES, Fact.TOTAL, Fact.RESUMED_AT)
@awaited
async def test_how_many_batches(empty_database: Database, tmp_path: Path) -> None:
    for n in (2, 3):
        sql(empty_database, f"create table t as select generate_series(1, {n}) as id")
        steps = """
          - id: a
            title: A
            batch: {sql: "delete from t where id = (select min(id) from t)", total: "select count(*) from t", pause: 0s}
"""
        async with Rig(tmp_path / str(n), empty_database, steps) as rig:
            await rig.execute("a")
            told = rig.step("a").evidence
            assert (told["rows"], told["total"], told["batches"], told["resumed_at"]) == (n, n, n + 1, 0)
            await rig.take_up(cut=lambda event: event["type"] == "tx.committed")
            await rig.ended("a")
            refused = rig.do(Execute(step="a"))
            assert refused is None, refused
            await rig.ended("a", 2)
            assert rig.step("a").evidence["resumed_at"] == n + 1
        sql(empty_database, "drop table t")


@pytest.mark.unsaid(Fact.COUNT, Fact.COLUMNS, Fact.EXPECTED, Fact.PROVE, Fact.ANSWER)
@awaited
async def test_what_was_answered(empty_database: Database, tmp_path: Path) -> None:
    for n in (1, 2):
        sql(empty_database, f"create table t as select generate_series(1, {n}) as id_{n}")
        steps = f"""
          - {{id: a, title: A, query: {{sql: "select id_{n} from t", equals: 1}}}}
          - {{id: b, title: B, sql: "select 1", prove: {{query: "select count(*) from t", equals: 1}}}}
"""
        async with Rig(tmp_path / str(n), empty_database, steps) as rig:
            await rig.execute("a")
            told = rig.step("a").evidence
            assert told["count"] == n and told["expected"] == {"equals": 1}
            assert list(told["columns"]) in ([], [f"id_{n}"])
            await rig.execute("b")
            assert str(rig.step("b").evidence["prove"]["rows"][0][0]) == str(n)
            assert rig.step("b").status == ("passed" if n == 1 else "failed")
        sql(empty_database, "drop table t")


@pytest.mark.unsaid(
    Fact.BYTES, Fact.FILES, Fact.FORMAT, Fact.PATH, Fact.SHA256, Fact.TABLES, Fact.LEVEL, Fact.DATABASE_BYTES,
    Fact.DECODE_S, Fact.RESTORE_S, Fact.SCRATCH_DROPPED, Fact.OUTPUT_BYTES, Fact.OUTPUT_SHA256, Fact.TIMED_OUT,
    Fact.RECORDED,
)  # fmt: skip
@awaited
async def test_what_a_backup_holds(empty_database: Database, tmp_path: Path) -> None:
    said = []
    for n in (1, 3):
        sql(empty_database, *(f"create table t{i} as select generate_series(1, 100 * {n}) as id" for i in range(n)))
        home, kind = tmp_path / str(n), "custom" if n == 1 else "directory"
        scratch = f"scratch_{empty_database.name}"
        steps = f"""
          - {{id: dump, title: Dump, backup: {{directory: "{home}/dumps", format: {kind}}}}}
          - {{id: verify, title: Verify, verify_backup: {{of: dump, level: restore, database: {scratch}}}}}
          - {{id: again, title: Again, verify_backup: {{of: dump, level: decode}}}}
"""
        async with Rig(home, empty_database, steps) as rig:
            await rig.execute("dump")
            told = rig.step("dump").evidence
            (made,) = (p for p in (home / "dumps").iterdir() if p.suffix != ".SHA256SUMS")
            assert told["path"] == str(made) and told["format"] == kind
            files = [made] if made.is_file() else sorted(made.iterdir())
            assert told["bytes"] == sum(file.stat().st_size for file in files) and told["files"] == len(files)
            if made.is_file():
                assert told["sha256"] == hashlib.sha256(made.read_bytes()).hexdigest()
            assert told["timed_out"] is False
            assert told["output_sha256"] == hashlib.sha256(b"").hexdigest() and told["output_bytes"] == 0
            await rig.execute("verify")
            verified = rig.step("verify").evidence
            assert (verified["tables"], verified["rows"], verified["level"]) == (n, n * 100 * n, "restore")
            assert verified["scratch_dropped"] is True and verified["restore_s"] > 0 and verified["decode_s"] > 0
            assert empty_database.value(f"select count(*) from pg_database where datname = '{scratch}'") == 0
            size = empty_database.value("select pg_database_size(current_database())")
            assert isinstance(size, int) and abs(verified["database_bytes"] - size) < 1_000_000
            files[0].write_bytes(files[0].read_bytes() + b"x")
            await rig.execute("again")
            differing = rig.step("again").evidence
            assert differing["recorded"] == told["sha256"] != differing["sha256"]
            said.append(told["sha256"])
        sql(empty_database, *(f"drop table t{i}" for i in range(n)))
    assert said[0] != said[1]


@pytest.mark.unsaid(Fact.EXIT_STATUS, Fact.TAIL, Fact.SINGLE_TRANSACTION)
@awaited
async def test_how_a_program_ended(empty_database: Database, tmp_path: Path) -> None:
    for status in (0, 7):
        steps = f"""
          - {{id: a, title: A, command: [sh, -c, "echo said {status}; exit {status}"]}}
"""
        told = await evidence(tmp_path / str(status), empty_database, steps, "a")
        assert told["exit_status"] == status and told["output_bytes"] == 7
        assert told.get("tail") == (None if status == 0 else "said 7\n")
    for single in ("true", "false"):
        home = tmp_path / single
        steps = f"""
          - {{id: a, title: A, psql: {{file: a.sql, single_transaction: {single}}}}}
"""
        async with Rig(home, empty_database, steps, {"a.sql": "select 1;"}) as rig:
            await rig.execute("a")
            assert rig.step("a").evidence["single_transaction"] is (single == "true")


@pytest.mark.unsaid(
    Fact.FATE, Fact.REASON, Fact.XID_STATUS, Fact.LEDGER_USED, Fact.LEDGER_ROW, Fact.LEDGER_XID, Fact.LEDGER_WRITTEN,
    Fact.HOST,
)  # fmt: skip
@pytest.mark.parametrize("rows", [False, True], ids=["xid", "ledger"])
@awaited
async def test_what_became_of_it(empty_database: Database, tmp_path: Path, rows: bool) -> None:
    from tui.postgres.evidence.ledger import create_ledger

    if rows:
        session = await open_session(empty_database.dsn, purpose="control", run="unsaid")
        await create_ledger(session)
        await session.close()
    async with Rig(tmp_path, empty_database, '          - {id: a, title: A, sql: "create table t ()"}') as rig:
        await rig.execute("a")
        await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
        await rig.ended("a")
        told = rig.step("a").evidence
        assert (told["fate"], told["reason"]) == ("applied", "ledger_row" if rows else "xid_committed")
        assert told["ledger_used"] is rows and told["xid_status"] == "committed"
        assert told["host"] == str(empty_database.server.socket)
        if rows:
            assert told["ledger_row"] is True
            assert told["ledger_xid"] == str(empty_database.value("select xid from virada.ledger"))
            written = (
                "select to_char(written at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from virada.ledger"
            )
            assert told["ledger_written"] == empty_database.value(written)
    async with Rig(tmp_path / "b", empty_database, '          - {id: b, title: B, sql: "create table t ()"}') as rig:
        failed = await rig.execute("b")
        assert failed["type"] == "step.failed"
        await rig.take_up(cut=lambda event: event["type"] == "tx.begin")
        await rig.ended("b")
        told = rig.step("b").evidence
        assert (told["fate"], told["xid_status"]) == ("not_applied", "aborted")
        assert told.get("ledger_row", False) is False and "ledger_xid" not in told


@pytest.mark.unsaid(
    Fact.BLOCKERS, Fact.WANTED, Fact.TRY, Fact.OF, Fact.PAUSE_S, Fact.LOCK_TIMEOUT_S, Fact.OURS, Fact.BLOCKED,
    Fact.BLOCKED_COUNT,
)  # fmt: skip
@awaited
async def test_who_is_in_the_way(empty_database: Database, tmp_path: Path) -> None:
    sql(empty_database, "create table t (id int)", "create table other (id int)")
    steps = """
          - {id: a, title: A, sql: {text: "alter table t add n int", lock_timeout: 250ms, retries: 1}}
"""
    for held in ("t", "other"):
        with empty_database.connect() as holder:
            holder.execute("begin")
            holder.execute(f"lock table {held}".encode())
            async with Rig(tmp_path / held, empty_database, steps) as rig:
                await rig.execute("a")
                waits = [e["data"]["facts"] for e in rig.events("step.waiting") if e["data"].get("facts")]
                if held == "other":
                    assert waits == [] and rig.step("a").status == "passed"
                    continue
                retry = next(facts for facts in waits if "try" in facts)
                assert (retry["try"], retry["of"], retry["lock_timeout_s"]) == (1, 2, 0.1) and retry["pause_s"] > 0
                assert [b["pid"] for b in retry["blockers"]] == [holder.info.backend_pid]
                assert retry["wanted"] == "AccessExclusiveLock public.t"
                for facts in waits:
                    assert not facts.get("blocked") and not facts.get("blocked_count")
                    assert all(ours["pid"] != holder.info.backend_pid for ours in facts.get("ours") or [])


@pytest.mark.unsaid(Fact.HOLDERS, Fact.HELD_BY)
@awaited
async def test_who_holds_the_target(empty_database: Database, tmp_path: Path) -> None:
    for _turn in range(2):
        run = new_run_id(datetime.now(UTC))
        session = await open_session(empty_database.dsn, purpose="control", run=run)
        assert await fence.try_lock(session, fence.target_key())
        async with Rig(
            tmp_path / str(session.backend.pid),
            empty_database,
            '          - {id: a, title: A, sql: "select 1"}',
            beside="it is to wait",
        ) as rig:
            assert rig.do(Execute(step="a")) is None
            facts = await rig.waits("a")
            assert facts["holders"] == [session.backend.pid]
            (holder,) = facts["held_by"]
            assert (holder["pid"], holder["run"]) == (session.backend.pid, run) and holder["since"].endswith("Z")
            await session.close()
            await rig.ended("a")


@pytest.mark.unsaid(Fact.NOTE, Fact.SIGNED_BY, Fact.PROVED, Fact.BY_STEP, Fact.ATTEMPT, Fact.BY_HAND)
@awaited
async def test_what_persons_say_is_told_as_theirs(empty_database: Database, tmp_path: Path) -> None:
    steps = """
          - {id: a, title: A, sign: {expect: what}}
          - {id: b, title: B, sql: "create table t ()", undo: {sql: "drop table t"}}
          - {id: c, title: C, sql: "select 1"}
"""
    for person in ("ana@test", "rui@test"):
        async with Rig(tmp_path / person, empty_database, steps) as rig:
            assert rig.do(Sign(step="a", note=f"seen by {person}"), by=person) is None
            told = rig.step("a").evidence
            assert (told["signed_by"], told["note"]) == (person, f"seen by {person}")
            await rig.execute("b")
            assert rig.do(ByHand(step="c", note="in psql"), by=person) is None
            assert rig.step("c").evidence["proved"] is False and rig.step("c").person == person
            assert rig.do(Undo(step="b", confirm="dev"), by=person) is None
            await rig.ended("undo.b")
            undone = rig.events("step.undone")[-1]["data"]["evidence"]
            assert (undone["by_step"], undone["attempt"]) == ("undo.b", 1) and "by_hand" not in undone
            assert empty_database.value("select count(*) from pg_class where relname = 't'") == 0


GUARDED = """
virada: 1
name: rig
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
success: [{metric: connections, below: %s}]
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: a, title: A, monitor: {guards: true, for: 1500ms}}
"""


@pytest.mark.unsaid(
    Fact.BREACHED, Fact.METRIC, Fact.VALUE, Fact.LIMIT, Fact.SOURCE, Fact.SAMPLES, Fact.ERRORS, Fact.LINES
)
@awaited
async def test_what_was_measured(empty_database: Database, tmp_path: Path) -> None:
    for limit in ("0.0001", "0.9999"):
        async with Rig(tmp_path / limit, empty_database, GUARDED % limit) as rig:
            await rig.measured()
            await rig.execute("a")
            told = rig.step("a").evidence
            assert told["samples"] == len(
                [s for s in rig.events("metrics.sampled") if s["mono"] >= rig.step("a").started]
            )
            assert "errors" not in told and "lines" not in told, "no log was followed"
            assert [b["metric"] for b in told["breached"]] == (["connections"] if limit == "0.0001" else [])
            for breach in told["breached"]:
                assert breach["limit"] == 0.0001 and 0.0001 < breach["value"] < 1 and breach["source"]


@pytest.mark.unsaid(Fact.IDENTITY, Fact.CONNECTIONS, Fact.ROLE, Fact.PRIVILEGE, Fact.TOOLS, Fact.FAILED)
@awaited
async def test_what_a_check_found(empty_database: Database, tmp_path: Path) -> None:
    role = f"unsaid_{os.getpid()}"
    sql(empty_database, f"create role {role}", "create table t (id int)", f"grant select on t to {role}")
    try:
        for privilege in ("SELECT", "DELETE"):
            steps = f"""
          - id: a
            title: A
            check:
              connect: true
              connections_free: 1
              role: {role}
              privilege: {{table: t, role: {role}, privileges: [{privilege}]}}
              tools: [psql]
"""
            told = await evidence(tmp_path / privilege, empty_database, steps, "a")
            assert told["identity"]["database"] == empty_database.name
            assert told["connections"]["free"] == told["connections"]["usable"] - told["connections"]["used"] > 0
            assert told["role"] == {"name": role, "exists": True, "member": True}
            assert told["privilege"]["granted"] == {privilege: privilege == "SELECT"}
            assert told["tools"]["missing"] == [] and "psql" in told["tools"]["found"]
            assert told.get("failed") == (None if privilege == "SELECT" else ["privilege"])
    finally:
        sql(empty_database, f"drop owned by {role}", f"drop role {role}")


BUILDING = "select count(*) from pg_stat_progress_create_index"


@pytest.mark.unsaid(Fact.CLEANUP)
@awaited
async def test_what_a_cleanup_left(empty_database: Database, tmp_path: Path) -> None:
    """A concurrent build that is cancelled leaves an invalid index; the cleanup removes it, or says why not."""
    sql(
        empty_database, "create table t as select 1 as id",
        "create function keep() returns event_trigger language plpgsql as "
        "'begin raise exception ''indexes stay''; end'",
    )  # fmt: skip
    for works in (True, False):
        if not works:
            when = "create event trigger keep on ddl_command_start when tag in ('DROP INDEX')"
            sql(empty_database, f"{when} execute function keep()")
        steps = """
          - id: a
            title: A
            sql: {text: "create index concurrently by_id on t (id)", transaction: per_statement}
            prove: {query: "select count(*) from pg_index where indexrelid::regclass::text = 'by_id' and indisvalid",
                    equals: 1}
            cleanup: {sql: {text: "drop index concurrently if exists by_id", transaction: per_statement}}
"""
        with empty_database.connect() as holder:
            holder.execute("begin")
            holder.execute("insert into t values (2)")
            async with Rig(tmp_path / str(works), empty_database, steps) as rig:
                assert rig.do(Execute(step="a")) is None
                await rig.until(
                    lambda: empty_database.value("select count(*) from pg_class where relname = 'by_id'"), "it builds"
                )
                assert rig.do(Cancel(step="a")) is None
                await rig.until(lambda: empty_database.value(BUILDING) == 0, "the build ends")
                holder.execute("rollback")
                await rig.ended("a")
                told = rig.step("a").evidence["cleanup"]
                left = empty_database.value("select count(*) from pg_class where relname = 'by_id'")
                assert (told == "done", left) == ((True, 0) if works else (False, 1))
        if works:
            sql(empty_database, "drop index if exists by_id")


@pytest.mark.unsaid(Fact.STATE, Fact.WAIT_EVENT)
@awaited
async def test_what_a_backend_left_behind_does(empty_database: Database, tmp_path: Path) -> None:
    """An engine is taken up while the backend of its attempt still holds its transaction open."""
    from tui.postgres.evidence import commits as proofs
    from tui.postgres.identity import target_identity

    control = await open_session(empty_database.dsn, purpose="control", run="unsaid")
    work = await open_session(empty_database.dsn, purpose="work", run="unsaid", step="a")
    try:
        await work.execute("begin")
        xid = await proofs.assign_xid(work)
        await proofs.pin(control, xid)
        witness = proofs.witness(work, await target_identity(control), xid, ledger=False, pinned=True)
        judged = await proofs.judge(
            control, witness, run="unsaid", step="a", attempt=1, statement=0, commit_acked=False, patience=0.05
        )
        assert judged.facts["pid"] == work.backend.pid
        assert (judged.facts["state"], judged.facts["wait_event"]) == ("idle in transaction", "Client:ClientRead")
    finally:
        await work.close()
        await control.close()
