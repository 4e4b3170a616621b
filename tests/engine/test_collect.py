"""What a query or a program tells is kept with its hash, bounded and without secrets."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
FEW = "select generate_series(1, 1000) as g"
MANY = "select g as n, repeat('ä', 100) as t from generate_series(1, 30000) g"


@pytest.mark.unsaid(Fact.LEFT_OUT_BYTES, FailReason.NOT_KEPT)
@awaited
async def test_what_is_told_is_kept(empty_database: Database, tmp_path: Path) -> None:
    steps = f"""
          - {{id: rows, title: Rows, collect: {{query: "{MANY}"}}}}
          - {{id: cut, title: Cut, collect: {{query: "{FEW}", limit: 10B, name: cut.csv}}}}
          - {{id: said, title: Said, collect: {{command: [sh, -c, 'echo "it is $SECRET_PASSWORD"'], name: said.txt}}}}
          - {{id: quiet, title: Quiet, collect: {{command: ["true"]}}}}
          - {{id: dump, title: Dump, backup: {{directory: "{tmp_path}/dumps"}}}}
          - {{id: hash, title: Hash, collect: {{checksums_of: dump, name: SHA256SUMS}}}}
"""
    async with Rig(tmp_path, empty_database, steps, SECRET_PASSWORD="not-for-others-81") as rig:
        told = {}
        for step in ("rows", "cut", "said", "quiet", "dump", "hash"):
            ended = await rig.execute(step)
            assert ended["type"] == "step.passed", ended["data"]
            told[step] = ended["data"]["evidence"]
        for step in ("rows", "cut", "said", "quiet"):
            data = (rig.paths.artifacts / told[step]["kept_as"]).read_bytes()
            assert (told[step]["bytes"], told[step]["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        lines = (rig.paths.artifacts / "rows.1.csv").read_text("utf-8").splitlines()
        assert len(lines) == 30001 and lines[0] == "n,t" and lines[-1] == "30000," + "ä" * 100
        assert "left_out_bytes" not in told["rows"]
        whole = len("g\n") + sum(len(f"{n}\n") for n in range(1, 1001))
        assert told["cut"]["bytes"] == 10 and told["cut"]["left_out_bytes"] == whole - 10
        assert "not-for-others-81" not in (rig.paths.artifacts / "said.txt").read_text()
        assert told["quiet"]["bytes"] == 0
        assert told["hash"]["sha256"] == told["dump"]["sha256"]
        assert told["dump"]["sha256"] in (rig.paths.artifacts / "SHA256SUMS").read_text()
        assert (rig.paths.artifacts / "SHA256SUMS").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("select * from nowhere", "nowhere"),
        ("delete from seen returning i", "read-only transaction"),
        ("select * from hidden", "row-level security"),
    ],
)
@awaited
async def test_a_question_that_is_not_answered_says_why(
    empty_database: Database, tmp_path: Path, query: str, why: str
) -> None:
    with empty_database.connect() as session:
        session.execute(
            b"create table seen (i int); create table hidden (i int);"
            b"insert into hidden values (1); alter table hidden enable row level security;"
            b"create sequence s; create policy p on hidden using (false); grant select on hidden to pg_monitor"
        )
    role = "as: pg_monitor, " if "hidden" in query else ""
    steps = f'          - {{id: a, title: A, {role}collect: {{query: "{query}"}}}}'
    async with Rig(tmp_path, empty_database, steps) as rig:
        ended = await rig.execute("a")
        assert ended["data"]["reason"] == FailReason.EXIT_STATUS, ended["data"]
        assert why in ended["data"]["evidence"]["tail"]
        assert not (rig.paths.artifacts / "a.1.csv").exists()
