from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play, step
from tui.journal.codes import FailReason
from tui.journal.events import BackupRecorded
from tui.steps.backup import KIND
from tui.steps.effects import Failed, HashPath, Passed, PathHash, Probe, RunChild, Snapshot, SnapshotTaken

SPEC: dict[str, Any] = {"directory": "${BACKUPS}"}
TAKEN = SnapshotTaken(name="00000003-1", facts={"host": "db1", "lsn": "0/1"})
ROOM = {"free_bytes": 10**12, "source": "here (local)", "last_bytes": None, "database_bytes": 1000}
HASH = PathHash(bytes=1000, files=1, sha256="cd")


def test_what_was_written_is_hashed_and_recorded() -> None:
    done = play(KIND, SPEC, answers({"path": "/b/R.a.1.dump"}, ROOM, TAKEN, ended(), HASH, None, None))
    prepare, room, taking, dump, hashing, _artifact, _beside, _emit = done.asked
    assert room == Probe(name="backup_space", arguments={"path": "/b/R.a.1.dump"})
    assert taking == Snapshot()
    assert prepare == Probe(name="path_prepare", arguments={"directory": "${BACKUPS}", "name": "R.a.1.dump"})
    assert isinstance(dump, RunChild)
    assert dump.argv == (
        "pg_dump", "--format=custom", "--compress=1", "--file=/b/R.a.1.dump", "--snapshot=00000003-1",
        "--lock-wait-timeout=10000", "--no-password",
    )  # fmt: skip
    assert (dump.target, dump.changes, dump.watch_path) == (True, False, "/b/R.a.1.dump")
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
    done = play(KIND, SPEC, answers({"path": "/b/x"}, ROOM, TAKEN, ended(), HASH, None, full))
    assert isinstance(done.ended, Passed)
    assert (done.ended.evidence["checksums"], done.ended.evidence["checksums_error"]) == ("a.1.SHA256SUMS", full)


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
        answers({"path": "/b/R.a.1"}, ROOM, TAKEN, ended(), HASH, None, None),
        of=step("backup", spec, timeout=1.0),
    )
    assert done.of(Probe)[0].arguments["name"] == "R.a.1"
    (dump,) = done.of(RunChild)
    assert {"--format=directory", "--compress=0", "--jobs=4", "--schema=app", "--table=x.y"} <= set(dump.argv)
    assert dump.timeout == 9.0


def test_a_single_file_has_no_jobs() -> None:
    done = play(KIND, SPEC | {"jobs": 4}, answers({"path": "/b/x"}, ROOM, TAKEN, ended(), HASH, None, None))
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
    done = play(KIND, SPEC, answers({"path": "/b/x"}, ROOM, TAKEN, child, hashed))
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
    done = play(KIND, SPEC | spec, answers({"path": "/b/x"}, *asked, TAKEN, ended(), HASH, None, None))
    if reason is None:
        assert isinstance(done.ended, Passed)
    else:
        assert isinstance(done.ended, Failed) and done.ended.reason == reason
        assert done.of(RunChild) == [] and done.of(Snapshot) == []
    if asked:
        assert done.ended.evidence["space"]["need_bytes"] == need


def test_lint() -> None:
    for space in ("auto", "skip", "1.5x", "50GB"):
        assert lint(KIND, SPEC | {"space": space}) == []
    assert codes(lint(KIND, SPEC | {"space": "much"})) == ["backup-space"]


def test_what_it_is() -> None:
    assert (KIND.changes, KIND.fence, KIND.repeat) == (False, "child", "always")
    assert KIND.facts is not None
    assert KIND.facts({"path": "/b", "bytes": 1, "other": 2}) == [("path", "/b"), ("bytes", 1)]
