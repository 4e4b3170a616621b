"""`disk`: each place measured where it is, what it needs, and what nobody can know."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.checks.looks import PLAN, look, looked
from tests.engine.postgres.pgserver import awaited
from tests.engine.probes.parts import Exporter, exporters
from tests.engine.rig import Rig
from tests.postgres_server import Database, own_server
from tui.engine.drivers import space
from tui.journal.codes import Shortcoming

HERE = os.uname().nodename


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("no filesystem may be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.unsaid(Shortcoming.ARCHIVER_FAILS)
@awaited
async def test_twice_the_database_where_it_lies(each_database: Database, tmp_path: Path) -> None:
    found = await look(tmp_path, each_database, "{disk: true}")
    data = found.row("disk", what="data")
    size = each_database.value("select pg_database_size(current_database())")
    assert data["holds"] is True and data["source"] == f"{HERE} (local)"
    assert abs(data["need_bytes"] - 2 * int(str(size))) < 1 << 20 and data["place"] == str(each_database.server.data)
    slots = found.row("wal_kept_by_slots")
    assert (slots["holds"], slots["slots"]) == (True, [])
    assert found.event["type"] == "step.passed" and "disk data" in found.words and not found.codes


@awaited
async def test_what_is_not_there_is_told_with_how_much_lacks(database: Database, tmp_path: Path) -> None:
    beside = database.server.directory
    found = await look(tmp_path, database, f"{{disk: {{at_least: {{data: 900TB, {beside}: 1kB, nowhere: 2x}}}}}}")
    data, other = found.row("disk", what="data"), found.row("disk", what="directory")
    assert (data["holds"], data["expected"]) == (False, 900 * 10**12)
    # On the same filesystem what the data need comes on top, so a kilobyte is too much as well.
    assert (other["holds"], other["expected"]) == (False, data["need_bytes"] + 1000)
    assert found.row("disk", of="nowhere")["found"] == "missing"
    assert found.event["data"]["reason"] == "check_failed" and found.failed == ["disk"] * 3
    assert "disk data" in found.words and "900 TB" in found.words


@awaited
async def test_a_backup_has_room_on_its_own_filesystem(database: Database, tmp_path: Path, small: Path) -> None:
    step = f'          - {{id: dump, title: Dump, backup: {{directory: "{small}"}}}}\n'
    found = await look(tmp_path, database, "{disk: true}", step)
    dump = found.row("disk", what="backup", of="dump")
    assert dump["holds"] is False and dump["found"] <= 1 << 20 < dump["expected"] and "with_bytes" not in dump
    assert (dump["basis"], dump["place"]) == ("database", str(small))
    assert found.row("disk", what="data")["holds"] is True


@awaited
async def test_half_as_much_again_as_the_last_backup(database: Database, tmp_path: Path) -> None:
    steps = f"""
          - {{id: dump, title: Dump, backup: {{directory: "{tmp_path}"}}}}
          - {{id: trial, title: Trial, verify_backup: {{of: dump, level: restore}}}}
          - {{id: again, title: Again, check: {{disk: true}}}}
"""
    async with Rig(tmp_path, database, PLAN.format(check="{disk: true}", steps=steps, target="", more="")) as rig:
        before = await looked(rig)
        size = before.row("disk", what="data")["database_bytes"]
        assert before.row("disk", what="database", of="trial")["need_bytes"] == size
        assert before.row("disk", what="backup")["need_bytes"] == size
        bytes_ = (await rig.execute("dump"))["data"]["evidence"]["bytes"]
        await rig.execute("trial")
        after = (await looked(rig, "again")).row("disk", what="backup")
    assert (after["need_bytes"], after["basis"], after["last_bytes"]) == (int(1.5 * bytes_), "last_backup", bytes_)


@awaited
async def test_a_tablespace_needs_twice_what_lies_in_it(tmp_path: Path) -> None:
    with own_server() as server:
        place = Path(server.data).parent / "fast"
        place.mkdir(mode=0o700)
        os.chown(place, Path(server.data).stat().st_uid, -1)
        database = Database(server, "postgres")
        with database.connect() as connection:
            connection.execute(f"create tablespace fast location '{place}'")
            connection.execute("create table big (a) tablespace fast as select generate_series(1, 50000)")
            connection.execute("create role plain login")
            connection.execute("analyze big")
        found = (await look(tmp_path / "1", database, "{disk: true}")).row("disk", what="tablespace", of="fast")
        assert found["holds"] is True and found["exact"] is True and found["place"] == str(place)
        assert found["need_bytes"] == 2 * found["bytes"] > 2 * 50000 * 24
        more = await look(tmp_path / "2", database, "{disk: {at_least: {fast: 900TB}}}")
        assert more.failed == ["disk"] and more.row("disk", of="fast")["holds"] is False
        # Who may not see where the data lie, nor how large a tablespace is.
        hidden = await look(tmp_path / "3", server.dsn("postgres", "plain"), "{disk: true}")
        assert hidden.event["data"]["reason"] == "not_answered" and hidden.unanswered == ["disk"]
        assert hidden.row("disk", what="data")["error"]["code"] == "space_directory_hidden"
        assert hidden.row("disk", of="fast")["exact"] is False and hidden.row("disk", of="fast")["holds"] is True
        told = await look(tmp_path / "4", server.dsn("postgres", "plain"), f"{{disk: {{data: '{server.data}'}}}}")
        assert told.event["type"] == "step.passed"


@awaited
async def test_a_database_on_another_host_is_measured_there(database: Database, tmp_path: Path) -> None:
    """Through the plan's own sources; a host that tells nothing is asked, not passed."""
    for exporter in exporters():
        assert isinstance(exporter, Exporter)
        target = f'host: [{{node_exporter: "{exporter.url}"}}]'
        found = await look(tmp_path / "1", database, "{disk: true}", target=target)
        assert found.row("disk", what="data")["source"] == f"{HERE} (node_exporter)"
        exporter.kill()
        gone = await look(tmp_path / "2", database, "{disk: true}", target=target)
    assert gone.event["data"]["reason"] == "not_answered" and gone.row("disk", what="data")["holds"] is None
    sql = await look(tmp_path / "3", database, "{disk: true}", target="host: [{sql: true}]")
    assert sql.row("disk", what="data")["error"] and sql.unanswered == ["disk"]


@awaited
async def test_a_socket_that_is_forwarded_is_not_this_host(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "is_here", lambda *_: False)
    found = await look(tmp_path, database, "{disk: true}")
    data = found.row("disk", what="data")
    assert (data["holds"], data["error"]["code"]) == (None, "space_not_here") and found.unanswered == ["disk"]


@awaited
async def test_wal_that_piles_up_is_named(tmp_path: Path) -> None:
    with own_server() as server:
        database = Database(server, "postgres")
        with database.connect() as connection:
            connection.execute("select pg_create_physical_replication_slot('forgotten', true)")
            connection.execute("create role plain login")
            connection.execute("alter system set archive_mode = on")
            connection.execute("alter system set archive_command = 'false'")
        server.stop()
        server.start()
        with database.connect() as connection:
            connection.execute("create table t as select generate_series(1, 1000)")
            connection.execute("select pg_switch_wal()")
            connection.execute("create table u as select generate_series(1, 1000)")
            connection.execute("select pg_switch_wal()")
        found = await look(tmp_path / "1", database, "{disk: {wal: 20MB}}")
        archive, slots = found.row("archive_backlog"), found.row("wal_kept_by_slots")
        assert (archive["holds"], archive["files"], archive["found"]) == (False, 2, 2 * 16 << 20)
        assert "archiver_fails" in found.codes and "the archiver fails" in found.words
        assert (slots["holds"], slots["of"]) == (False, "forgotten") and slots["found"] > 20 * 10**6
        assert slots["slots"][0] | {"bytes": 0} == {
            "slot": "forgotten", "bytes": 0, "active": False, "status": "reserved"
        }  # fmt: skip
        assert "WAL kept by slot forgotten" in found.words
        # Nothing was ever archived, and a plain role does not see the files.
        plain = await look(tmp_path / "2", server.dsn("postgres", "plain"), "{disk: true}")
        assert plain.row("archive_backlog")["holds"] is None and "archive_backlog" in plain.unanswered
        with database.connect() as connection:
            connection.execute("alter system set archive_command = 'true'")
            connection.execute("select pg_reload_conf()")
            connection.execute("create table v as select generate_series(1, 1000)")
            connection.execute("select pg_switch_wal()")
            for _turn in range(200):
                if connection.execute(
                    "select last_archived_time > coalesce(last_failed_time, '-infinity') and not exists"
                    " (select from pg_ls_archive_statusdir() where name like '%.ready') from pg_stat_archiver"
                ).fetchone() == (True,):
                    break
                connection.execute("select pg_sleep(0.05)")
        plain = await look(tmp_path / "3", server.dsn("postgres", "plain"), "{disk: true}")
        assert (plain.row("archive_backlog")["holds"], plain.row("archive_backlog")["seen"]) == (True, "last_archived")
