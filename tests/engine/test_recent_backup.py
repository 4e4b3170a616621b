"""A backup from before this run's: real dumps in a directory, a real repository of pgBackRest's, a real Barman."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pair import Node, primary
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, create_database, drop_database
from tui.demo.account import account
from tui.demo.server import Server
from tui.journal.codes import Hindrance
from tui.words.said import told

pytestmark = pytest.mark.postgres

KNOWN = 15
"""The newest version that Debian's pgBackRest and Barman know."""
Rows = dict[str, dict[str, Any]]


async def recent(path: Path, target: Database | str, spec: str) -> Rows:
    """The rows by what they are about."""
    steps = f"""
          - {{id: ready, title: Ready, check: {{recent_backup: {spec}}}}}
"""
    async with Rig(path, target, steps) as rig:
        event = await rig.execute("ready")
    rows: Rows = {row["what"]: row for row in event["data"]["evidence"]["checks"]}
    holds = [row["holds"] for row in rows.values()]
    reason = None if all(holds) else "check_failed" if False in holds else "not_answered"
    assert event["data"].get("reason") == reason, event
    return rows


def codes(row: dict[str, Any]) -> list[str]:
    return [one["code"] for one in row.get("why", ())]


def dump(database: Database, path: Path, *options: str) -> Path:
    program = str(database.server.binaries.bindir / "pg_dump")
    subprocess.run([program, *options, "-f", str(path), "-d", database.dsn], check=True)
    return path


def hashes(path: Path) -> None:
    """As a person would write them, from the directory that holds the dump."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    names = [str(p.relative_to(path.parent)) for p in files]
    text = subprocess.run(["sha256sum", *names], cwd=path.parent, check=True, capture_output=True, text=True).stdout
    (path.parent / f"{path.name}.SHA256SUMS").write_text(text)


@pytest.mark.unsaid(
    Hindrance.BACKUP_DIFFERS, Hindrance.BACKUP_INCOMPLETE, Hindrance.BACKUP_NONE, Hindrance.BACKUP_OLD,
    Hindrance.BACKUP_UNHASHED, Hindrance.BACKUP_OF_ANOTHER,
)  # fmt: skip
@awaited
async def test_the_newest_whole_dump_of_a_directory(database: Database, server: Server, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    times = iter(range(100))

    async def now(spec: str = "") -> dict[str, Any]:
        return (await recent(tmp_path / str(next(times)), database, f"{{directory: {place}{spec}}}"))["dump"]

    row = await now()
    assert row["holds"] is False and codes(row) == ["backup_none"]
    other = create_database(server)
    hashes(dump(other, place / "other.dump", "-Fc"))
    drop_database(other)
    assert codes(await now()) == ["backup_of_another", "backup_none"]
    whole = dump(database, place / "a.dump", "-Fc", "-Z0")
    row = await now()
    assert row["holds"] is None and codes(row) == ["backup_unhashed", "backup_of_another", "backup_none"]
    row = await now(", hashes: if_there")
    assert row["holds"] is True and "decode_s" in row and not codes(row)
    hashes(whole)
    row = await now()
    assert (row["holds"], row["path"], codes(row)) == (True, str(whole), []) and row["found"] < 60
    assert codes(await now(", max_age: 1ms")) == ["backup_old"]
    # One bit, of which pg_restore notices nothing.
    data = bytearray(whole.read_bytes())
    data[len(data) // 2] ^= 1
    whole.write_bytes(data)
    row = await now()
    assert row["holds"] is False and codes(row)[0] == "backup_differs"
    assert told(row["why"][0]) == "the backup a.dump is not as it was written: a.dump (files: 1)"
    directory = dump(database, place / "b", "-Fd")
    hashes(directory)
    row = await now()
    assert row["holds"] is True and row["path"] == str(directory) and row["files"] > 2
    (directory / "toc.dat").rename(tmp_path / "toc.dat")
    row = await now()
    assert row["holds"] is False and codes(row)[0] == "backup_incomplete"


@awaited
async def test_a_dump_that_was_compressed_behind_pg_dump_is_known_by_the_run_that_recorded_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backups"
    steps = f"""
          - {{id: dump, title: Dump, backup: {{directory: {place}, encrypt: [cat]}}}}
"""
    async with Rig(tmp_path / "earlier", database, steps) as rig:
        event = await rig.execute("dump")
        assert event["type"] == "step.passed", event
    (made,) = [path for path in place.iterdir() if path.name.endswith(".encrypted")]
    made.write_bytes(b"?" + made.read_bytes()[1:])
    for beside in place.glob("*SHA256SUMS"):
        beside.unlink()
    spec = f"{{directory: {place}}}"
    row = (await recent(tmp_path / "1", database, spec))["dump"]
    assert row["holds"] is False and codes(row) == ["backup_none"], "of whom it is nobody knows"
    monkeypatch.setattr("tui.engine.drivers.space.list_runs", lambda: [rig.paths])
    row = (await recent(tmp_path / "2", database, spec))["dump"]
    assert row["holds"] is False and codes(row)[0] == "backup_differs", "the run has recorded another hash"
    made.write_bytes(b"P" + made.read_bytes()[1:])
    row = (await recent(tmp_path / "3", database, spec))["dump"]
    assert row["holds"] is True and row["path"] == str(made)


@awaited
async def test_a_directory_that_is_not_there_is_no_directory_without_a_dump(database: Database, tmp_path: Path) -> None:
    row = (await recent(tmp_path / "1", database, "{directory: /nowhere/at/all}"))["dump"]
    assert row["holds"] is None and "No such file" in str(row["error"])
    place = tmp_path / "backups"
    place.mkdir()
    directory = dump(database, place / "b", "-Fd")
    hashes(directory)
    file = next(directory.glob("*.dat.gz"))
    file.unlink()
    file.symlink_to(tmp_path / "gone")
    row = (await recent(tmp_path / "2", database, f"{{directory: {place}}}"))["dump"]
    assert row["holds"] is False and codes(row)[0] == "backup_differs"


class Repository:
    """pgBackRest or Barman over a server of the test's own, as the account that the server runs as."""

    def __init__(self, node: Node, name: str) -> None:
        self.node = node
        self.home = node.server.home
        self.config = self.home / f"{name}.conf"

    def call(self, *words: object, check: bool = True) -> None:
        path = f"PATH={self.node.server.bindir}:/usr/bin:/bin"
        self.node.server._call("env", path, f"HOME={self.home}", *words, check=check)

    def archives(self, command: str) -> None:
        self.node.stop("fast")
        with (self.node.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"archive_mode = on\narchive_command = '{command}'\n")
        self.node.start()

    def more_wal(self, files: int = 1) -> None:
        """So many further files of it, archived."""
        last: object = ""
        for _ in range(files):
            self.node.run("select pg_logical_emit_message(true, 'x', 'x')")
            last = self.node.value("select pg_walfile_name(pg_current_wal_lsn())")
            self.node.run("select pg_switch_wal()")
        until(lambda: self.node.value(f"select last_archived_wal >= '{last}' from pg_stat_archiver"))


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


PGBACKREST = """[global]
repo1-path={home}/repo
log-level-file=off
spool-path={home}
lock-path={home}/lock
start-fast=y
compress-type=none
[main]
pg1-path={data}
pg1-port={port}
pg1-socket-path={home}
pg1-user=postgres
[empty]
pg1-path={data}
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with primary(KNOWN) as found:
        yield found


@pytest.mark.skipif(shutil.which("pgbackrest") is None, reason="pgBackRest is not installed")
@pytest.mark.unsaid(
    Hindrance.REPOSITORY_STATUS, Hindrance.ARCHIVE_GAP, Hindrance.ARCHIVE_BEHIND, Hindrance.ARCHIVER_FAILS,
    Hindrance.ARCHIVER_OFF, Hindrance.BACKUP_OF_ANOTHER_SERVER, Hindrance.ARCHIVE_UNKNOWN,
)  # fmt: skip
@awaited
async def test_a_repository_of_pgbackrest(node: Node, database: Database, tmp_path: Path) -> None:
    held = Repository(node, "pgbackrest")
    held.config.write_text(PGBACKREST.format(home=held.home, data=node.data, port=node.port))
    held.config.chmod(0o644)
    prefix = ["pgbackrest", f"--config={held.config}", "--stanza=main"]
    times = iter(range(100))

    async def now(more: str = "", stanza: str = "main", target: Database | str = node.dsn) -> Rows:
        spec = f"{{pgbackrest: {{stanza: {stanza}, config: {held.config}}}{more}}}"
        return await recent(tmp_path / str(next(times)), target, spec)

    rows = await now()
    assert rows["base"]["holds"] is False and codes(rows["base"]) == ["repository_status", "backup_none"]
    assert told(rows["base"]["why"][0]) == "the repository of main says: missing stanza path"
    # An archiver alone, and its absence, are each told apart.
    assert codes(rows["archive"]) == ["archiver_off"]
    held.archives(f"pgbackrest --config={held.config} --stanza=main archive-push %p")
    held.call(*prefix, "stanza-create")
    held.more_wal()
    rows = await now()
    assert codes(rows["base"]) == ["repository_status", "backup_none"] and rows["base"]["holds"] is False
    assert rows["archive"]["holds"] is None and codes(rows["archive"]) == ["archive_unknown"]
    held.call(*prefix, "--type=full", "backup")
    held.more_wal(2)
    rows = await now()
    assert [row["holds"] for row in rows.values()] == [True, True], rows
    assert rows["base"]["type"] == "full" and 0 < rows["base"]["found"] < 60
    assert rows["archive"]["behind"] == 0 and rows["archive"]["segments"] >= 3
    assert codes((await now(", max_age: 1ms"))["base"]) == ["backup_old"]
    rows = await now(target=database)
    assert rows["base"]["holds"] is False and codes(rows["base"]) == ["backup_of_another_server", "backup_none"]
    # What the archive has lost since is seen by its names.
    archive = next((held.home / "repo/archive/main").glob("15-*/*")) if node.server.version == 15 else None
    archive = archive or next((held.home / "repo/archive/main").glob("*-1/*"))
    (*_older, lost, _newest) = sorted(path for path in archive.iterdir() if path.name[24] == "-")
    lost.rename(tmp_path / "lost")
    rows = await now()
    assert rows["base"]["holds"] is True and rows["archive"]["holds"] is False
    assert codes(rows["archive"]) == ["archive_gap"] and lost.name[8:24] in told(rows["archive"]["why"][0])
    shutil.move(tmp_path / "lost", lost)
    node.run("alter system set archive_command = 'false'")
    node.run("select pg_reload_conf()")
    for _ in range(18):
        node.run("select pg_logical_emit_message(true, 'x', 'x')")
        node.run("select pg_switch_wal()")
    until(lambda: node.value("select last_failed_time > last_archived_time from pg_stat_archiver"))
    rows = await now()
    assert rows["archive"]["holds"] is False and codes(rows["archive"]) == ["archiver_fails", "archive_behind"]


BARMAN = """[barman]
barman_user = {account}
barman_home = {home}/barman
configuration_files_directory = {home}/barman/conf.d
log_file = {home}/barman/barman.log
[main]
description = main
conninfo = host={home} port={port} user=postgres dbname=postgres
streaming_conninfo = host={home} port={port} user=postgres dbname=postgres
backup_method = postgres
immediate_checkpoint = true
archiver = on
"""


@pytest.mark.skipif(shutil.which("barman") is None, reason="Barman is not installed")
@pytest.mark.unsaid(Hindrance.REPOSITORY_FAILED)
@awaited
async def test_a_server_of_barman(tmp_path: Path) -> None:
    with primary(KNOWN) as node:
        held = Repository(node, "barman")
        held.call("mkdir", "-p", held.home / "barman/conf.d")
        held.config.write_text(BARMAN.format(home=held.home, port=node.port, account=account().name))
        held.config.chmod(0o644)
        prefix = ["barman", "-c", str(held.config)]
        # As a team would ask it: as the account that Barman belongs to.
        user = account().name
        command = (
            f"[setpriv, --reuid={user}, --clear-groups, env, HOME={held.home}, barman]" if os.getuid() == 0 else "[]"
        )
        times = iter(range(100))

        async def now(server: str = "main") -> Rows:
            spec = f"{{barman: {{server: {server}, config: {held.config}, command: {command}}}}}"
            return await recent(tmp_path / str(next(times)), node.dsn, spec)

        rows = await now("nobodys")
        assert rows["base"]["holds"] is None and codes(rows["base"]) == ["repository_failed"]
        assert "Unknown server" in told(rows["base"]["why"][0])
        # It makes its directories, and is not content yet.
        held.call(*prefix, "check", "main", check=False)
        held.archives(f"cp %p {held.home}/barman/main/incoming/%f")
        rows = await now()
        assert rows["base"]["holds"] is False and codes(rows["base"]) == ["backup_none"]
        held.more_wal()
        held.call(*prefix, "archive-wal", "main")
        held.call(*prefix, "backup", "main")
        held.more_wal(3)
        held.call(*prefix, "archive-wal", "main")
        rows = await now()
        assert [row["holds"] for row in rows.values()] == [True, True], rows
        # One that never came; of one that is lost later Barman's lists go on telling.
        held.more_wal(3)
        sorted((held.home / "barman/main/incoming").iterdir())[-2].unlink()
        held.call(*prefix, "archive-wal", "main")
        rows = await now()
        assert rows["base"]["holds"] is True and codes(rows["archive"]) == ["archive_gap"]


@awaited
async def test_a_program_that_is_not_here_is_named(database: Database, tmp_path: Path) -> None:
    rows = await recent(tmp_path, database, "{pgbackrest: {stanza: main, command: [no-such-program]}}")
    assert rows["base"]["holds"] is None and codes(rows["base"]) == ["repository_silent"]
    assert "no-such-program" in told(rows["base"]["why"][0])
