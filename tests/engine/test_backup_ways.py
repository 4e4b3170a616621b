"""Every way in which a backup is written is one in which it is read, and nobody else reads it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres_server
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database, create_database, drop_database
from tui.demo.server import Server
from tui.engine.programs.client_tools import compresses
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
ROWS = (
    "create table t as select g as id, md5(g::text) as text from generate_series(1, 2000) g;create table empty (i int)"
)
PLAN = """
          - {{id: dump, title: Dump, backup: {{directory: "{directory}", {backup}}}}}
          - {{id: verify, title: Verify, verify_backup: {{of: dump, level: restore, database: {scratch}, {verify}}}}}
"""
SCRATCH = f"way_{os.getpid()}"
zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd")
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")


async def both(path: Path, database: Database, backup: str, verify: str = "jobs: 2") -> tuple[Event, Event]:
    """The outcomes of backup and verification."""
    with database.connect() as session:
        session.execute(ROWS.encode())
    steps = PLAN.format(directory=path / "dumps", backup=backup, verify=verify, scratch=SCRATCH)
    async with Rig(path, database, steps) as rig:
        dumped = await rig.execute("dump")
        return dumped, await rig.execute("verify") if dumped["type"] == "step.passed" else dumped


def passed(events: tuple[Event, Event]) -> dict[str, Any]:
    """What the backup says of itself; the trial restore has brought back all of it."""
    for event in events:
        assert event["type"] == "step.passed", str(event["data"])
    assert events[1]["data"]["evidence"]["rows"] >= 2000
    found: dict[str, Any] = events[0]["data"]["evidence"]
    return found


def unpacked(path: str) -> bytes:
    return subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout


def closed(directory: Path) -> None:
    """Nobody else reads anything of it, whatever the umask."""
    found = [path for path in directory.rglob("*") if path.parent == directory]
    assert found and [oct(path.stat().st_mode & 0o077) for path in found] == [oct(0)] * len(found)


@pytest.fixture
def each_empty(each_server: Server) -> Iterator[Database]:
    database = create_database(each_server)
    yield database
    drop_database(database)


@pytest.fixture
def open_umask() -> Any:
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.mark.unsaid(Fact.COMPRESS, Fact.JOBS)
@awaited
async def test_time_is_preferred(each_empty: Database, tmp_path: Path, open_umask: None) -> None:
    (tmp_path / "dumps").mkdir(mode=0o755)
    told = passed(await both(tmp_path, each_empty, "prefer: time, jobs: 2"))
    pg_dump = each_empty.server.binaries.bindir / "pg_dump"
    built = compresses(str(pg_dump), "zstd:1")
    assert (told["format"], told["compress"], told["jobs"]) == ("directory", "zstd:1" if built else "1", 2)
    assert list(Path(told["path"]).glob("*.dat.zst" if built else "*.dat.gz"))
    closed(tmp_path / "dumps")


@zstd
@pytest.mark.unsaid(Fact.PACKED, Fact.PLAIN_BYTES, Fact.PLAIN_SHA256)
@awaited
async def test_size_is_preferred(empty_database: Database, tmp_path: Path, open_umask: None) -> None:
    told = passed(await both(tmp_path, empty_database, "prefer: size"))
    built = compresses(str(empty_database.server.binaries.bindir / "pg_dump"), "zstd:1")
    assert ("packed" in told) is ("plain_sha256" in told) is not built
    if not built:
        plain = unpacked(told["path"])
        assert (len(plain), told["packed"]) == (told["plain_bytes"], "zstd") and told["bytes"] < told["plain_bytes"]
        assert hashlib.sha256(plain).hexdigest() == told["plain_sha256"]
    closed(tmp_path / "dumps")


def test_what_was_built_with_zstd_is_asked_of_the_program() -> None:
    """A version does not tell it: of two that are new enough one has none (measured)."""
    for major in postgres_server.MAJORS:
        program = postgres_server.binaries_of(major).bindir / "pg_dump"
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        has = major >= 16 and re.search(r"libzstd", listed) is not None
        assert compresses(str(program), "zstd:1") is has, (major, listed)
        assert compresses(str(program), "1")


LOCK = "openssl, enc, {mode}, -aes-256-ctr, -pbkdf2, -kfile, '{key}'"


@openssl
@pytest.mark.unsaid(Fact.ENCRYPTED, Fact.GLOBALS, FailReason.ENCRYPTED)
@awaited
async def test_what_is_encrypted_is_read_with_its_key_alone(
    database: Database, tmp_path: Path, open_umask: None
) -> None:
    key = tmp_path / "key"
    key.write_text("a key that nobody guesses")
    lock = "[" + LOCK.format(mode="-e", key=key) + "]"
    unlock = "decrypt: [" + LOCK.format(mode="-d", key=key) + "]"
    told = passed(await both(tmp_path / "1", database, f"globals: true, encrypt: {lock}", unlock))
    assert told["encrypted"] is True and told["plain_bytes"] > 0 and told["sha256"] != told["plain_sha256"]
    # What it is called by its words stands in no file of it.
    for path in (tmp_path / "1" / "dumps").iterdir():
        content = path.read_bytes()
        assert b"PGDMP" not in content and b"CREATE ROLE" not in content, path
    assert Path(told["globals"]["path"]).name.endswith(".globals.sql.encrypted")
    closed(tmp_path / "1" / "dumps")

    key.with_name("other").write_text("another")
    wrong = "decrypt: [" + LOCK.format(mode="-d", key=key.with_name("other")) + "]"
    with database.connect() as session:
        session.execute(b"drop table t, empty")
    _dumped, verified = await both(tmp_path / "2", database, f"encrypt: {lock}", wrong)
    assert verified["data"]["reason"] == FailReason.LIST_FAILED
    with database.connect() as session:
        session.execute(b"drop table t, empty")
    _dumped, verified = await both(tmp_path / "3", database, f"encrypt: {lock}")
    assert verified["data"]["reason"] == FailReason.ENCRYPTED, "its hash is right, and no more is known"


@openssl
@awaited
async def test_an_encryption_that_fails_leaves_no_backup(empty_database: Database, tmp_path: Path) -> None:
    lock = "[" + LOCK.format(mode="-e", key="/nonexistent") + "]"
    dumped, _ = await both(tmp_path, empty_database, f"encrypt: {lock}")
    assert (dumped["type"], dumped["data"]["reason"]) == ("step.failed", FailReason.EXIT_STATUS)
    assert "/nonexistent" in dumped["data"]["evidence"]["tail"]


@awaited
async def test_a_program_that_is_not_here_is_named(empty_database: Database, tmp_path: Path) -> None:
    dumped, _ = await both(tmp_path, empty_database, "encrypt: [no-such-program]")
    assert dumped["data"]["reason"] == FailReason.NOT_STARTED
    assert "no-such-program" in str(dumped["data"]["evidence"]["error"])


@pytest.fixture
def plain(empty_database: Database) -> Iterator[str]:
    """A role that owns what there is, and a team that it is a member of; another has a password."""
    name = f"plain_{os.getpid()}"
    with empty_database.connect() as session:
        session.execute(
            f"create role {name} login; create role {name}_team; grant {name}_team to {name};"
            f"create role {name}_other login password 'a-secret-of-ours'".encode()
        )
    yield name
    with empty_database.connect() as session:
        session.execute(f"drop owned by {name} cascade".encode())
        session.execute(f"drop role {name}, {name}_team, {name}_other".encode())


@pytest.mark.unsaid(Fact.RESTORE_POINT, Fact.PROGRAM)
@awaited
async def test_roles_and_a_restore_point_come_along_as_far_as_the_role_may(
    empty_database: Database, tmp_path: Path, plain: str
) -> None:
    database = empty_database
    told = passed(await both(tmp_path / "1", database, "globals: true, restore_point: before"))
    text = Path(told["globals"]["path"]).read_text()
    assert (
        told["globals"]["passwords"] is True and "SCRAM-SHA-256$" in text and f"GRANT {plain}_team TO {plain}" in text
    )
    reached = database.value(f"select '{told['restore_point']['lsn']}'::pg_lsn <= pg_current_wal_lsn()")
    assert reached is True and told["restore_point"]["name"] == "before"
    listed = Path(told["path"] + ".SHA256SUMS").read_text()
    assert f"{told['globals']['sha256']}  {Path(told['globals']['path']).name}" in listed
    closed(tmp_path / "1" / "dumps")

    with database.connect() as session:
        session.execute(f"alter table t owner to {plain}; alter table empty owner to {plain}".encode())
    directory = tmp_path / "2" / "dumps"
    steps = PLAN.format(
        directory=directory, backup="globals: true, restore_point: true", verify="jobs: 1", scratch=SCRATCH
    )
    path = f"{database.server.binaries.bindir}:{os.environ['PATH']}"
    async with Rig(tmp_path / "2", database.server.dsn(database.name, plain), steps, PATH=path) as rig:
        dumped = await rig.execute("dump")
    assert dumped["type"] == "step.passed", dumped["data"]
    told = dumped["data"]["evidence"]
    text = Path(told["globals"]["path"]).read_text()
    assert told["globals"]["passwords"] is False and "SCRAM" not in text and f"GRANT {plain}_team TO {plain}" in text
    assert told["restore_point"]["sqlstate"] == "42501" and "lsn" not in told["restore_point"]


@pytest.mark.unsaid(Fact.BY)
@awaited
async def test_another_program_makes_it(empty_database: Database, tmp_path: Path) -> None:
    """On the plan's target, with what it says as evidence."""
    into = tmp_path / "dump"
    say = "echo it is done"
    steps = f"""
          - {{id: dump, title: Dump, backup: {{command: [sh, -c, 'pg_dump -f {into} && {say}']}}}}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        told = (await rig.execute("dump"))["data"]["evidence"]
        assert told["tail"].strip() == "it is done" and told["by"] == "sh" and into.stat().st_size > 0
    steps = "          - {id: dump, title: Dump, backup: {command: [pg_dump, --no-such-option]}}"
    async with Rig(tmp_path / "bad", empty_database, steps) as rig:
        bad = await rig.execute("dump")
        assert bad["data"]["reason"] == FailReason.EXIT_STATUS and "no-such-option" in bad["data"]["evidence"]["tail"]


@awaited
async def test_the_last_trial_restore_is_told_beside_the_next_dump(empty_database: Database, tmp_path: Path) -> None:
    dump = f'backup: {{directory: "{tmp_path}/dumps"}}'
    steps = f"""
          - {{id: first, title: Dump, {dump}}}
          - {{id: verify, title: Verify, verify_backup: {{of: first, level: restore, database: {SCRATCH}}}}}
          - {{id: second, title: Dump, {dump}}}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        first, verified, second = [(await rig.execute(s))["data"]["evidence"] for s in ("first", "verify", "second")]
        run = rig.paths.id
    assert first["restored"] is None
    assert (second["restored"]["run"], second["restored"]["restore_s"]) == (run, verified["restore_s"])
