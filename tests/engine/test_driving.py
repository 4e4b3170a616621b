"""A run that goes on by itself, and a person who comes: what runs goes on to its end, and nothing begins behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.helm.protocol import Accepted, Coming, Refused, Welcome
from tui.journal.codes import DriveReason
from tui.journal.events import Policy
from tui.run import commands as c
from tui.run.foresight import Foreseen, announced, foresee
from tui.runs.person import Person

HEADLESS = Policy(drive="headless", on_failure="rollback")
RUN_TO = Policy(drive="run_to", until="third")
ANA, RUI = Person("ana", "jump1", "dba"), Person("rui", "jump1", "dba")
STEPS = """
          - {id: first, title: First, sql: {text: "select pg_sleep(0.15)"}}
          - {id: agreed, title: Agreed, sign: {text: "All is well."}}
          - {id: second, title: Second, sql: {text: "create table second ()"}}
          - {id: third, title: Third, sql: {text: "create table third ()"}}
"""


def drives(rig: Rig) -> list[tuple[str, str, str]]:
    """Who took over, and why, as journaled."""
    return [
        (e["by"], e["data"]["reason"], e["data"]["policy"].get("drive", "by_hand")) for e in rig.events("run.driven")
    ]


async def come(rig: Rig, who: Person, coming: Coming, take: str | None = None) -> str:
    """A client of theirs, by its id."""
    client = f"client{len(rig.engine.helm._clients)}"
    answer = await rig.engine.helm.connected(who, client, take, coming)
    assert isinstance(answer, Welcome)
    return client


async def accepted(rig: Rig, client: str, command: c.AnyCommand) -> None:
    """Of Ana's."""
    assert isinstance(await rig.engine.helm.command(ANA, client, command, None), Accepted)


@pytest.mark.parametrize("policy", [HEADLESS, RUN_TO], ids=["headless", "run-to"])
def test_who_joins_drives_from_there_on(tmp_path: Path, database: Database, policy: Policy) -> None:
    async def run() -> None:
        async with Rig(tmp_path, database, STEPS, policy=policy) as rig:
            await rig.until(lambda: rig.step("first").status == "running", "it goes on by itself")
            await come(rig, ANA, "join")
            assert drives(rig) == [("ana@jump1", DriveReason.JOINED, "by_hand")]
            await rig.ended("first")
            assert rig.step("first").status == "passed"
            await accepted(rig, "client1", c.Sign(step="agreed", note="yes"))
            await asyncio.sleep(0)
            assert rig.step("second").status == "pending"
            assert (await rig.execute("second"))["type"] == "step.passed"
            assert rig.step("third").status == "pending"

    asyncio.run(run())


def test_a_signature_of_a_client_that_only_commands_ends_it_too(tmp_path: Path, database: Database) -> None:
    async def run() -> None:
        async with Rig(tmp_path, database, STEPS, policy=HEADLESS) as rig:
            await rig.ended("first")
            client = await come(rig, ANA, "command")
            for silent in (c.Note(text="hm"), c.Feedback(text="slow"), c.Handover(note="later")):
                await accepted(rig, client, silent)
            assert rig.recorder.state.policy == HEADLESS and not drives(rig)
            await accepted(rig, client, c.Sign(step="agreed", note="yes"))
            assert drives(rig) == [("ana@jump1", DriveReason.COMMANDED, "by_hand")]
            await rig.measured()
            assert rig.step("second").status == "pending"

    asyncio.run(run())


@pytest.mark.unsaid(DriveReason.JOINED, DriveReason.COMMANDED, DriveReason.TAKEN)
def test_one_that_keeps_it_is_told_beforehand_what_runs_then(tmp_path: Path, database: Database) -> None:
    async def run() -> None:
        async with Rig(tmp_path, database, STEPS, policy=HEADLESS) as rig:
            await rig.ended("first")
            client = await come(rig, ANA, "keep", take="on the phone")
            assert not foresee(rig.recorder.state, 0.0).due
            signing = c.Sign(step="agreed", note="yes")
            told = announced(rig.recorder.state, signing, "ana@jump1", 0.0, keep_driving=True)
            assert isinstance(told, Foreseen) and [due.step for due in told.due] == ["second", "third"]
            before = len(rig.events())
            await accepted(rig, client, signing)
            await rig.until(lambda: rig.recorder.state.closed, "it goes on to its end")
            begun = [e["data"]["step"] for e in rig.events()[before:] if e["type"] == "step.started"]
            assert begun == ["second", "third"] and told.closes == "completed" and not drives(rig)

    asyncio.run(run())


def test_taking_the_helm_ends_it_and_watching_beside_it_does_not(tmp_path: Path, database: Database) -> None:
    async def run() -> None:
        async with Rig(tmp_path, database, STEPS, policy=HEADLESS) as rig:
            await rig.ended("first")
            await come(rig, ANA, "command")
            # Who comes while somebody else has the helm commands nothing, and ends nothing.
            client = await come(rig, RUI, "join")
            refused = await rig.engine.helm.command(RUI, client, c.Hold(), None)
            assert isinstance(refused, Refused) and refused.code == "helm" and not drives(rig)
            taken = await rig.engine.helm.command(RUI, client, c.Note(text="mine"), "ana sleeps")
            assert isinstance(taken, Accepted)
            assert drives(rig) == [("rui@jump1", DriveReason.TAKEN, "by_hand")]

    asyncio.run(run())


def test_an_engine_that_is_started_for_a_person_begins_nothing_by_itself(tmp_path: Path, database: Database) -> None:
    plan = STEPS.replace('{id: agreed, title: Agreed, sign: {text: "All is well."}}',
                         '{id: agreed, title: Agreed, sql: {text: "select pg_sleep(60)"}}')  # fmt: skip

    async def run() -> None:
        async with Rig(tmp_path, database, plan, policy=HEADLESS) as rig:
            await rig.until(lambda: rig.step("agreed").status == "running", "it runs")
            await rig.take_up(policy="by_hand")
            await come(rig, ANA, "join")
            await rig.ended("agreed")
            assert rig.step("agreed").interrupted
            await rig.measured()
            assert rig.step("agreed").attempt == 1 and not drives(rig)
            (taken_up,) = rig.events("run.recovered")
            policy = taken_up["data"]["policy"]
            assert (policy["drive"], policy["on_failure"]) == ("by_hand", "rollback")

    asyncio.run(run())


def test_a_rollback_by_a_persons_word_waits_for_them_at_its_end(tmp_path: Path, database: Database) -> None:
    plan = """
          - {id: one, title: One, sql: {text: "create table one ()"}, undo: {sql: {text: "drop table one"}}}
          - {id: agreed, title: Agreed, sign: {text: "All is well."}}
"""

    async def run() -> None:
        async with Rig(tmp_path, database, plan, policy=HEADLESS) as rig:
            await rig.ended("one")
            client = await come(rig, ANA, "command")
            target = rig.recorder.state.opened.target  # type: ignore[union-attr]
            asked = c.Rollback(reason="wrong", confirm=target)
            await accepted(rig, client, asked)
            await rig.until(lambda: rig.recorder.state.status == "rolled_back", "it is rolled back")
            await rig.measured()
            assert rig.recorder.state.closed is None

    asyncio.run(run())
