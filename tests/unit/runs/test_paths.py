from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.files import open_or_create, reading
from tui.journal import io
from tui.runs import paths
from tui.runs.paths import (
    RUN_ID,
    AmbiguousRun,
    RunExists,
    RunNotFound,
    RunPaths,
    create_run_directory,
    find_run,
    is_open,
    last_type,
    list_runs,
    new_run_id,
)
from tui.words.said import say

OLD, NEW = "20261122T060300Z-7f3a", "20261123T060300Z-0001"
OPENED, CLOSED = b'{"seq":0,"type":"run.opened"}\n', b'{"seq":1,"type":"run.closed"}\n'
AsNobody = Callable[[str, list[str]], str]


@pytest.fixture(params=[0o077, 0o000, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def run(name: str, *lines: bytes) -> RunPaths:
    made = create_run_directory(name)
    made.journal.write_bytes(b"".join(lines))
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_an_id_is_the_time_in_utc_and_sorts_by_it() -> None:
    moment = datetime(2026, 11, 22, 3, 3, tzinfo=timezone(timedelta(hours=-3)))
    assert new_run_id(moment).startswith("20261122T060300Z-")
    assert RUN_ID.fullmatch(new_run_id(moment))
    assert new_run_id(moment) < new_run_id(moment + timedelta(seconds=1))


def test_home_is_the_environments_then_the_machines_then_ones_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine = tmp_path / "machine"
    monkeypatch.setattr(paths, "SYSTEM_HOME", machine)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("VIRADA_HOME", raising=False)
    assert paths.home() == tmp_path / ".local/state/virada"
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    assert paths.home() == tmp_path / ".local/state/virada"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert paths.home() == tmp_path / "xdg/virada"
    machine.mkdir()
    assert paths.home() == machine
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "mine"))
    assert paths.home() == tmp_path / "mine"


def test_a_machines_home_that_the_caller_may_not_use_is_passed_over(state: Path, as_nobody: AsNobody) -> None:
    state.mkdir(mode=0o700)
    code = """
import tui.runs.paths as paths
paths.SYSTEM_HOME = Path(arguments[0])
os.environ.pop("VIRADA_HOME")
os.environ["XDG_STATE_HOME"] = "/own"
print(paths.home())
os.environ["VIRADA_HOME"] = arguments[0]
try:
    find_run(None)
except RunError as error:
    print(error)
"""
    first, second = as_nobody(code, [str(state)]).splitlines()
    assert first == "/own/virada"
    assert second == f"The runs in {state}/runs cannot be listed: Permission denied."


def test_modes_do_not_depend_on_the_umask(state: Path, umask: int) -> None:
    run = create_run_directory(NEW)
    assert run.directory == state / "runs" / NEW
    made = (state, state / "runs", run.directory, run.plan, run.output, run.artifacts)
    assert {mode(path) for path in made} == {0o2750}
    os.close(open_or_create(run.engine_log, 0o600))
    os.close(open_or_create(run.journal, 0o640))
    assert (mode(run.engine_log), mode(run.journal)) == (0o600, 0o640)
    assert os.umask(umask) == umask


def test_directories_above_are_never_writable_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "a/b/state"))
    create_run_directory(NEW)
    assert mode(tmp_path / "a") & 0o022 == 0
    assert mode(tmp_path / "a/b") & 0o022 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another group")
def test_the_group_is_inherited(state: Path, umask: int) -> None:
    state.mkdir()
    os.chown(state, -1, 65534)
    state.chmod(0o2750)
    run = create_run_directory(NEW)
    assert {path.stat().st_gid for path in (run.directory, run.plan, run.artifacts)} == {65534}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory of a group an account is no member of")
def test_the_group_is_inherited_by_an_account_outside_of_it(state: Path, as_nobody: AsNobody, umask: int) -> None:
    state.mkdir()
    os.chown(state, 65534, 4321)
    state.chmod(0o2750)
    code = """
from tui.runs.paths import create_run_directory
os.umask(int(arguments[1]))
print(create_run_directory(arguments[0]).directory)
"""
    made = Path(as_nobody(code, [NEW, str(umask)]))
    for path in (made.parent, made, made / "output"):
        assert (mode(path), path.stat().st_gid) == (0o2750, 4321)


def test_a_shared_directory_keeps_its_mode(state: Path) -> None:
    (state / "runs").mkdir(parents=True)
    (state / "runs").chmod(0o3770)
    create_run_directory(NEW)
    assert mode(state / "runs") == 0o3770


def test_a_run_is_made_once_and_never_through_a_link(state: Path, tmp_path: Path) -> None:
    create_run_directory(OLD)
    with pytest.raises(RunExists):
        create_run_directory(OLD)
    (state / "runs" / NEW).symlink_to(tmp_path)
    with pytest.raises(RunExists):
        create_run_directory(NEW)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError):
        create_run_directory("../elsewhere")


def test_runs_behind_a_link_are_refused(state: Path, tmp_path: Path) -> None:
    state.mkdir()
    (state / "runs").symlink_to(tmp_path)
    with pytest.raises(OSError):
        create_run_directory(NEW)
    assert list(tmp_path.iterdir()) == []


def test_open_or_create_takes_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError):
        open_or_create(tmp_path / "link", 0o600)
    with pytest.raises(OSError):
        open_or_create(tmp_path / "pipe", 0o600)
    with pytest.raises(OSError, match="not a regular file"):
        open_or_create(tmp_path / "pipe", 0o600, os.O_RDWR)


def test_finding(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = run(OLD, OPENED), run(NEW, OPENED, CLOSED)
    assert list_runs() == (new, old)
    assert find_run("last") == new
    assert find_run("last", open_only=True) == old
    assert find_run(None) == old
    assert find_run(OLD) == find_run("20261122") == find_run(str(old.directory)) == find_run(str(old.journal)) == old
    assert find_run("2026112", open_only=True) == old
    monkeypatch.chdir(old.directory)
    assert find_run("./journal.jsonl") == find_run("journal.jsonl") == old
    with pytest.raises(AmbiguousRun) as ambiguous:
        find_run("2026")
    assert str(ambiguous.value) == f"2026 fits 2 runs: {NEW}, {OLD}. Give more of the id."
    with pytest.raises(RunNotFound, match=f"The run {NEW} is closed"):
        find_run(NEW, open_only=True)


@pytest.mark.parametrize(
    "text", ["2025", "", "nothing", "/nowhere/at/all", "./nothing", "/", "/dev/null", "a\x1b[31m", "./a\x1b[31m"]
)
def test_what_is_not_there_is_one_sentence(state: Path, text: str) -> None:
    run(OLD, OPENED)
    with pytest.raises(RunNotFound) as error:
        find_run(text)
    assert say(error.value).isprintable()
    assert say(error.value).endswith(".")


def test_no_runs_at_all(state: Path) -> None:
    assert list_runs() == ()
    for text in (None, "last"):
        with pytest.raises(RunNotFound, match=f"There is no run in {state}/runs."):
            find_run(text)


def test_a_journal_alone(state: Path, tmp_path: Path) -> None:
    for name in ("copy.jsonl", "journal.jsonl"):
        copy = tmp_path / name
        copy.write_bytes(OPENED)
        found = find_run(str(copy))
        assert (found.alone, found.journal, found.directory) == (True, copy, tmp_path)
    assert find_run(str(tmp_path)).alone
    (tmp_path / "link.jsonl").symlink_to(copy)
    with pytest.raises(RunNotFound):
        find_run(str(tmp_path / "link.jsonl"))


def test_names_that_are_no_runs_are_not_listed(state: Path, tmp_path: Path) -> None:
    made = run(OLD, OPENED)
    (state / "runs" / "notes").mkdir()
    (state / "runs" / NEW).symlink_to(tmp_path)
    (state / "runs" / "20261124T060300Z-0001").write_text("")
    assert list_runs() == (made,)


def test_a_torn_line_does_not_exist(state: Path) -> None:
    made = run(OLD, OPENED, CLOSED[:-1])
    assert last_type(made.journal) == "run.opened"
    assert is_open(made)
    empty = run(NEW, OPENED[:-1])
    assert last_type(empty.journal) is None
    assert not is_open(empty)
    assert find_run(None) == made


def test_a_damaged_last_line_leaves_the_run_open(state: Path) -> None:
    made = run(OLD, OPENED, b"\xff\xfe\n")
    assert last_type(made.journal) == ""
    assert is_open(made)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(0, 40), max_size=8), chunk=st.integers(1, 50), torn=st.integers(0, 30))
def test_the_last_line_is_found_whatever_the_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lengths: list[int], chunk: int, torn: int
) -> None:
    monkeypatch.setattr(io, "PIECE", chunk)
    lines = [b'{"type":"%d.%s"}' % (i, b"x" * n) for i, n in enumerate(lengths)]
    journal = tmp_path / "journal"
    journal.write_bytes(b"".join(line + b"\n" for line in lines) + b"y" * torn)
    expected = f"{len(lengths) - 1}.{'x' * lengths[-1]}" if lengths else None
    assert last_type(journal) == expected
    with reading(journal) as fd:
        found = list(io.lines_backwards(fd, journal.stat().st_size))
        assert [raw for _begin, raw in found] == lines[::-1]
        assert all(io.line_at(fd, begin) == raw for begin, raw in found)
        assert io.line_at(fd, sum(len(line) + 1 for line in lines)) is None, "what is torn is no line"
