"""Whose a run is: by its directory's, journal's and plan's owner, without links, and by the id in its journal."""

from __future__ import annotations

import json
import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.planted import LAST, marker_of, plant, share
from tui.engine.crashlog import CrashLog
from tui.engine.process import main
from tui.engine.process.detach import READY_FD
from tui.engine.process.launch import LaunchFailed, resume_run
from tui.runs.owner import NotOwned, claimed, line_that_works, require_own, taker
from tui.runs.paths import RunNotFound, RunPaths, create_run_directory, find_run
from tui.said import from_data
from tui.words.said import say

ME = (os.geteuid(), os.getegid())
NOBODY = (65534, 65534)
ROOT = os.geteuid() == 0
OWN = "20261122T060300Z-7f3a"
AsNobody = Callable[[str, list[str]], str]
needs_root = pytest.mark.skipif(not ROOT, reason="only root can put down what belongs to another account")


@pytest.fixture
def home(state: Path) -> Iterator[Path]:
    """A shared state directory."""
    if ROOT:
        share(state, NOBODY[1])
    yield state


def refused(paths: RunPaths) -> str:
    with pytest.raises(NotOwned) as error:
        require_own(paths)
    said = say(error.value)
    assert "\n" not in said and "\x1b" not in said
    return said


def nothing_was_done(paths: RunPaths) -> bool:
    left = paths.engine_log, paths.engine_lock, marker_of(paths.directory.parents[1])
    return not any(path.exists() for path in left)


def test_ones_own_is_taken_up(home: Path) -> None:
    paths = plant(home, ME)
    require_own(paths)
    assert taker(paths) is None
    assert claimed(LAST) == claimed("last") == claimed(None) == claimed("2099") == paths


@needs_root
@pytest.mark.parametrize("account", [NOBODY, (4242, 4242)], ids=["nobody", "no-name"])
def test_another_accounts_run_is_refused_by_every_way_to_it(home: Path, account: tuple[int, int]) -> None:
    paths = plant(home, account)
    who = "nobody" if account == NOBODY else "'#4242'"
    line = f"sudo -u {who} virada continue {LAST}"
    assert line_that_works(paths) == line
    assert line in refused(paths)
    for text in (None, "last", LAST, "2099", str(paths.directory), str(paths.journal)):
        with pytest.raises(NotOwned) as error:
            claimed(text)
        assert line in str(error.value)
    with pytest.raises(LaunchFailed, match="belongs to") as failed:
        resume_run(paths)
    assert failed.value.exit_code == 5
    assert main.main([str(paths.directory)]) == 1, "the engine itself refuses"
    assert nothing_was_done(paths)


@needs_root
def test_ones_own_is_meant_by_last_and_by_a_prefix(home: Path) -> None:
    mine = plant(home, ME, OWN)
    plant(home, NOBODY, "20261122T060301Z-0000")
    plant(home, NOBODY)
    assert claimed("last") == claimed(None) == claimed("20261122") == claimed("2") == mine
    assert find_run("last").id == LAST, "looking on is another matter"


def test_without_any_run_nothing_is_refused_but_found(home: Path) -> None:
    # One that this account is about to open is nobody else's, and no run yet.
    create_run_directory(OWN)
    with pytest.raises(RunNotFound, match="There is no run") as error:
        claimed("last")
    assert not isinstance(error.value, NotOwned)


def _another_owner(*name: str) -> Callable[[RunPaths], object]:
    return lambda paths: os.chown(paths.directory.joinpath(*name), *NOBODY)


def _a_link(name: str) -> Callable[[RunPaths], object]:
    def plant_it(paths: RunPaths) -> None:
        path = paths.directory / name
        aside = paths.directory.parents[1] / "aside"
        shutil.move(path, aside)
        path.symlink_to(aside)

    return plant_it


def _added(name: str, make: Callable[[Path], object]) -> Callable[[RunPaths], object]:
    return lambda paths: make(paths.directory / name)


def _pipe(paths: RunPaths) -> None:
    paths.journal.unlink()
    os.mkfifo(paths.journal, 0o640)


CHANGED: dict[str, tuple[Callable[[RunPaths], object], str]] = {
    "the journal's owner": (_another_owner("journal.jsonl"), "journal.jsonl belongs to nobody"),
    "the plan's owner": (_another_owner("plan"), "plan belongs to nobody"),
    "a file's owner": (_another_owner("plan", "plan.yaml"), "plan/plan.yaml belongs to nobody"),
    "the seal's owner": (_another_owner("plan", "SEAL"), "plan/SEAL belongs to nobody"),
    "the journal is a link": (_a_link("journal.jsonl"), "journal.jsonl is a link"),
    "the plan is a link": (_a_link("plan"), "plan is a link"),
    "a file is a link": (_a_link("plan/plan.yaml"), "plan/plan.yaml is a link"),
    "a directory is a link": (_added("plan/sub", lambda path: path.symlink_to("/etc")), "plan/sub is a link"),
    "what opens it is a link": (
        _added("opening.json", lambda path: path.symlink_to("/etc/passwd")), "opening.json is a link",
    ),
    "the journal is a pipe": (_pipe, "journal.jsonl is a link"),
    "others write the journal": (lambda paths: paths.journal.chmod(0o660), "others than its owner may write"),
    "others write a file": (lambda paths: (paths.plan / "SEAL").chmod(0o666), "its owner may write plan/SEAL"),
    "others write the directory": (lambda paths: paths.directory.chmod(0o2770), "others than its owner may write"),
}  # fmt: skip


@needs_root
@pytest.mark.parametrize("change", CHANGED)
def test_a_run_that_is_not_wholly_its_owners_is_refused(home: Path, change: str) -> None:
    paths = plant(home, ME)
    act, said = CHANGED[change]
    act(paths)
    assert said in refused(paths)
    with pytest.raises(NotOwned):
        claimed(LAST)
    assert main.main([str(paths.directory)]) == 1
    assert nothing_was_done(paths)


def test_the_directory_is_a_link(home: Path, tmp_path: Path) -> None:
    paths = plant(home, ME)
    shutil.move(paths.directory, tmp_path / LAST)
    paths.directory.symlink_to(tmp_path / LAST)
    assert "cannot be opened" in refused(paths)


def test_what_is_replaced_while_it_is_taken_up_is_not_executed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = plant(home, ME)
    take_up = main._take_up

    async def replaced(*arguments: Any) -> Any:
        taken = await take_up(*arguments)
        paths.journal.rename(paths.directory / "aside")
        shutil.copy(paths.directory / "aside", paths.journal)
        paths.journal.chmod(0o640)
        return taken

    monkeypatch.setattr(main, "_take_up", replaced)
    # Its hooks are the process's, which is the test's.
    monkeypatch.setattr(CrashLog, "install", lambda crashlog: None)
    reader, writer = os.pipe()
    monkeypatch.setenv(READY_FD, str(writer))
    assert main.main([str(paths.directory)]) == 1
    said = json.loads(os.read(reader, 65536))
    os.close(reader)
    assert said["exit_code"] == 5 and "was replaced" in str(from_data(said["error"]))
    assert not marker_of(home).exists()


@pytest.mark.parametrize("says", [OWN, "", "x\x1b[2J", "../" + LAST])
def test_the_journal_is_of_the_run_whose_name_the_directory_has(home: Path, says: str) -> None:
    paths = plant(home, ME, says=says or " ")
    assert "its journal is of another run" in refused(paths)


@needs_root
def test_an_account_is_not_root(home: Path, as_nobody: AsNobody) -> None:
    theirs, mine = plant(home, ME), plant(home, NOBODY, OWN)
    code = """
theirs, mine = arguments
for text, owner in (("last", None), (None, None), (mine, None), (theirs, "root"), (theirs, "nobody"), (theirs, None)):
    try:
        print(claimed(text, owner).id)
    except NotOwned as error:
        print("5", error)
"""
    said = as_nobody(code, [theirs.id, mine.id]).splitlines()
    assert said[:3] == [mine.id] * 3
    for line in said[3:]:
        assert line.startswith("5 ") and f"sudo -u root virada continue {theirs.id}" in line


@needs_root
def test_root_names_the_account_and_the_whole_id(home: Path) -> None:
    theirs, mine = plant(home, NOBODY), plant(home, ME, OWN)
    account = taker(claimed(LAST, "nobody"))
    entry = pwd.getpwuid(NOBODY[0])
    assert account is not None and (account.uid, account.gid, account.home) == (*NOBODY, entry.pw_dir)
    assert 0 not in account.groups
    assert taker(claimed(OWN, "root")) is None
    for text, owner in (
        (LAST, None), (LAST, "root"), (LAST, "daemon"), (LAST, "no such"), (LAST, "a\0b"), ("2099", "nobody"),
        (str(theirs.directory), "nobody"), ("last", "nobody"), (None, "nobody"), (OWN, "nobody"), ("last", "root"),
    ):  # fmt: skip
        with pytest.raises(NotOwned):
            claimed(text, owner)
    os.chown(theirs.plan / "plan.yaml", *ME)
    with pytest.raises(NotOwned, match="belongs to root"):
        claimed(LAST, "nobody")
    assert claimed("last") == mine


@needs_root
def test_an_account_without_a_name_gets_no_engine(home: Path) -> None:
    plant(home, (4242, 4242))
    for owner in ("uid4242", "4242", "#4242"):
        with pytest.raises(NotOwned):
            claimed(LAST, owner)


@needs_root
def test_a_run_that_another_account_opens_is_refused(home: Path) -> None:
    """Before its journal is there: what it would be opened with is what is executed."""
    paths = create_run_directory(OWN)
    (paths.directory / "opening.json").write_text("{}")
    require_own(paths)
    os.chown(paths.directory / "opening.json", *NOBODY)
    assert "opening.json belongs to nobody" in refused(paths)
