from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play
from tui.journal.codes import FailReason
from tui.steps import backup, sql
from tui.steps.archive import sums
from tui.steps.effects import Copied, CopyFiles, Failed, LoadArtifact, Passed, Piped, PipedDone, RunChild
from tui.steps.store_backup import KIND, by_ssh
from tui.steps.store_backup.whole import whole_of

A, B = "a" * 64, "b" * 64
LISTED = (("toc.dat", A), ("1.dat", B))
TEXT = sums.written("R", LISTED, [("R.globals.sql", B)])
RECORDED: dict[str, Any] = {
    "path": "/b/R", "sha256": sums.whole("R", LISTED), "checksums": "dump.1.SHA256SUMS", "bytes": 100,
    "format": "custom",
    "globals": {"path": "/b/R.globals.sql", "sha256": B, "bytes": 7},
}  # fmt: skip
SUMS = hashlib.sha256(TEXT.encode()).hexdigest()
FILES = (("R.globals.sql", B), ("R.SHA256SUMS", SUMS), ("R/toc.dat", A), ("R/1.dat", B))


def test_what_is_stored_are_all_files_of_it_the_backup_last() -> None:
    found = whole_of(RECORDED, TEXT)
    assert found is not None and found.files == FILES and found.bytes == 107 + len(TEXT)
    assert (found.directory, found.tops) == ("/b", ("R.globals.sql", "R.SHA256SUMS", "R"))


def stored(spec: dict[str, Any], *told: Any, text: str | None = TEXT, recorded: dict[str, Any] = RECORDED) -> Any:
    return play(KIND, {"of": "dump"} | spec, answers(text, *told), evidence={"dump": recorded}, artifacts="/artifacts")


@pytest.mark.parametrize("text", [None, "", TEXT.replace(A, B)])
def test_a_list_that_the_journal_does_not_vouch_for_is_none(text: str | None) -> None:
    done = stored({"directory": "/v"}, text=text)
    assert isinstance(done.ended, Failed) and done.ended.reason == FailReason.NO_BACKUP
    assert done.of(CopyFiles) == []


def test_without_a_backup_there_is_nothing_to_store() -> None:
    done = play(KIND, {"of": "dump", "directory": "/v"}, answers(), evidence={"dump": {"exit_status": 0}})
    assert done.ended == Failed(reason=FailReason.NO_BACKUP, evidence={"of": "dump"})


def test_of_a_copy_is_told_what_a_verification_needs() -> None:
    done = stored({"directory": "/v"}, Copied(path="/v/R", free=10**9))
    assert isinstance(done.ended, Passed)
    assert {"path": "/v/R", "sha256": RECORDED["sha256"], "format": "custom"}.items() <= done.ended.evidence.items()


@pytest.mark.parametrize(
    ("copied", "reason"),
    [
        (Copied(path="/v/R", error="/v: Permission denied"), FailReason.BACKUP_DIRECTORY),
        (Copied(path="/v/R", no_room=True, free=1), FailReason.NO_SPACE),
        (Copied(path="/v/R", copy_differs=("R/toc.dat",)), FailReason.HASH_DIFFERS),
    ],
)
def test_what_keeps_it_from_being_stored(copied: Copied, reason: FailReason) -> None:
    done = stored({"directory": "/v"}, copied)
    assert isinstance(done.ended, Failed) and done.ended.reason == reason and "path" not in done.ended.evidence


CLIENT = {"command": ["put", "{file}", "x/{name}"], "verify": ["get", "x/{name}"]}


def through(digest: str) -> Any:
    return ended(piped=PipedDone(bytes=1, sha256=digest))


def test_a_program_stores_each_file_and_the_list_last() -> None:
    order = [("R.globals.sql", B), ("R/toc.dat", A), ("R/1.dat", B), ("R.SHA256SUMS", SUMS)]
    done = stored(CLIENT, *[ended()] * 4, *[through(digest) for _name, digest in order])
    programs = done.of(RunChild)
    assert [one.argv for one in programs[:4]] == [("put", f"/b/{name}", f"x/{name}") for name, _ in order]
    assert [one.argv for one in programs[4:]] == [("get", f"x/{name}") for name, _ in order]
    assert all(one.authored for one in programs) and all(one.piped == Piped(into="") for one in programs[4:])
    assert isinstance(done.ended, Passed)


def test_what_comes_back_is_hashed() -> None:
    done = stored(CLIENT, *[ended()] * 4, through(B), through(B), through(B), through(SUMS))
    assert isinstance(done.ended, Failed) and done.ended.reason == FailReason.HASH_DIFFERS
    assert done.ended.evidence["damaged"] == ["R/toc.dat"]


@pytest.mark.parametrize(("left_out", "bad"), [(None, []), ("R/1.dat", ["R/1.dat"])])
def test_a_program_that_lists_hashes_is_read(left_out: str | None, bad: list[str]) -> None:
    spec = {"command": ["sync"], "verify": ["list"]}
    lines = "".join(f"{digest}  ./backups/{name}\n" for name, digest in FILES if name != left_out)
    done = stored(spec, ended(), ended(), lines + "something else\n")
    assert [one.argv for one in done.of(RunChild)] == [("sync",), ("list",)] and done.of(LoadArtifact)
    assert done.ended.evidence.get("damaged", []) == bad


def test_a_program_that_fails_is_told_with_the_file() -> None:
    done = stored(CLIENT, ended(), ended(3))
    assert isinstance(done.ended, Failed) and done.ended.reason == FailReason.EXIT_STATUS
    assert done.ended.evidence["file"] == "R/toc.dat"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("vault:/srv/b", ("vault", "/srv/b")),
        ("ana@vault:b c", ("ana@vault", "b c")),
        ("ssh://ana@vault:2222/srv", ("ssh://ana@vault:2222", "/srv")),
        ("vault", None),
        ("vault:", None),
        ("-oProxyCommand=x:/srv", None),
        ("ssh://vault", None),
    ],
)
def test_a_place_on_another_host(text: str, place: tuple[str, str] | None) -> None:
    assert by_ssh.place_of(text) == place


def test_lint() -> None:
    kinds = {"dump": backup.KIND, "x": sql.KIND}

    def found(**spec: Any) -> list[str]:
        return codes(lint(KIND, {"of": "dump"} | spec, kinds=kinds))

    assert found(directory="/v") == found(ssh="h:/v") == found(**CLIENT) == []
    assert found() == found(directory="/v", ssh="h:/v") == ["store-where"]
    assert found(ssh="h") == ["store-ssh"] and found(command=["x"]) == ["store-verify"]
    assert found(of="x", directory="/v") == found(of="nothing", directory="/v") == ["store-of"]
