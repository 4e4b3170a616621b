"""What a program of the plan has made is verified by that program's own means: a real repository of pgBackRest's, a
real Barman; what was seen of it and what was not is told, and what nobody can know passes nowhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pair import Node, primary
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.engine.test_recent_backup import BARMAN, KNOWN, PGBACKREST, Repository
from tests.postgres_server import Database
from tui.demo.account import account
from tui.journal.codes import BackupProof, Fact, FailReason
from tui.run.commands import Skip
from tui.words.trouble import trouble

pytestmark = pytest.mark.postgres

WHOLE = ["complete", "since_begun", "files_as_written", "wal_there"]


@pytest.fixture
def node() -> Iterator[Node]:
    with primary(KNOWN) as found:
        yield found


def as_server(held: Repository) -> list[str]:
    """As the account that the repository belongs to."""
    path = f"PATH={held.node.server.bindir}:/usr/bin:/bin"
    switch = [f"setpriv --reuid={account().name} --clear-groups"] if os.getuid() == 0 else []
    return " ".join([*switch, "env", "-i", path, f"HOME={held.home}"]).split()


def written(words: list[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


async def outcomes(path: Path, target: Any, make: str, verify: str, between: Any = None) -> tuple[Event, str]:
    steps = f"""
          - {{id: base, title: Base, backup: {{command: {make}}}}}
          - {{id: verify, title: Verify, verify_backup: {verify}}}
"""
    async with Rig(path, target, steps) as rig:
        made = await rig.execute("base")
        assert made["type"] == "step.passed", made["data"]["evidence"]
        if between is not None:
            between(rig)
        event = await rig.execute("verify")
        return event, " ".join(" ".join(row) for row in trouble(rig.step("verify")))


def damage(place: Path) -> None:
    (found, *_more) = [path for path in place.rglob("*") if path.is_file() and path.name == "1259"]
    data = bytearray(found.read_bytes())
    data[100] ^= 1
    found.write_bytes(data)


@pytest.mark.skipif(shutil.which("pgbackrest") is None, reason="pgBackRest is not installed")
@pytest.mark.unsaid(
    BackupProof.COMPLETE, BackupProof.FILES_AS_WRITTEN, BackupProof.SINCE_BEGUN, BackupProof.WAL_THERE,
    BackupProof.RESTORED, Fact.VERIFIED, Fact.NOT_VERIFIED, Fact.BACKUP, Fact.BEGUN_LSN, Fact.CHAIN,
    FailReason.BACKUP_INVALID,
)  # fmt: skip
@awaited
async def test_what_pgbackrest_made(node: Node, tmp_path: Path) -> None:
    held = Repository(node, "pgbackrest")
    held.config.write_text(PGBACKREST.format(home=held.home, data=node.data, port=node.port))
    held.config.chmod(0o644)
    prefix = ["pgbackrest", f"--config={held.config}", "--stanza=main"]
    held.archives(f"pgbackrest --config={held.config} --stanza=main archive-push %p")
    held.call(*prefix, "stanza-create")
    held.call(*prefix, "--type=full", "backup")
    make = written([*as_server(held), *prefix, "--type=incr", "backup"])
    event, _told = await outcomes(tmp_path / "1", node.dsn, make, "base")
    assert event["type"] == "step.passed", event
    told = event["data"]["evidence"]
    assert (told["verified"], told["not_verified"]) == (WHOLE, ["restored"])
    # It is the one of the step, and it needs the one before it.
    assert told["backup"].endswith("I") and told["chain"] == sorted([told["backup"][:16], told["backup"]])
    event, _told = await outcomes(tmp_path / "2", node.dsn, make, "{of: base, level: list}")
    assert event["data"]["evidence"]["not_verified"] == ["wal_there", "files_as_written", "restored"]
    # A file of the one before it, of which `info` still says that all is well, and `verify` ends with 0.
    event, words = await outcomes(
        tmp_path / "3", node.dsn, make, "base", lambda _rig: damage(held.home / "repo/backup/main")
    )
    assert event["data"]["reason"] == FailReason.BACKUP_INVALID
    assert event["data"]["evidence"]["not_verified"] == ["files_as_written", "restored"]
    assert "is not whole" in words and "checksum invalid: 1" in words
    # A program that made none, whatever it says; there are others' from before.
    spec = f"{{of: base, pgbackrest: {{stanza: main, config: {held.config}}}}}"
    event, _told = await outcomes(tmp_path / "4", node.dsn, "['true']", spec)
    assert event["data"]["reason"] == FailReason.NO_BACKUP
    spec = spec.replace("stanza: main", "stanza: nobodys")
    event, _told = await outcomes(tmp_path / "5", node.dsn, "['true']", spec)
    assert event["data"]["reason"] in (FailReason.NOT_ANSWERED, FailReason.NO_BACKUP)


@pytest.mark.skipif(shutil.which("barman") is None, reason="Barman is not installed")
@awaited
async def test_what_barman_made(node: Node, tmp_path: Path) -> None:
    held = Repository(node, "barman")
    held.call("mkdir", "-p", held.home / "barman/conf.d")
    held.config.write_text(BARMAN.format(home=held.home, port=node.port, account=account().name))
    held.config.chmod(0o644)
    prefix = ["barman", "-c", str(held.config)]
    held.call(*prefix, "check", "main", check=False)
    held.archives(f"cp %p {held.home}/barman/main/incoming/%f")
    held.more_wal()
    held.call(*prefix, "archive-wal", "main")
    make = written([*as_server(held), *prefix, "backup", "main"])
    blind = written([*as_server(held), "barman"]).replace(str(node.server.bindir), "/nowhere")
    steps = f"""
          - {{id: base, title: Base, backup: {{command: {make}}}}}
          - {{id: verify, title: Verify, verify_backup: base}}
          - {{id: list, title: List, verify_backup: {{of: base, level: list}}}}
          - id: blind
            title: Blind
            verify_backup: {{of: base, barman: {{server: main, config: {held.config}, command: {blind}}}}}
          - {{id: again, title: Again, verify_backup: base}}
          - {{id: gone, title: Gone, verify_backup: {{of: base, level: list}}}}
"""
    async with Rig(tmp_path, node.dsn, steps) as rig:
        assert (await rig.execute("base"))["type"] == "step.passed"
        held.more_wal(2)
        held.call(*prefix, "archive-wal", "main")
        event = await rig.execute("verify")
        assert event["type"] == "step.passed" and event["data"]["evidence"]["verified"] == WHOLE, event
        event = await rig.execute("list")
        assert event["data"]["evidence"]["verified"] == ["complete", "since_begun", "wal_there"]
        # Without pg_verifybackup nobody has read the files, which is no pass.
        event = await rig.execute("blind")
        assert event["data"]["reason"] == FailReason.NOT_ANSWERED
        assert "files_as_written" in event["data"]["evidence"]["not_verified"]
        assert rig.do(Skip(step="blind", reason="seen")) is None
        damage(next((held.home / "barman/main/base").iterdir()))
        event = await rig.execute("again")
        assert event["data"]["reason"] == FailReason.BACKUP_INVALID
        assert "checksum mismatch" in str(event["data"]["evidence"]["tail"])
        assert rig.do(Skip(step="again", reason="seen")) is None
        # `check-backup` ends with 0 all the same.
        wal = held.home / "barman/main/wals"
        begins = event["data"]["evidence"]["lsn"].partition("/")[2]
        next(path for path in wal.rglob(f"*{int(begins, 16) >> 24:08X}")).unlink()
        event = await rig.execute("gone")
        assert event["data"]["reason"] == FailReason.BACKUP_INVALID, event
        assert event["data"]["evidence"]["not_verified"] == ["wal_there", "files_as_written", "restored"]
        assert "WAL file is missing" in str(event["data"]["evidence"]["tail"])


@pytest.mark.unsaid(BackupProof.SAID_SO)
@awaited
async def test_a_program_of_the_plan_says_so_and_no_more(database: Database, tmp_path: Path) -> None:
    event, _told = await outcomes(tmp_path / "1", database, "['true']", "{of: base, command: ['echo', 'all well']}")
    told = event["data"]["evidence"]
    assert told["verified"] == ["said_so"] and "files_as_written" in told["not_verified"]
    event, _told = await outcomes(tmp_path / "2", database, "['true']", "{of: base, command: ['false']}")
    assert event["data"]["reason"] == FailReason.EXIT_STATUS
