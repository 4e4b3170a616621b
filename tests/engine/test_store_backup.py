"""A backup is stored where it is safe: whole there, read back, or not under its name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.probes.parts import Sshd
from tests.engine.rig import Event, Rig
from tests.engine.test_damaged_dump import TABLES, flipped
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
PLAN = """
          - {{id: dump, title: Dump, backup: {{directory: "{dumps}", format: directory, globals: true}}}}
          - {{id: store, title: Store, store_backup: {{of: dump, {where}}}}}
          - {{id: verify, title: Verify, verify_backup: {{of: store}}}}
"""


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    if shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("no sshd")
    made = Sshd()
    try:
        yield made
    finally:
        made.remove()


class Stored:
    """A backup, and how it was stored."""

    def __init__(self, dump: Path, event: Event) -> None:
        self.dump = dump
        self.data: dict[str, Any] = event["data"]
        self.evidence: dict[str, Any] = event["data"]["evidence"]
        self.passed = event["type"] == "step.passed"


async def store(
    path: Path, database: Database, where: str, between: Callable[[Path], object] | None = None, verify: bool = False,
    programs: str = "",
) -> Stored:  # fmt: skip
    """`between`: what befalls after the dump, which it is given."""
    with database.connect() as session:
        session.execute(b"drop table if exists good, bad")
        session.execute(TABLES.encode())
    steps = PLAN.format(dumps=path / "dumps", where=where)
    made = Rig(path, database, steps)
    made.environment["PATH"] = f"{programs}:{made.environment['PATH']}"
    async with made as rig:
        dumped = await rig.execute("dump")
        assert dumped["type"] == "step.passed", dumped["data"]
        dump = Path(dumped["data"]["evidence"]["path"])
        if between is not None:
            between(dump)
        found = Stored(dump, await rig.execute("store"))
        if verify:
            assert (await rig.execute("verify"))["type"] == "step.passed", "the copy is worth what the backup is"
    return found


def whole(place: Path, dump: Path) -> None:
    """sha256sum agrees, and nobody else reads it."""
    sums = place / f"{dump.name}.SHA256SUMS"
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", sums], cwd=place, check=True, capture_output=True)
    assert {one.name for one in place.iterdir()} == {dump.name, sums.name, f"{dump.name}.globals.sql"}
    assert all(one.stat().st_mode & 0o077 == 0 for one in place.iterdir())


@pytest.mark.unsaid(Fact.STORED, Fact.EXISTED, Fact.DAMAGED_AT)
@awaited
async def test_a_directory(empty_database: Database, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    told = await store(tmp_path, empty_database, f'directory: "{vault}"', verify=True)
    assert told.passed and told.evidence["stored"] == str(vault / told.dump.name)
    assert told.evidence["existed"] is False and "damaged" not in told.evidence
    whole(vault, told.dump)


def _interrupted(vault: Path) -> Callable[[Path], None]:
    """What an engine that was killed in the middle leaves."""

    def left(dump: Path) -> None:
        part = vault / f".{dump.name}.part" / dump.name
        part.mkdir(parents=True)
        (part / "toc.dat").write_bytes(b"half of it")

    return left


def _there(vault: Path, harm: Callable[[Path], object] | None = None) -> Callable[[Path], None]:
    """It was stored before."""

    def copied(dump: Path) -> None:
        vault.mkdir()
        for one in dump.parent.iterdir():
            (shutil.copytree if one.is_dir() else shutil.copy2)(one, vault / one.name)
        if harm is not None:
            harm(vault / dump.name / "toc.dat")

    return copied


@pytest.mark.parametrize("by", ["directory", "ssh"])
@awaited
async def test_what_an_interruption_left_is_never_taken_for_whole(
    empty_database: Database, tmp_path: Path, sshd: Sshd, by: str
) -> None:
    vault = tmp_path / "vault"
    where, path = _where(by, vault, sshd)
    told = await store(tmp_path, empty_database, where, _interrupted(vault), programs=path)
    assert told.passed, told.data
    whole(vault, told.dump)


@pytest.mark.parametrize("by", ["directory", "ssh"])
@awaited
async def test_what_lies_there_already_is_read_and_not_believed(
    empty_database: Database, tmp_path: Path, sshd: Sshd, by: str
) -> None:
    for number, harm in enumerate((None, flipped) if by == "directory" else (flipped,)):
        vault = tmp_path / f"vault{number}"
        where, path = _where(by, vault, sshd)
        told = await store(tmp_path / str(number), empty_database, where, _there(vault, harm), programs=path)
        assert told.evidence["existed"] is True and told.passed is (harm is None), told.data
        if harm is not None:
            assert (told.data["reason"], told.evidence["damaged_at"]) == (FailReason.HASH_DIFFERS, "copy")
            assert told.evidence["damaged"] == [f"{told.dump.name}/toc.dat"]


def _where(by: str, vault: Path, sshd: Sshd) -> tuple[str, str]:
    return (
        f'directory: "{vault}"' if by == "directory" else f'ssh: "{sshd.host}{vault}"',
        str(sshd.bin),
    )


@awaited
async def test_a_backup_that_was_damaged_meanwhile_is_not_stored(empty_database: Database, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    files: list[Path] = []

    def befall(dump: Path) -> None:
        files.extend(dump.glob("*.dat.gz"))
        flipped(files[0])

    told = await store(tmp_path, empty_database, f'directory: "{vault}"', befall)
    assert (told.data["reason"], told.evidence["damaged_at"]) == (FailReason.HASH_DIFFERS, "source")
    assert told.evidence["damaged"] == [f"{told.dump.name}/{files[0].name}"] and list(vault.iterdir()) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A filesystem in which hardly anything has room."""
    vault = tmp_path / "vault"
    vault.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", vault], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no filesystem may be mounted here")
    yield vault
    subprocess.run(["umount", vault], check=True)


@pytest.mark.parametrize("by", ["directory", "ssh"])
@awaited
async def test_without_room_nothing_is_stored(
    empty_database: Database, tmp_path: Path, small: Path, sshd: Sshd, by: str
) -> None:
    where, path = _where(by, small, sshd)
    told = await store(tmp_path, empty_database, where, programs=path)
    assert told.data["reason"] == FailReason.NO_SPACE and told.evidence["space"]["free_bytes"] <= 8192, told.data
    assert [one.name for one in small.iterdir() if not one.name.endswith(".part")] == []


@awaited
async def test_another_host(empty_database: Database, tmp_path: Path, sshd: Sshd) -> None:
    vault = tmp_path / "a vault's"
    told = await store(tmp_path, empty_database, f'ssh: "{sshd.host}{vault}"', programs=_where("ssh", vault, sshd)[1])
    assert told.passed, told.data
    assert told.evidence["stored"] == f"{sshd.host}{vault}/{told.dump.name}"
    whole(vault, told.dump)


@awaited
async def test_a_host_that_does_not_let_us_in(empty_database: Database, tmp_path: Path, sshd: Sshd) -> None:
    """Its own words say why."""
    told = await store(
        tmp_path, empty_database, f'ssh: "ssh://127.0.0.1:1{tmp_path}"', programs=_where("ssh", tmp_path, sshd)[1]
    )
    assert told.data["reason"] == FailReason.EXIT_STATUS and "refused" in told.evidence["tail"]


@awaited
async def test_a_stream_that_is_changed_on_its_way_is_refused(
    empty_database: Database, tmp_path: Path, sshd: Sshd
) -> None:
    """The other host's tar writes something else; nothing bears the backup's name."""
    vault, bin = tmp_path / "vault", tmp_path / "bin"
    bin.mkdir()
    (bin / "tar").write_text('#!/bin/sh\n/usr/bin/env -i /bin/tar "$@" && printf x >> "$(echo */toc.dat)"\n')
    (bin / "tar").chmod(0o755)
    (bin / "ssh").write_text(
        f'#!/bin/sh\nfor last in "$@"; do :; done\nexec {sshd.bin}/ssh {sshd.host} "PATH={bin}:$PATH; $last"\n'
    )
    (bin / "ssh").chmod(0o755)
    (bin / "here").mkdir()
    (bin / "here" / "ssh").symlink_to(bin / "ssh")
    told = await store(tmp_path, empty_database, f'ssh: "there:{vault}"', programs=str(bin / "here"))
    assert (told.data["reason"], told.evidence["damaged_at"]) == (FailReason.HASH_DIFFERS, "copy"), told.data
    assert told.evidence["damaged"] == [f"{told.dump.name}/toc.dat"]
    assert not (vault / told.dump.name).exists()


CLIENT = """#!/bin/sh
# A store of objects by their names: put FILE NAME, get NAME, list.
cd {store} || exit 1
case $1 in
put) mkdir -p "$(dirname "$3")" && {put} ;;
get) cat "$2" ;;
list) find . -type f -exec sha256sum {{}} + ;;
esac
"""


@pytest.mark.parametrize(
    ("put", "verify"),
    [
        ('cat "$2" > "$3"', 'get, "app/{name}"'),
        ('head -c 100 "$2" > "$3"', 'get, "app/{name}"'),
        ("true", "list"),
    ],
)
@awaited
async def test_a_store_of_objects(empty_database: Database, tmp_path: Path, put: str, verify: str) -> None:
    """What its client says of itself is not believed: what comes back is hashed."""
    client, objects = tmp_path / "client", tmp_path / "objects"
    objects.mkdir()
    client.write_text(CLIENT.format(store=objects, put=put))
    client.chmod(0o755)
    where = f'command: [{client}, put, "{{file}}", "app/{{name}}"], verify: [{client}, {verify}]'
    told = await store(tmp_path, empty_database, where)
    if put.startswith("cat"):
        assert told.passed, told.data
        assert (objects / "app" / told.dump.name / "toc.dat").read_bytes() == (told.dump / "toc.dat").read_bytes()
    else:
        assert (told.data["reason"], told.evidence["damaged_at"]) == (FailReason.HASH_DIFFERS, "copy"), told.data
        assert f"{told.dump.name}/toc.dat" in told.evidence["damaged"]
