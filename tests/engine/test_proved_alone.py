"""A kind of which nothing but its step's proof tells: what becomes of an attempt that nobody saw the end of."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import FailReason
from tui.plan.kinds import Kind
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Maintain, Passed
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres
STEP = "          - {id: one, title: One, poke: insert into public.poked values (1)%s}\n"
PROVE = ", prove: {query: select 1 from poked, not_empty: true}"


class PokeSpec(Struct, frozen=True, kw_only=True):
    sql: str


def _execute(context: Context, spec: PokeSpec) -> StepRun:
    """Without a witness, as what is asked of another system."""
    (error,) = yield Maintain(statements=(spec.sql,))
    if error is not None:
        return Failed(reason=FailReason.SQL_ERROR, effect="unknown", error=error)
    return Passed(effect="all")


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind(
        name="poke", spec=PokeSpec, execute=_execute, fence="proof", changes=True, window="always",
        repeat="after_proof", short="sql",
    )  # fmt: skip
    monkeypatch.setitem(KINDS, kind.name, kind)


@awaited
@pytest.mark.parametrize(
    ("more", "there", "type_", "reason"),
    [
        (PROVE, True, "step.passed", "proved"),
        (PROVE, False, "step.cancelled", "disproved"),
        (PROVE + ", repeat: never", False, "step.fate", "not_repeatable"),
        ("", True, "step.fate", "no_proof"),
        (", repeat: always", True, "step.cancelled", "repeatable"),
    ],
)
async def test_its_fate_is_told_by_its_proof_alone(
    empty_database: Database, tmp_path: Path, more: str, there: bool, type_: str, reason: str
) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table poked (id int)")
    async with Rig(tmp_path, empty_database, STEP % more) as rig:
        assert (await rig.execute("one"))["type"] == "step.passed"
        if not there:
            with empty_database.connect() as connection:
                connection.execute("truncate poked")
        await rig.take_up(cut=lambda event: event["type"] == "step.started")
        ended = await rig.ended("one")
        assert ended["type"] == type_
        assert reason in (ended["data"].get("reason"), ended["data"].get("evidence", {}).get("reason"))
        if type_ == "step.cancelled":
            # What else it did nobody knows.
            assert ended["data"]["effect"] == "unknown"
        assert empty_database.value("select count(*) from poked") == int(there)
