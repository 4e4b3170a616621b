"""A dump in which something was changed after it was written: found by its hash, files and tables named."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
PLAN = """
          - {{id: dump, title: Dump, backup: {{directory: "{directory}", format: {format}, compress: 0}}}}
          - {{id: verify, title: Verify, verify_backup: {{of: dump}}}}
"""
TABLES = """
create table good as select g as id, md5(g::text) as text from generate_series(1, 500) g;
create table bad as select g as id, md5(g::text) as text from generate_series(1, 500) g;
select lo_from_bytea(0, 'large');
"""


def flipped(path: Path) -> None:
    """One bit in the middle of it."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def data_of(dump: Path, table: str, bindir: Path) -> Path:
    """The file of a table's rows."""
    listed = subprocess.run([bindir / "pg_restore", "--list", dump], capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in listed.splitlines() if f" TABLE DATA public {table} " in line]
    return dump / f"{line.partition(';')[0]}.dat"


def checked(directory: Path, sums: Path) -> int:
    """What sha256sum says of it."""
    done = subprocess.run(["sha256sum", "--check", "--quiet", sums], cwd=directory, capture_output=True, check=False)
    return done.returncode


async def after(
    path: Path, database: Database, harm: Callable[[Path, Path], object] | None, format: str = "directory"
) -> dict[str, Any]:
    """The verification's outcome, when `harm` has befallen the dump; it is told where the programs are."""
    with database.connect() as session:
        session.execute(TABLES.encode())
    directory = path / "dumps"
    async with Rig(path, database, PLAN.format(directory=directory, format=format)) as rig:
        dumped = await rig.execute("dump")
        assert dumped["type"] == "step.passed", dumped
        dump = Path(dumped["data"]["evidence"]["path"])
        assert "checksums_error" not in dumped["data"]["evidence"]
        artifact = rig.paths.artifacts / dumped["data"]["evidence"]["checksums"]
        beside = dump.with_name(dump.name + ".SHA256SUMS")
        assert beside.read_text() == artifact.read_text()
        assert (beside.stat().st_mode & 0o777, artifact.stat().st_mode & 0o777) == (0o600, 0o640)
        assert checked(directory, beside) == 0
        if harm is not None:
            harm(dump, database.server.binaries.bindir)
            assert checked(directory, beside) == 1, "sha256sum finds what we find"
        event = await rig.execute("verify")
    assert (event["type"] == "step.passed") is (harm is None)
    found: dict[str, Any] = event["data"]
    return found


@pytest.mark.unsaid(
    FailReason.HASH_DIFFERS, Fact.DAMAGED, Fact.DAMAGED_ALL, Fact.DAMAGED_COUNT, Fact.DAMAGED_TABLES,
    Fact.DAMAGED_TABLES_COUNT, Fact.DAMAGED_LARGE_OBJECTS, Fact.ADDED, Fact.CHECKSUMS,
    Fact.CHECKSUMS_ERROR,
)  # fmt: skip
@awaited
async def test_nothing_is_said_of_a_dump_that_is_as_it_was_written(empty_database: Database, tmp_path: Path) -> None:
    told = (await after(tmp_path, empty_database, None))["evidence"]
    assert not [name for name in told if name.startswith("damaged") or name in ("added", "recorded")]


@pytest.mark.parametrize("harm", [flipped, emptied, os.unlink], ids=["one bit", "empty", "gone"])
@awaited
async def test_the_file_and_its_table_are_named(
    empty_database: Database, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    """A flipped bit in what is not compressed, and a file of 0 bytes, restore with exit 0 (measured)."""
    told = await after(tmp_path, empty_database, lambda dump, bindir: harm(data_of(dump, "bad", bindir)))
    evidence = told["evidence"]
    assert told["reason"] == FailReason.HASH_DIFFERS and evidence["damaged_tables"] == ["public.bad"]
    assert evidence["damaged_count"] == evidence["damaged_tables_count"] == len(evidence["damaged"]) == 1
    assert "damaged_all" not in evidence and "damaged_large_objects" not in evidence


@awaited
async def test_large_objects_and_what_was_added_are_told(empty_database: Database, tmp_path: Path) -> None:
    def harm(dump: Path, bindir: Path) -> None:
        flipped(next(dump.glob("blob_*.dat")))
        (dump / "other").write_bytes(b"of somebody else")

    evidence = (await after(tmp_path, empty_database, harm))["evidence"]
    assert evidence["damaged_large_objects"] is True and evidence["damaged_tables"] == []
    assert evidence["added"] == ["other"] and evidence["damaged_count"] == 1


@pytest.mark.parametrize(("format", "name"), [("directory", "toc.dat"), ("custom", "")])
@awaited
async def test_where_nobody_can_tell_any_table_may_be_damaged(
    empty_database: Database, tmp_path: Path, format: str, name: str
) -> None:
    evidence = (await after(tmp_path, empty_database, lambda dump, _: flipped(dump / name if name else dump), format))[
        "evidence"
    ]
    assert evidence["damaged_all"] is True and evidence["damaged_tables"] == []
