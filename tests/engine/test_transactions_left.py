"""A transaction of ours is given up whatever comes between: it would keep what others delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres
OURS = {
    "backup": ('backup: {directory: "${BACKUPS}"}', "begin isolation level repeatable read read only"),
    "query": ('query: {sql: "select 1", equals: 1}', "begin read only"),
    "sql": ('sql: {text: "select 1 / 0"}', "begin"),
}


@pytest.mark.parametrize("kind", OURS)
@awaited
async def test_no_session_stays_in_its_transaction(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Nor when an exception that nobody foresaw comes out of its end."""
    original, (step, begin) = Session.execute, OURS[kind]
    raised: list[int] = []
    begun: set[Session] = set()

    async def execute(self: Session, statement: str, *arguments: Any, **options: Any) -> Any:
        if statement == begin:
            begun.add(self)
        if statement == "rollback" and self in begun and not raised:
            raised.append(self.backend.pid)
            raise KeyError("unforeseen")
        return await original(self, statement, *arguments, **options)

    monkeypatch.setattr(Session, "execute", execute)
    (tmp_path / "backups").mkdir()
    steps = f"          - {{id: a, title: A, {step}}}"
    async with Rig(tmp_path / "rig", empty_database, steps, BACKUPS=str(tmp_path / "backups")) as rig:
        await rig.execute("a")
        left = f"select count(*) from pg_stat_activity where pid = {raised[0]} and state like 'idle in transaction%'"
        await rig.until(lambda: empty_database.value(left) == 0, "its transaction is over")
