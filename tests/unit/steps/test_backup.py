from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play, step
from tui.journal.codes import Fact, FailReason
from tui.journal.events import BackupRecorded
from tui.steps.backup import KIND
from tui.steps.backup.method import chosen
from tui.steps.backup.spec import BackupSpec
from tui.steps.effects import (
    Failed,
    Growing,
    HashPath,
    Passed,
    PathHash,
    Piped,
    PipedDone,
    Probe,
    Rows,
    RunChild,
    RunQuery,
    Snapshot,
    SnapshotTaken,
    SqlError,
)

SPEC: dict[str, Any] = {"directory": "${BACKUPS}"}
TAKEN = SnapshotTaken(name="00000003-1", facts={"host": "db1", "lsn": "0/1"})
ROOM = {"free_bytes": 10**12, "source": "here (local)", "last_bytes": None, "database_bytes": 1000}
MADE: dict[str, Any] = {}
HASH = PathHash(bytes=1000, files=1, sha256="cd")


def test_what_was_written_is_hashed_and_recorded() -> None:
    done = play(KIND, SPEC, answers({"path": "/b/R.a.1.dump"}, ROOM, TAKEN, MADE, ended(), HASH, None, None))
    prepare, room, taking, make, dump, hashing, _artifact, _beside, _emit = done.asked
    assert room == Probe(name="backup_space", arguments={"path": "/b/R.a.1.dump"})
    assert taking == Snapshot()
    assert prepare == Probe(name="path_prepare", arguments={"directory": "${BACKUPS}", "name": "R.a.1.dump"})
    assert make == Probe(name="path_make", arguments={"path": "/b/R.a.1.dump", "directory": False})
    assert isinstance(dump, RunChild)
    assert dump.argv == (
        "pg_dump", "--format=custom", "--compress=1", "--file=/b/R.a.1.dump", "--snapshot=00000003-1",
        "--lock-wait-timeout=10000", "--no-password",
    )  # fmt: skip
    assert (dump.target, dump.changes, dump.piped) == (True, False, None)
    assert dump.written == Growing(path="/b/R.a.1.dump")
    assert hashing == HashPath(path="/b/R.a.1.dump")
    assert done.emitted == [
        BackupRecorded(
            step="a", attempt=1, path="/b/R.a.1.dump", format="custom", bytes=1000, sha256="cd", files=1, seconds=1.5
        )
    ]
    assert isinstance(done.ended, Passed)
    assert {"path": "/b/R.a.1.dump", "bytes": 1000, "sha256": "cd", "files": 1}.items() <= done.ended.evidence.items()
    assert done.ended.effect == "none", "it changes nothing in the database"


def test_a_dump_whose_hashes_find_no_room_beside_it_is_still_one() -> None:
    full = "/b/x.SHA256SUMS: No space left on device"
    done = play(KIND, SPEC, answers({"path": "/b/x"}, ROOM, TAKEN, MADE, ended(), HASH, None, full))
    assert isinstance(done.ended, Passed)
    assert (done.ended.evidence["checksums"], done.ended.evidence["checksums_error"]) == ("a.1.SHA256SUMS", full)


@pytest.mark.unsaid(Fact.RESTORED)
@pytest.mark.parametrize("known", [None, {"run": "R", "restore_s": 4.0, "database_bytes": 9, "bytes": 3}])
def test_what_a_restore_took_stands_beside_the_choice_where_it_is_known(known: dict[str, Any] | None) -> None:
    room = ROOM | ({} if known is None else {"last_restore": known})
    done = play(KIND, SPEC, answers({"path": "/b/x"}, room, TAKEN, MADE, ended(), HASH, None, None))
    assert done.ended.evidence["restored"] == known and "last_restore" not in done.ended.evidence["space"]


def test_every_attempt_writes_a_place_of_its_own() -> None:
    done = play(KIND, SPEC, answers({"error": "taken"}), attempt=3)
    assert done.of(Probe)[0].arguments["name"] == "R.a.3.dump"


def test_a_directory_may_be_dumped_in_parallel_and_in_part() -> None:
    spec = SPEC | {
        "format": "directory",
        "jobs": 4,
        "compress": 0,
        "schemas": ["app"],
        "tables": ["x.y"],
        "timeout": 9.0,
    }
    done = play(
        KIND,
        spec,
        answers({"path": "/b/R.a.1"}, ROOM, TAKEN, MADE, ended(), HASH, None, None),
        of=step("backup", spec, timeout=1.0),
    )
    assert done.of(Probe)[0].arguments["name"] == "R.a.1"
    (dump,) = done.of(RunChild)
    assert {"--format=directory", "--compress=0", "--jobs=4", "--schema=app", "--table=x.y"} <= set(dump.argv)
    assert dump.timeout == 9.0


def test_a_single_file_has_no_jobs() -> None:
    done = play(KIND, SPEC | {"jobs": 4}, answers({"path": "/b/x"}, ROOM, TAKEN, MADE, ended(), HASH, None, None))
    assert not [a for a in done.of(RunChild)[0].argv if a.startswith("--jobs")]


def test_without_a_place_nothing_is_dumped() -> None:
    done = play(KIND, SPEC, answers({"error": "/b: Permission denied"}))
    assert done.ended == Failed(reason=FailReason.BACKUP_DIRECTORY, evidence={"error": "/b: Permission denied"})
    assert done.of(RunChild) == []


@pytest.mark.parametrize(
    ("child", "hashed", "reason"),
    [
        (ended(None, error="no pg_dump"), None, "not_started"),
        (ended(1), None, "exit_status"),
        (ended(-15, timed_out=True), None, "timeout"),
        (ended(-9), None, "signalled"),
        (ended(None, lost=True), None, "program_lost"),
        (ended(0), PathHash(error="gone"), "backup_unreadable"),
        (ended(0), PathHash(bytes=0, files=1, sha256="e3"), "backup_unreadable"),
    ],
)
def test_what_is_no_backup_is_not_recorded_as_one(child: Any, hashed: Any, reason: str) -> None:
    done = play(KIND, SPEC, answers({"path": "/b/x"}, ROOM, TAKEN, MADE, child, hashed))
    assert isinstance(done.ended, Failed)
    assert done.ended.reason == reason
    assert done.ended.evidence["path"] == "/b/x", "what is left of it can be found"
    assert done.emitted == []


@pytest.mark.unsaid(FailReason.NO_SPACE)
@pytest.mark.parametrize(
    ("spec", "found", "need", "reason"),
    [
        ({}, {"free_bytes": 1000}, 1000, None),
        ({}, {"free_bytes": 999}, 1000, "no_space"),
        ({}, {"free_bytes": 300, "last_bytes": 200}, 300, None),
        ({}, {"free_bytes": 299, "last_bytes": 200}, 300, "no_space"),
        ({"schemas": ["app"]}, {"free_bytes": 1}, None, None),
        ({"tables": ["app.t"]}, {"free_bytes": 299, "last_bytes": 200}, 300, "no_space"),
        ({"space": "2x"}, {"free_bytes": 1999}, 2000, "no_space"),
        ({"space": "1kB"}, {"free_bytes": 1000}, 1000, None),
        ({"space": "skip"}, {"free_bytes": 0}, None, None),
        ({}, {"free_bytes": None, "error": "it does not answer"}, 1000, "not_answered"),
        ({"space": "2x"}, {"free_bytes": 1, "database_bytes": None}, None, "not_answered"),
    ],
)
def test_what_will_not_fit_is_not_begun(spec: Any, found: Any, need: int | None, reason: str | None) -> None:
    room = {k: v for k, v in (ROOM | found).items() if v is not None or k == "database_bytes"}
    asked = [room] if spec.get("space") != "skip" else []
    done = play(KIND, SPEC | spec, answers({"path": "/b/x"}, *asked, TAKEN, MADE, ended(), HASH, None, None))
    if reason is None:
        assert isinstance(done.ended, Passed)
    else:
        assert isinstance(done.ended, Failed) and done.ended.reason == reason
        assert done.of(RunChild) == [] and done.of(Snapshot) == []
    if asked:
        assert done.ended.evidence["space"]["need_bytes"] == need


ZSTD = {"zstd": True, "programs": ["zstd"], "cpus": 2}
PROGRAM = {"zstd": False, "programs": ["zstd"], "cpus": 8}
NEITHER: dict[str, Any] = {"zstd": False, "programs": [], "cpus": 1}


@pytest.mark.parametrize(
    ("prefer", "encrypted", "here", "expected"),
    [
        ("time", False, ZSTD, ("directory", "zstd:1", 2, "", "")),
        ("time", False, PROGRAM, ("directory", "1", 4, "", "")),
        ("time", False, PROGRAM | {"cpus": 2}, ("custom", "0", 1, "zstd", ".dump.zst")),
        ("time", False, NEITHER, ("directory", "1", 1, "", "")),
        ("size", False, ZSTD, ("directory", "zstd:9", 2, "", "")),
        ("size", False, PROGRAM, ("custom", "0", 1, "zstd", ".dump.zst")),
        ("size", False, NEITHER, ("directory", "6", 1, "", "")),
        ("time", True, ZSTD, ("custom", "0", 1, "zstd", ".dump.zst.encrypted")),
        ("time", True, ZSTD | {"programs": []}, ("custom", "zstd:1", 1, "", ".dump.encrypted")),
        ("size", True, NEITHER, ("custom", "6", 1, "", ".dump.encrypted")),
        (None, True, NEITHER, ("custom", "1", 1, "", ".dump.encrypted")),
    ],
)
def test_the_best_way_is_chosen_by_what_is_there(
    prefer: Any, encrypted: bool, here: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    method = chosen(BackupSpec(directory="/b", prefer=prefer, encrypt=("lock",) if encrypted else ()), here)
    assert (method.format, method.compress, method.jobs, method.packed, method.suffix) == expected
    assert [one[0] for one in method.behind] == ["zstd"] * bool(method.packed) + ["lock"] * encrypted


def test_what_passes_through_is_hashed_on_its_way() -> None:
    through = PipedDone(statuses=(0, 0), bytes=7, sha256="ee", plain_bytes=9, plain_sha256="cc")
    spec = SPEC | {"encrypt": ["lock", "-k"], "space": "skip"}
    done = play(KIND, spec, answers({"path": "/b/x"}, TAKEN, ended(piped=through), None, None))
    (dump,) = done.of(RunChild)
    assert dump.piped == Piped(behind=(("lock", "-k"),), into="/b/x")
    assert not [word for word in dump.argv if word.startswith("--file")], "the dump itself is written nowhere"
    evidence = done.ended.evidence
    assert (evidence["sha256"], evidence["bytes"], evidence["plain_sha256"], evidence["encrypted"]) == (
        "ee",
        7,
        "cc",
        True,
    )
    assert done.of(HashPath) == []


@pytest.mark.parametrize("passwords", [True, False])
def test_roles_come_along_with_passwords_where_the_role_may_read_them(passwords: bool) -> None:
    asked = Rows(rows=(("my db", passwords),), count=1)
    through = PipedDone(bytes=5, sha256="aa")
    spec = SPEC | {"globals": True, "space": "skip"}
    of = step("backup", spec, as_="ana")
    done = play(
        KIND,
        spec,
        answers({"path": "/b/x"}, TAKEN, MADE, ended(), asked, ended(piped=through), HASH, None, None),
        of=of,
    )
    _dump, roles = done.of(RunChild)
    assert roles.argv[:4] == ("pg_dumpall", "--globals-only", "--no-password", "--database=dbname='my db'")
    assert ("--no-role-passwords" in roles.argv) is not passwords and "--role=ana" in roles.argv
    assert roles.piped == Piped(into="/b/x.globals.sql")
    assert done.ended.evidence["globals"] == {
        "path": "/b/x.globals.sql", "bytes": 5, "sha256": "aa", "passwords": passwords,
    }  # fmt: skip


def test_without_the_roles_that_were_asked_for_there_is_no_backup() -> None:
    asked = Rows(rows=(("db", True),), count=1)
    spec = SPEC | {"globals": True, "space": "skip"}
    done = play(KIND, spec, answers({"path": "/b/x"}, TAKEN, MADE, ended(), asked, ended(1)))
    assert isinstance(done.ended, Failed) and done.ended.reason == FailReason.EXIT_STATUS
    assert (done.ended.evidence["program"], done.emitted) == ("pg_dumpall", [])


DENIED = SqlError(sqlstate="55000", message="WAL level not sufficient")


@pytest.mark.parametrize(
    ("told", "point"),
    [
        ([Rows(rows=((True,),), count=1), Rows(rows=(("0/9",),), count=1)], {"name": "before", "lsn": "0/9"}),
        ([Rows(rows=((False,),), count=1)], {"name": "before", "sqlstate": "42501"}),
        ([Rows(rows=((True,),), count=1), Rows(error=DENIED)],
         {"name": "before", "sqlstate": "55000", "error": "WAL level not sufficient"}),
    ],
)  # fmt: skip
def test_a_restore_point_is_made_where_that_is_allowed(told: list[Rows], point: dict[str, Any]) -> None:
    spec = SPEC | {"restore_point": "before", "space": "skip"}
    done = play(KIND, spec, answers({"path": "/b/x"}, TAKEN, *told, MADE, ended(), HASH, None, None))
    assert isinstance(done.ended, Passed) and done.ended.evidence["restore_point"] == point
    assert len(done.of(RunQuery)) == len(told), "it is asked first whether it may"


def test_a_name_of_a_restore_point_is_cut_to_what_the_server_takes() -> None:
    told = Rows(rows=((True,),), count=1), Rows(rows=(("0/9",),), count=1)
    spec = SPEC | {"restore_point": "é" * 40, "space": "skip"}
    done = play(KIND, spec, answers({"path": "/b/x"}, TAKEN, *told, MADE, ended(), HASH, None, None))
    assert done.ended.evidence["restore_point"]["name"] == "é" * 31


@pytest.mark.parametrize("status", [0, 3])
def test_another_program_says_by_its_exit_status_whether_there_is_a_backup(status: int) -> None:
    done = play(
        KIND,
        {"command": ["pgbackrest", "backup"], "timeout": 5.0},
        answers(Rows(rows=(("0/1",),), count=1), ended(status)),
    )
    (child,) = done.of(RunChild)
    assert (child.argv, child.authored, child.target, child.timeout) == (("pgbackrest", "backup"), True, True, 5.0)
    assert isinstance(done.ended, Passed if status == 0 else Failed)
    told = done.ended.evidence
    assert told["begun_lsn"] == "0/1", "by which it is known later"
    assert (told["by"], told["exit_status"], told["output_sha256"], told["tail"]) == (
        "pgbackrest",
        status,
        "ab",
        "the end",
    )
    assert done.emitted == [], "what it wrote, and where, nobody told"


def test_lint() -> None:
    assert codes(lint(KIND, {})) == codes(lint(KIND, SPEC | {"command": ["x"]})) == ["backup-way"]
    assert codes(lint(KIND, {"command": ["x"], "jobs": 2, "from": "s"})) == ["backup-command", "backup-command"]
    assert codes(lint(KIND, SPEC | {"prefer": "time", "compress": 3, "format": "directory"})) == ["backup-prefer"] * 2
    assert codes(lint(KIND, SPEC | {"encrypt": ["x"], "format": "directory"})) == ["backup-encrypt"]
    assert lint(KIND, SPEC | {"prefer": "time", "jobs": 3}) == []
    for space in ("auto", "skip", "1.5x", "50GB"):
        assert lint(KIND, SPEC | {"space": space}) == []
    assert codes(lint(KIND, SPEC | {"space": "much"})) == ["backup-space"]


def test_what_it_is() -> None:
    assert (KIND.changes, KIND.fence, KIND.repeat) == (False, "child", "always")
    assert KIND.facts is not None
    assert KIND.facts({"path": "/b", "bytes": 1, "other": 2}) == [("path", "/b"), ("bytes", 1)]
