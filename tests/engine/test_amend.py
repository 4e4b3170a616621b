"""A changed plan into an open run, on a real database: what runs goes on, what comes is the new one, whoever dies."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import HEAD, Rig
from tests.postgres_server import Database
from tests.unit.run.runs import listed, sql
from tui.engine.amending import of_plans_before
from tui.engine.redaction.published import published_amendment
from tui.engine.redaction.redactor import Redactor
from tui.helm.protocol import Accepted, Refused
from tui.journal.events import FileChange, PartChange, RunAmended, StepChange
from tui.plan.freeze import freeze, verify_seal
from tui.plan.loader import load
from tui.plan.replaced import discard, kept, laying, place_of_next, seal_in
from tui.plan.seal import seal_of_digests
from tui.plan.secrets import Secrets
from tui.run import commands as c
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.runs.person import Person
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres
ANA = Person("ana", "test", "ana")
PLAN = """
          - {id: made, title: Make it, sql: {file: made.sql}, undo: {sql: "drop table t"}}
          - {id: slow, title: Take long, sql: {file: slow.sql}, prove: {query: "select 1", equals: 1}}
          - {id: typo, title: Fill it, sql: {file: typo.sql}, undo: {sql: "delete from t"}}
"""
FILES = {
    "made.sql": "create table t (n int);\n", "slow.sql": "select pg_advisory_xact_lock(77);\n",
    "typo.sql": "insert into tt values (1);\n",
}  # fmt: skip
MENDED = {"typo.sql": "insert into t values (1), (2);\n"}


class Changed:
    """The plan as somebody has changed it, laid beside the run's as the command does."""

    def __init__(self, rig: Rig, plan: str = PLAN, files: Mapping[str, str] = MENDED) -> None:
        self.rig = rig
        source = rig.home / "changed"
        source.mkdir(exist_ok=True)
        for name, text in (FILES | dict(files)).items():
            (source / name).write_text(text)
        (source / "plan.yaml").write_text(HEAD + plan)
        self.loaded = load(source / "plan.yaml", KINDS)
        assert self.loaded.plan is not None, self.loaded.errors
        self.seal = seal_of_digests(self.loaded.digests)
        place = place_of_next(rig.paths.plan, self.seal)
        if not place.exists():
            freeze(self.loaded, source / "plan.yaml", place)

    async def asked(self, **more: Any) -> Accepted | Refused:
        opened = self.rig.recorder.state.opened
        assert opened is not None
        given = {"base": opened.seal, "seal": self.seal, "reason": "a typo at 23:10"} | more
        return await self.rig.engine.helm.command(ANA, "test", c.Amend(**given), None)


def holds(rig: Rig) -> None:
    """The directory is the plan that the journal says is in force, and those before it are kept."""
    state = rig.recorder.state
    assert state.opened is not None
    assert verify_seal(rig.paths.plan, state.opened.seal) == []
    for known in state.amendments:
        assert verify_seal(rig.paths.directory / f"plan.{known.number}", known.before_seal) == []
    assert not list(rig.paths.directory.glob(".plan.*"))


@awaited
async def test_the_typo_is_mended_inside_the_run(tmp_path: Path, database: Database) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        await rig.execute("made")
        rig.do(c.Execute(step="slow"))
        await rig.ended("slow")
        failed = await rig.execute("typo")
        assert failed["data"]["sqlstate"] == "42P01"
        answer = await Changed(rig).asked()
        assert isinstance(answer, Accepted), answer
        holds(rig)
        (line,) = rig.events("run.amended")
        assert line["by"] == ANA.label and line["data"]["reason"] == "a typo at 23:10"
        (change,) = line["data"]["steps"]
        assert (change["step"], change["how"], change["files"]) == ("typo", "changed", ["typo.sql"])
        (file,) = line["data"]["files"]
        assert "-insert into tt values (1);\n+insert into t values (1), (2);" in file["difference"]
        assert line["data"]["plan"]["phases"], "self-contained"
        rig.do(c.Retry(step="typo"))
        passed = await rig.ended("typo", 2)
        assert passed["type"] == "step.passed"
        assert database.value("select count(*) from t") == 2


@awaited
async def test_what_runs_meanwhile_reads_its_files_all_the_same(tmp_path: Path, database: Database) -> None:
    blocker = database.connect()
    try:
        blocker.execute("select pg_advisory_lock(77)")
        async with Rig(tmp_path, database, PLAN, FILES) as rig:
            await rig.execute("made")
            rig.do(c.Execute(step="slow"))
            await rig.until(lambda: rig.step("slow").status == "running", "it runs")
            answer = await Changed(rig).asked()
            assert isinstance(answer, Accepted), answer
            assert rig.step("slow").status == "running" and rig.step("slow").attempt == 1
            blocker.execute("select pg_advisory_unlock(77)")
            passed = await rig.ended("slow")
            assert passed["type"] == "step.passed", passed
            assert (await rig.execute("typo"))["type"] == "step.passed"
            holds(rig)
    finally:
        blocker.close()


@awaited
async def test_a_step_that_begins_while_the_plan_is_read_is_not_changed_under_it(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        await rig.execute("made")
        await rig.execute("slow")
        changed = Changed(rig)
        read = rig.engine.helm._amending.proposed

        async def slowly(command: c.Amend) -> Any:
            found = await read(command)
            # Whoever drives begins it just now.
            assert rig.do(c.Execute(step="typo")) is None
            return found

        monkeypatch.setattr(rig.engine.helm._amending, "proposed", slowly)
        answer = await changed.asked()
        assert isinstance(answer, Refused) and answer.code == "amend-file", answer
        await rig.ended("typo")
        assert rig.events("run.amended") == []
        assert rig.recorder.state.opened is not None
        assert verify_seal(rig.paths.plan, rig.recorder.state.opened.seal) == []


@awaited
async def test_two_at_once_are_one_and_a_refusal(tmp_path: Path, database: Database) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        one = Changed(rig)
        other = Changed(rig, files={"typo.sql": "insert into t values (7);\n"})
        answers = await asyncio.gather(one.asked(), other.asked())
        assert sorted(type(answer).__name__ for answer in answers) == ["Accepted", "Refused"], answers
        refused = next(answer for answer in answers if isinstance(answer, Refused))
        assert refused.code in ("amend-base", "amend-gone") and len(rig.events("run.amended")) == 1
        holds(rig)


@awaited
async def test_two_who_ask_for_the_same_plan_leave_it_in_force(tmp_path: Path, database: Database) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        opened = rig.recorder.state.opened
        assert opened is not None
        changed = Changed(rig)
        discard(place_of_next(rig.paths.plan, changed.seal))
        source = rig.home / "changed" / "plan.yaml"
        read = rig.engine.helm._amending.proposed
        withdrawn = asyncio.Event()

        async def slowly(command: c.Amend) -> Any:
            found = await read(command)
            # The other one goes away at the worst moment: behind what is read, before what is decided.
            withdrawn.set()
            await asyncio.sleep(0)
            return found

        rig.engine.helm._amending.proposed = slowly  # type: ignore[method-assign]

        async def another() -> None:
            with laying(rig.paths.plan, changed.seal) as place:
                freeze(changed.loaded, source, place)
                await withdrawn.wait()

        async def asks() -> Accepted | Refused:
            with laying(rig.paths.plan, changed.seal) as place:
                freeze(changed.loaded, source, place)
                return await changed.asked(base=opened.seal)

        answers = await asyncio.gather(asks(), asks(), another())
        assert sorted(type(answer).__name__ for answer in answers[:2]) == ["Accepted", "Refused"], answers
        holds(rig)
        assert seal_in(rig.paths.plan) == changed.seal


@pytest.mark.parametrize("cut", ["before", "behind"])
@awaited
async def test_an_engine_killed_around_the_line_ends_in_the_old_plan_or_in_the_new_one(
    tmp_path: Path, database: Database, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        await rig.execute("made")
        first = rig.recorder.state.opened
        assert first is not None
        changed = Changed(rig)
        # Killed before it could exchange the directories.
        monkeypatch.setattr(rig.engine.helm._amending, "put_in_force", lambda: None)
        assert isinstance(await changed.asked(), Accepted)
        if cut == "before":
            await rig.take_up(cut=lambda event: event["type"] == "step.passed")
            assert rig.recorder.state.amended == 0 and rig.recorder.state.opened is not None
            assert rig.recorder.state.opened.seal == first.seal
            assert verify_seal(rig.paths.plan, first.seal) == []
            again = await Changed(rig).asked()
            assert isinstance(again, Accepted), again
        else:
            await rig.take_up()
            assert rig.recorder.state.amended == 1
        holds(rig)
        assert rig.recorder.state.opened is not None and rig.recorder.state.opened.seal == changed.seal
        await rig.execute("slow")
        assert (await rig.execute("typo"))["type"] == "step.passed"
        await rig.take_up()
        holds(rig)
        assert rig.step("typo").amended == 1


@awaited
async def test_a_secret_of_the_changed_plan_is_written_nowhere(tmp_path: Path, database: Database) -> None:
    secret = "Tr0ub4dor-and-3"
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        await rig.execute("made")
        threads = set()
        know = rig.recorder.know

        def noted(secrets: tuple[str, ...]) -> None:
            threads.add(threading.get_ident())
            know(secrets)

        rig.recorder.know = noted  # type: ignore[method-assign]
        role = f"create role amended_{rig.paths.id[-4:]} login password '{secret}';\n"
        answer = await Changed(rig, files={"typo.sql": role + "rollback_is_no_word;\n"}).asked(reason=f"not {secret}")
        assert isinstance(answer, Accepted), answer
        text = rig.paths.journal.read_text()
        assert secret not in text
        assert threads == {threading.get_ident()}, "whatever else is written meanwhile finds them whole"
        (line,) = rig.events("run.amended")
        assert line["data"]["private"] == ["typo.sql"] and line["data"]["files"][0]["private"]
        assert (rig.paths.plan / "typo.sql").stat().st_mode & 0o077 == 0
        # Another engine knows it too.
        await rig.take_up()
        assert secret in rig.recorder.planned.values


def test_a_known_secret_is_in_no_title_and_no_name() -> None:
    secret = "Tr0ub4dor-and-3"
    steps = tuple(StepChange(step="b", how=how, title=f"Set it to {secret}") for how in ("changed", "moved", "removed"))
    plan = listed(msgspec.structs.replace(sql("b"), title=f"Set it to {secret}"))
    event = RunAmended(
        plan=plan,
        seal="1" * 64,
        work="2" * 64,
        reason="x",
        steps=steps,
        files=(FileChange(name=f"{secret}.sql"),),
        parts=(PartChange(part="team", difference=f"+contact: {secret}"),),
    )
    told = msgspec.json.encode(published_amendment(event, Redactor([secret]), Secrets(values=(secret,)))).decode()
    assert secret not in told and told.count("Set it to ") == 4


def test_what_the_first_of_many_plans_held_stays_hidden(tmp_path: Path) -> None:
    """The state keeps the last amendments alone."""
    source, paths = tmp_path / "source", RunPaths(tmp_path / "20261122T060000Z-7f3a")
    source.mkdir()
    paths.directory.mkdir()
    for name, text in (FILES | {"made.sql": "create role amended login password 'Tr0ub4dor-and-3';\n"}).items():
        (source / name).write_text(text)
    (source / "plan.yaml").write_text(HEAD + PLAN)
    freeze(load(source / "plan.yaml", KINDS), source / "plan.yaml", kept(paths.plan, 1))
    found = of_plans_before(paths, RunState(amended=60), Secrets())
    assert "Tr0ub4dor-and-3" in found.values


@awaited
async def test_a_plan_with_a_variable_that_the_engine_lacks_is_refused(tmp_path: Path, database: Database) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        wants = (
            PLAN
            + """
          - {id: told, title: Tell, http: {url: "http://127.0.0.1:9/${NO_SUCH_THING}"}}
"""
        )
        answer = await Changed(rig, wants).asked()
        assert isinstance(answer, Refused) and answer.code == "amend-plan", answer
        assert "NO_SUCH_THING" in json.dumps(answer.facts)
        assert rig.events("run.amended") == []


@awaited
async def test_steps_that_come_go_and_move_are_carried_out_as_they_are_now(tmp_path: Path, database: Database) -> None:
    async with Rig(tmp_path, database, PLAN, FILES) as rig:
        await rig.execute("made")
        other = """
          - {id: made, title: Make it, sql: {file: made.sql}, undo: {sql: "drop table t"}}
          - {id: typo, title: Fill it, sql: {file: typo.sql}, undo: {sql: "delete from t"}}
          - {id: count, title: Count, query: {sql: "select count(*) from t", equals: 2}}
"""
        answer = await Changed(rig, other).asked()
        assert isinstance(answer, Accepted), answer
        how = {change["step"]: change["how"] for change in rig.events("run.amended")[0]["data"]["steps"]}
        assert how == {"typo": "changed", "count": "added", "slow": "removed"}
        assert (await rig.execute("typo"))["type"] == "step.passed"
        assert (await rig.execute("count"))["type"] == "step.passed"
        assert rig.recorder.state.status == "completed"


@awaited
async def test_what_a_restore_takes_away_is_asked_again_of_the_amended_one(tmp_path: Path, database: Database) -> None:
    """Its answer went with the step as it was; that it is still being asked was said of it for ever."""
    plan = f"""
          - {{id: dump, title: Dump, backup: {{directory: "{tmp_path / "dumps"}", format: directory}}}}
          - {{id: close, title: Close, quiesce: {{grace: 0s}}}}
          - {{id: restore, title: Restore, restore: {{of: dump}}}}
          - {{id: open, title: Open, release: close}}
"""
    async with Rig(tmp_path, database, plan, FILES) as rig:
        for step in ("dump", "close"):
            assert (await rig.execute(step))["type"] == "step.passed"
        await rig.until(lambda: rig.step("restore").foretold, "it is asked what is lost")
        changed = Changed(rig, plan.replace("restore: {of: dump}", "timeout: 30m, restore: {of: dump}"))
        assert isinstance(await changed.asked(), Accepted) and rig.step("restore").amended == 1
        await rig.until(lambda: rig.step("restore").foretold, "it is asked once more")
        assert len(rig.events("step.foretold")) == 2
