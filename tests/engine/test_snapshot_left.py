"""The moment that a backup shares is given up whatever comes between: it would keep what others delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres
STEP = '          - {id: save, title: Save, backup: {directory: "${BACKUPS}"}}'


@awaited
async def test_no_session_stays_in_its_transaction(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Session.execute
    raised: list[int] = []
    moments: set[Session] = set()

    async def execute(self: Session, statement: str, *arguments: Any, **options: Any) -> Any:
        if statement == "begin isolation level repeatable read read only":
            moments.add(self)
        if statement == "rollback" and self in moments and not raised:
            raised.append(self.backend.pid)
            raise KeyError("unforeseen")
        return await original(self, statement, *arguments, **options)

    monkeypatch.setattr(Session, "execute", execute)
    (tmp_path / "backups").mkdir()
    async with Rig(tmp_path / "rig", empty_database, STEP, BACKUPS=str(tmp_path / "backups")) as rig:
        assert (await rig.execute("save"))["type"] == "step.passed"
        left = f"select count(*) from pg_stat_activity where pid = {raised[0]}"
        await rig.until(lambda: empty_database.value(left) == 0, "its session is gone")
