"""`check: recent_backup` without files and programs: what it makes of the answers that it gets."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.steps.drive import Played, codes, ended, lint, play
from tui.journal.codes import Hindrance
from tui.steps.check import KIND, wal
from tui.steps.effects import Effect, HashPath, Now, PathHash, Probe, Rows, RunChild, RunQuery
from tui.steps.repositories.asking import told

NOW = 1_000_000.0
WAL = 16 << 20
DUMP = {
    "path": "/b/a.dump", "name": "a.dump", "format": "custom", "database": "app", "made": NOW - 60, "bytes": 3,
    "complete": True, "sums": "0" * 64 + "  a.dump\n",
}  # fmt: skip
BACKUP = {
    "archive": {"start": "000000010000000000000002", "stop": "000000010000000000000002"}, "label": "20261127F",
    "database": {"id": 1, "repo-key": 1}, "error": False, "info": {"size": 5}, "timestamp": {"stop": NOW - 60},
    "type": "full",
}  # fmt: skip
STANZA = {
    "name": "main", "status": {"code": 0, "message": "ok"}, "db": [{"id": 1, "system-id": 7}], "backup": [BACKUP],
    "archive": [{"database": {"id": 1, "repo-key": 1}, "id": "15-1"}],
}  # fmt: skip
LISTED = "\n".join(f"0000000100000000/00000001000000000000000{n}-aa.gz" for n in range(1, 6))


def recent(spec: dict[str, Any], **given: Any) -> Played:
    def answer(effect: Effect) -> Any:
        if isinstance(effect, Now):
            return NOW
        if isinstance(effect, Probe):
            return {"database": "app", "system_identifier": "7"} if effect.name == "identity" else given["dumps"]
        if isinstance(effect, HashPath):
            return given["hash"]
        if isinstance(effect, RunQuery):
            archiver = ("on", "", "", False, 1.0, "000000010000000000000006", WAL)
            return Rows(rows=(given.get("archiver", archiver),), count=1)
        assert isinstance(effect, RunChild)
        if "repo-ls" in effect.argv:
            return ended(**given["listed"]) if isinstance(given["listed"], dict) else printed(given["listed"])
        return ended(**given["info"]) if isinstance(given["info"], dict) else printed(given["info"])

    return play(KIND, {"recent_backup": spec}, answer)


def printed(text: str) -> Any:
    return msgspec.structs.replace(ended(), tail=text, length=len(text))


def rows(played: Played) -> dict[str, tuple[bool | None, list[str]]]:
    return {
        row["what"]: (row["holds"], [one["code"] for one in row.get("why", ())])
        for row in played.ended.evidence["checks"]
    }


def pgbackrest(listed: Any = LISTED, **stanza: Any) -> dict[str, tuple[bool | None, list[str]]]:
    info = "WARN: something\n" + msgspec.json.encode([STANZA | stanza]).decode()
    return rows(recent({"pgbackrest": {"stanza": "main"}}, info=info, listed=listed))


@pytest.mark.unsaid(Hindrance.BACKUP_UNREADABLE)
@pytest.mark.parametrize(
    ("found", "told"),
    [
        (PathHash(listed=(("a.dump", "0" * 64),)), (True, [])),
        (PathHash(listed=(("a.dump", "1" * 64),)), (False, ["backup_differs", "backup_none"])),
        (PathHash(error="/b/a.dump: Permission denied"), (None, ["backup_unreadable", "backup_none"])),
    ],
)
def test_a_dump_is_as_it_was_written_or_nobody_knows(found: PathHash, told: tuple[bool | None, list[str]]) -> None:
    done = recent({"directory": "/b"}, dumps={"directory": "/b", "dumps": [DUMP]}, hash=found)
    assert rows(done)["dump"] == told


def test_further_dumps_than_are_read_through_are_not_judged() -> None:
    many = [DUMP | {"name": f"{n}.dump", "sums": f"{'0' * 64}  {n}.dump\n"} for n in range(5)]
    other = PathHash(listed=(("x", "1" * 64),))
    done = recent({"directory": "/b"}, dumps={"directory": "/b", "dumps": many}, hash=other)
    assert rows(done)["dump"] == (None, ["backup_differs"] * 3)
    assert done.ended.evidence["checks"][0]["not_looked_at"] == 2


def test_a_dump_of_this_very_run_is_none_from_before_it() -> None:
    ours = DUMP | {"name": "R.backup.1.dump"}
    done = recent({"directory": "/b"}, dumps={"directory": "/b", "dumps": [ours]})
    assert rows(done)["dump"] == (False, ["backup_none"])


@pytest.mark.unsaid(Hindrance.BACKUP_ERRORS)
def test_a_base_backup_with_wrong_checksums_is_none() -> None:
    assert pgbackrest() == {"base": (True, []), "archive": (True, [])}
    assert pgbackrest(backup=[BACKUP | {"error": True}])["base"] == (False, ["backup_errors"])


@pytest.mark.unsaid(Hindrance.REPOSITORY_LONG, Hindrance.REPOSITORY_UNREAD, Hindrance.REPOSITORY_SILENT)
@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"status": None, "error": "not there"}, "repository_silent"),
        ({"status": 27}, "repository_failed"),
        ("no JSON", "repository_unread"),
        ("[]", "repository_unread"),
        (msgspec.json.encode([STANZA | {"status": {"code": 99, "message": "other"}}]).decode(), "repository_status"),
    ],
)
def test_what_a_repository_does_not_tell_is_not_known(info: Any, code: str) -> None:
    assert rows(recent({"pgbackrest": {"stanza": "main"}}, info=info)) == {"base": (None, [code])}


def test_more_than_is_read_is_not_read_in_part() -> None:
    long = msgspec.structs.replace(printed("[]"), length=1 << 30)
    played = play(
        KIND, {"recent_backup": {"pgbackrest": {"stanza": "main"}}},
        lambda effect: NOW if isinstance(effect, Now) else long if isinstance(effect, RunChild) else {},
    )  # fmt: skip
    assert rows(played) == {"base": (None, ["repository_long"])}


def test_an_archive_that_is_not_listed_is_not_known() -> None:
    assert pgbackrest(listed={"status": 1})["archive"] == (None, ["archive_unknown"])


def test_gaps_are_seen_across_logs_and_timelines() -> None:
    names = "000000010000000000000002\n0000000200000000000000FF-aa.gz\nx/000000020000000100000000\n"
    found = wal.numbers(names + "000000010000000000000003.partial\n000000010000000000000002.00000028.backup\n", WAL)
    assert found == {2, 255, 256} and wal.shown(256, WAL) == "0000000100000000"
    assert wal.first_gap(found, 2) == 3 and wal.first_gap(found, 255) is None and wal.first_gap((), 5) == 5
    assert wal.first_gap({7}, 5) == 5
    assert wal.number("000000010000000100000000", 1 << 30) == 4 and wal.number("x", WAL) is None


def test_json_is_found_behind_warnings() -> None:
    assert told('WARN: [x] is old\n{"a": 1}') == {"a": 1} and told("nothing") is None


def test_lint() -> None:
    assert codes(lint(KIND, {"recent_backup": {}})) == ["recent-backup-source"]
    two = {"directory": "/b", "barman": {"server": "main"}}
    assert codes(lint(KIND, {"recent_backup": two})) == ["recent-backup-source"]
    assert codes(lint(KIND, {"recent_backup": {"directory": "/b"}})) == []
