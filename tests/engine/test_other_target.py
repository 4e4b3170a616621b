"""Something else answers in the target's name: the run is held, nothing is done there, and there is a way on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.engine.clusters import DATABASE, Address, address
from tests.engine.postgres.pgserver import Server, awaited
from tests.engine.rig import Rig
from tests.postgres_server import binaries_of
from tui.engine.target import outage
from tui.journal.codes import CancelReason, EvidenceState, Fact, FailReason, FateReason, HoldReason, WaitReason
from tui.postgres.queries import query
from tui.run.commands import Accept, Cancel, Execute, Resume, Retry, Rollback
from tui.run.order import Refusal

pytestmark = pytest.mark.postgres
STEPS = """
          - id: one
            title: One
            sql: {text: "create table one (n int)"}
            undo: {sql: "drop table if exists one"}
          - id: two
            title: Two
            sql: {text: "create table two (n int)"}
            undo: {sql: "drop table if exists two"}
          - {id: three, title: Three, query: {sql: "select 1", equals: 1}}
"""
TABLES = "select count(*) from pg_class where relname in ('one', 'two')"
HELD = "run.held"


@pytest.fixture(scope="module")
def templates() -> Iterator[tuple[Path, Path]]:
    """Data directories of two clusters that have nothing in common, never started."""
    one, other = (Server(binaries_of().bindir) for _ in range(2))
    try:
        yield one.data, other.data
    finally:
        one.remove()
        other.remove()


@pytest.fixture
def place(templates: tuple[Path, Path]) -> Iterator[Address]:
    with address(binaries_of().bindir, templates[0]) as made:
        yield made


@pytest.fixture
def stranger(place: Address, templates: tuple[Path, Path]) -> Server:
    """A cluster with a database of the same name, and a ledger in it; the first one answers."""
    other = place.made(templates[1])
    place.start(other)
    place.sql(f"create database {DATABASE}", database="postgres")
    ledger(place)
    place.start()
    return other


def ledger(place: Address) -> None:
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        connection.execute(query("ledger_create").encode())


async def held(rig: Rig, code: HoldReason, evidence: EvidenceState | None = None) -> dict[str, object]:
    """The last hold in the journal, once its code is this one."""

    def found() -> dict[str, object] | None:
        holds = [e["data"] for e in rig.events(HELD) if e["data"].get("code")]
        return holds[-1] if holds and holds[-1]["code"] == code else None

    data: dict[str, object] = await rig.until(found, f"held for {code}")
    facts = data["facts"]
    assert isinstance(facts, dict)
    if evidence is not None:
        assert facts["evidence"] == evidence, facts
    assert rig.recorder.state.status == "held"
    return data


def value_of(standby: Server) -> object:
    """How many of the tables a standby has, which answers at an address of its own."""
    with psycopg.connect(standby.dsn(DATABASE)) as connection:
        row = connection.execute(TABLES.encode()).fetchone()
    return row and row[0]


async def begun_in_vain(rig: Rig, step: str) -> None:
    """The step is executed and nothing of it is done, because the run is held."""
    refused = rig.do(Execute(step=step))
    if refused is None:
        ended = await rig.ended(step)
        assert (ended["type"], ended["data"]["reason"]) == ("step.cancelled", CancelReason.OTHER_TARGET)
        assert ended["data"]["effect"] == "none"
    else:
        assert refused.code == "other-target"
    again = rig.do(Execute(step=step))
    assert isinstance(again, Refusal) and again.code == "other-target"


@awaited
async def test_another_cluster(place: Address, stranger: Server, tmp_path: Path) -> None:
    ledger(place)
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.start(stranger)
        await begun_in_vain(rig, "two")
        data = await held(rig, HoldReason.OTHER_SERVER)
        facts = data["facts"]
        assert isinstance(facts, dict)
        assert facts["expected"]["system_identifier"] != facts["found"]["system_identifier"]
        assert place.value(TABLES) == 0
        refused = rig.do(Accept(reason="it is", confirm="dev"))
        assert isinstance(refused, Refusal) and refused.code == "not-acceptable"
        # A rollback is not refused, and takes nothing back there.
        assert rig.do(Rollback(reason="no", confirm="dev")) is None
        await rig.until(lambda: rig.step("undo.one").status == "cancelled", "the undo is kept out")
        await held(rig, HoldReason.OTHER_SERVER)
        assert rig.recorder.state.rollback is not None and rig.recorder.state.rollback.status == "running"
        place.start()
        assert place.value(TABLES) == 1
        assert rig.do(Resume()) is None
        await rig.until(lambda: rig.recorder.state.status == "rolled_back", "the rollback goes on")
        assert place.value(TABLES) == 0
        await rig.stop()


@pytest.mark.parametrize("with_ledger", [False, True], ids=["xid", "ledger"])
@pytest.mark.unsaid(HoldReason.EVIDENCE_LOST, HoldReason.OTHER_SERVER, HoldReason.OTHER_DATABASE)
@awaited
async def test_a_promoted_standby_that_has_everything_is_accepted(
    place: Address, tmp_path: Path, with_ledger: bool
) -> None:
    if with_ledger:
        ledger(place)
    standby = place.standby()
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.promote(standby)
        await begun_in_vain(rig, "two")
        kept = EvidenceState.LEDGER_ROW if with_ledger else EvidenceState.XID_COMMITTED
        await held(rig, HoldReason.OTHER_TIMELINE, kept)
        assert place.value(TABLES) == 1
        # Holding on to it asks again, and finds the same.
        assert rig.do(Resume()) is None
        await begun_in_vain(rig, "two")
        assert isinstance(wrong := rig.do(Accept(reason="failover", confirm="prod")), Refusal)
        assert wrong.code == "confirm"
        assert isinstance(wrong := rig.do(Accept(reason=" ", confirm="dev")), Refusal) and wrong.code == "reason"
        assert rig.do(Accept(reason="failover to db2", confirm="dev")) is None
        resumed = rig.events("run.resumed")[-1]["data"]
        assert resumed["identity"]["timeline"] == 2 and resumed["reason"] == "failover to db2"
        assert (await rig.execute("two"))["type"] == "step.passed"
        assert place.value(TABLES) == 2
        # Another engine knows the new history as the run's.
        await rig.take_up()
        assert (await rig.execute("three"))["type"] == "step.passed"
        assert rig.do(Rollback(reason="back", confirm="dev")) is None
        await rig.until(lambda: rig.recorder.state.status == "rolled_back", "rolled back there")
        assert place.value(TABLES) == 0


@pytest.mark.parametrize(("with_ledger", "busy"), [(False, True), (True, False)], ids=["xid", "ledger"])
@pytest.mark.unsaid(HoldReason.OTHER_TIMELINE)
@awaited
async def test_a_promoted_standby_that_lost_a_passed_step(
    place: Address, tmp_path: Path, with_ledger: bool, busy: bool
) -> None:
    if with_ledger:
        ledger(place)
    standby = place.standby()
    standby.run("pg_ctl", "-D", standby.data, "-w", "-s", "-m", "fast", "stop")
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.stop()
        standby.start(primary_conninfo="''")
        place.promote(standby)
        if busy:
            # Others are given the ids that the run had, and the log becomes as long as it was.
            place.sql("create table others (t text)\n" + "insert into others values (repeat('x', 5000))\n" * 20)
        await begun_in_vain(rig, "two")
        await held(rig, HoldReason.EVIDENCE_LOST)
        assert isinstance(rig.do(Accept(reason="failover", confirm="dev")), Refusal)
        assert rig.do(Rollback(reason="no", confirm="dev")) is None
        await rig.until(lambda: rig.step("undo.one").status == "cancelled", "the undo is kept out")
        assert place.value(TABLES) == 0


@pytest.mark.parametrize(("with_ledger", "busy"), [(False, True), (True, False)], ids=["xid", "ledger"])
@pytest.mark.unsaid(HoldReason.OTHER_TIMELINE)
@awaited
async def test_a_copy_from_before_a_passed_step(place: Address, tmp_path: Path, with_ledger: bool, busy: bool) -> None:
    """The same system identifier, the same timeline, and nothing of the run in it."""
    if with_ledger:
        ledger(place)
    copied = place.copy()
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        await rig.stop()
        place.start(copied)
        if busy:
            place.sql("create table others (t text)\n" + "insert into others values (repeat('x', 5000))\n" * 20)
        await rig.take_up()
        await held(rig, HoldReason.EVIDENCE_LOST)
        await begun_in_vain(rig, "two")
        assert place.value(TABLES) == 0
        assert isinstance(rig.do(Accept(reason="restored", confirm="dev")), Refusal)
        place.start()
        assert rig.do(Resume()) is None
        assert (await rig.execute("two"))["type"] == "step.passed"
        assert place.value(TABLES) == 2


@pytest.mark.unsaid(HoldReason.OTHER_SERVER)
@awaited
async def test_the_database_made_anew_and_others_by_its_name(place: Address, tmp_path: Path) -> None:
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.sql(f"alter database {DATABASE} with allow_connections false", database="postgres")
        place.sql(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{DATABASE}'\n"
            f"alter database {DATABASE} rename to old\n"
            f"create database {DATABASE}",
            database="postgres",
        )
        await begun_in_vain(rig, "two")
        await held(rig, HoldReason.OTHER_DATABASE)
        assert place.value(TABLES) == 0
        place.sql(
            f"drop database {DATABASE} with (force)\n"
            f"alter database old rename to {DATABASE}\n"
            f"alter database {DATABASE} with allow_connections true",
            database="postgres",
        )
        assert rig.do(Resume()) is None
        assert (await rig.execute("two"))["type"] == "step.passed"


@pytest.mark.unsaid(HoldReason.LEDGER_EMPTIED, EvidenceState.LEDGER_ROW)
@awaited
async def test_a_ledger_that_was_emptied_is_told_from_a_copy(place: Address, tmp_path: Path) -> None:
    ledger(place)
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.sql("truncate virada.ledger\nselect pg_terminate_backend(pid) from pg_stat_activity"
                  " where application_name like 'virada%control'")  # fmt: skip
        await begun_in_vain(rig, "two")
        await held(rig, HoldReason.LEDGER_EMPTIED, EvidenceState.LEDGER_ROWS_MISSING)
        assert rig.do(Accept(reason="emptied by mistake", confirm="dev")) is None
        assert (await rig.execute("two"))["type"] == "step.passed"
        # After a restart nobody can tell that it was no copy.
        place.sql("truncate virada.ledger")
        place.start()
        await begun_in_vain(rig, "three")
        await held(rig, HoldReason.EVIDENCE_LOST, EvidenceState.LEDGER_ROWS_MISSING)


@pytest.mark.parametrize("with_ledger", [False, True], ids=["xid", "ledger"])
@pytest.mark.unsaid(WaitReason.OTHER_TARGET, CancelReason.OTHER_TARGET)
@awaited
async def test_a_fate_is_asked_of_the_target_alone(place: Address, tmp_path: Path, with_ledger: bool) -> None:
    """The engine died with the COMMIT sent: an old copy, where it is not applied, is not asked."""
    if with_ledger:
        ledger(place)
    copied = place.copy()
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        await rig.execute("two")
        await rig.stop()
        place.start(copied)
        await rig.take_up(cut=lambda e: e["type"] == "tx.commit_sent" and e["data"]["step"] == "two")
        await held(rig, HoldReason.EVIDENCE_LOST)
        await rig.until(lambda: rig.step("two").waiting == WaitReason.OTHER_TARGET, "it waits for its target")
        assert rig.step("two").status == "running" and not rig.events("step.fate")
        place.start()
        await rig.until(lambda: rig.step("two").status == "passed", "its fate is learnt")
        fate = rig.events("step.fate")[-1]["data"]
        assert fate["reason"] == (FateReason.LEDGER_ROW if with_ledger else FateReason.XID_COMMITTED)
        assert rig.recorder.state.status == "held", "a person lets it go on"


@pytest.mark.unsaid(FateReason.NO_LEDGER_ROW, FateReason.XID_NEVER_FLUSHED)
@awaited
async def test_a_ledger_without_rows_of_passed_steps_proves_nothing(place: Address, tmp_path: Path) -> None:
    """Applied, and its row removed with the others: nothing follows from its absence."""
    ledger(place)
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        await rig.execute("two")
        await rig.stop()
        place.sql("truncate virada.ledger")
        await rig.take_up(cut=lambda e: e["type"] == "tx.commit_sent" and e["data"]["step"] == "two")
        await held(rig, HoldReason.LEDGER_EMPTIED)
        assert not rig.events("step.fate")
        assert rig.do(Accept(reason="somebody emptied it", confirm="dev")) is None
        await rig.until(lambda: rig.step("two").status == "undecided", "undecided")
        fate = rig.events("step.fate")[-1]["data"]
        assert fate["fate"] == "undecided"


@pytest.mark.unsaid(FateReason.EVIDENCE_LOST)
@awaited
async def test_a_server_exchanged_between_two_steps_is_noticed_at_once(
    place: Address, stranger: Server, tmp_path: Path
) -> None:
    """Without anybody doing anything: the monitoring session meets it, and measures nothing there."""
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        await rig.until(lambda: rig.recorder.state.metrics.get("connections"), "something is measured")
        place.start(stranger)
        await held(rig, HoldReason.OTHER_SERVER)
        held_at = rig.events(HELD)[-1]["seq"]
        later = await rig.until(
            lambda: [e for e in rig.events("metrics.sampled") if e["seq"] > held_at], "this host is measured"
        )
        assert not [e for e in later if "connections" in e["data"]["values"]]


@pytest.mark.unsaid(HoldReason.OTHER_TIMELINE)
@awaited
async def test_a_standby_is_no_target_until_it_is_promoted(
    place: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "REFUSED_S", 0.3)
    standby = place.standby()
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.stop()
        standby.run("pg_ctl", "-D", standby.data, "-w", "-s", "-m", "fast", "stop")
        place.start(standby)
        ended = await rig.execute("two")
        assert (ended["type"], ended["data"]["reason"]) == ("step.failed", FailReason.CONNECTION)
        assert not rig.events(HELD)
        standby.run("pg_ctl", "-D", standby.data, "-w", "-s", "promote")
        assert rig.do(Retry(step="two")) is None
        await rig.ended("two", 2)
        await held(rig, HoldReason.OTHER_TIMELINE, EvidenceState.XID_COMMITTED)


@pytest.mark.unsaid(FateReason.EVIDENCE_LOST)
@awaited
async def test_who_gives_up_waiting_for_the_target_leaves_the_fate_undecided(
    place: Address, stranger: Server, tmp_path: Path
) -> None:
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        await rig.stop()
        place.start(stranger)
        await rig.take_up(cut=lambda e: e["type"] == "tx.commit_sent")
        await rig.until(lambda: rig.step("one").waiting == WaitReason.OTHER_TARGET, "it waits")
        assert rig.do(Cancel(step="one")) is None
        await rig.until(lambda: rig.step("one").status == "undecided", "given up")
        fate = rig.events("step.fate")[-1]["data"]
        assert fate["reason"] == FateReason.OTHER_SERVER


@pytest.mark.unsaid(HoldReason.EVIDENCE_LOST, HoldReason.LEDGER_EMPTIED, Fact.HELD)
@awaited
async def test_a_server_that_crashed_and_came_back_holds_nothing(place: Address, tmp_path: Path) -> None:
    async with Rig(tmp_path, place.dsn, STEPS) as rig:
        await rig.execute("one")
        place.first.crash()
        place.answers = None
        place.start()
        assert (await rig.execute("two"))["type"] == "step.passed"
        assert not rig.events(HELD)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.unsaid(EvidenceState.OTHER_HISTORY)
@awaited
async def test_work_of_which_no_transaction_is_known_is_missed_too(place: Address, tmp_path: Path, lost: bool) -> None:
    """A program's, here: the log of a standby that was promoted without it never came as far."""
    ledger(place)
    standby = place.standby()
    program = """
          - {id: two, title: Two, command: {run: [psql, -Xqc, "create table two (n int)"]}}
          - {id: three, title: Three, query: {sql: "select 1", equals: 1}}
"""
    steps = STEPS[: STEPS.index("          - id: two")] + program.lstrip("\n")
    async with Rig(tmp_path, place.dsn, steps, ledger=True) as rig:
        await rig.execute("one")
        if lost:
            await rig.until(lambda: value_of(standby) == 1, "the standby has the first step")
            standby.run("pg_ctl", "-D", standby.data, "-w", "-s", "-m", "fast", "stop")
        assert (await rig.execute("two"))["type"] == "step.passed"
        place.stop()
        if lost:
            standby.start(primary_conninfo="''")
        place.promote(standby)
        # The log becomes as long as it was.
        place.sql("create table others (t text)\n" + "insert into others values (repeat('x', 5000))\n" * 20)
        await begun_in_vain(rig, "three")
        if lost:
            await held(rig, HoldReason.EVIDENCE_LOST, EvidenceState.OTHER_HISTORY)
        else:
            await held(rig, HoldReason.OTHER_TIMELINE, EvidenceState.LEDGER_ROW)
            assert rig.do(Accept(reason="failover", confirm="dev")) is None
            assert (await rig.execute("three"))["type"] == "step.passed"
        assert place.value(TABLES) == (1 if lost else 2)
