"""Programs under a supervisor that waited for them: as under one that is started with them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.postgres_server import await_condition
from tui.engine.programs.child import Child, ChildNotStarted
from tui.engine.programs.supervisor_pool import SupervisorPool
from tui.engine.programs.termination import members

ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def supervisors() -> Iterator[SupervisorPool]:
    made = SupervisorPool()
    yield made
    made.close()


def waiting(supervisors: SupervisorPool) -> psutil.Process:
    """The process of the one in waiting."""
    supervisors.prepare()
    assert supervisors._waiting is not None
    return psutil.Process(supervisors._waiting[0].pid)


def ended(
    supervisors: SupervisorPool | None, raw: Path, argv: Sequence[str], env: Mapping[str, str] = ENV,
    cwd: Path | None = None,
    descriptors: Sequence[int] = (),
) -> tuple[int, bytes]:  # fmt: skip
    """How the program ended, and what it printed; under the one in waiting where there are supervisors."""
    raw.unlink(missing_ok=True)
    raw.with_name(raw.name + ".rc").unlink(missing_ok=True)
    process = None if supervisors is None else waiting(supervisors)

    async def main() -> tuple[int, bytes]:
        child = await Child.start(
            argv, env=env, cwd=cwd or raw.parent, raw_path=raw, descriptors=descriptors, supervisors=supervisors
        )  # fmt: skip
        assert process is None or child.identity.pid == process.pid
        status = await child.wait()
        assert not members(child.identity)
        return status, raw.read_bytes()

    return asyncio.run(main())


SEEN = "pwd; cat; readlink /proc/self/fd/0; umask; grep -E 'Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd | wc -l"


def test_the_program_sees_the_same(supervisors: SupervisorPool, tmp_path: Path) -> None:
    environment = ENV | {"ODD": os.fsdecode(b"\xff\xfe"), "A B": "c\nd", "LARGE": "x" * 100_000}
    inside = tmp_path / "in ü side"
    inside.mkdir()
    seen, variables = [], []
    for one in (None, supervisors):
        seen.append(ended(one, tmp_path / "raw", ["sh", "-c", SEEN], environment, inside))
        _status, told = ended(one, tmp_path / "raw", ["env", "-0"], environment, inside)
        variables.append({line for line in told.split(b"\0") if not line.startswith(b"VIRADA_CHILD=")})
    assert seen[0] == seen[1] and seen[1][1].startswith(os.fsencode(str(inside)) + b"\n/dev/null\n")
    assert variables[0] == variables[1] >= {b"ODD=\xff\xfe", b"A B=c\nd"}


@pytest.mark.parametrize(("script", "status"), [("exit 3", 3), ("kill -9 $$", -9), ("kill -15 $$", -15)])
def test_how_it_ended(supervisors: SupervisorPool, tmp_path: Path, script: str, status: int) -> None:
    assert ended(supervisors, tmp_path / "raw", ["sh", "-c", script]) == (status, b"")


IN_ITS_OWN = """
import os, sys
pipes = [os.pipe() for _ in range(5)]
from pathlib import Path
from typing import Any
from tui.engine.programs.supervisor_pool import SupervisorPool
for (read, write), letter in zip(pipes, b"abcde"):
    os.write(write, bytes([letter]))
numbers = [read for read, _write in pipes]
supervisors = SupervisorPool()
supervisors.prepare()
status = Path(sys.argv[1])
status.write_bytes(b"x" * 16)
script = "; ".join(f"head -c 1 /dev/fd/{number}" for number in numbers)
process = supervisors.start(status, ["/bin/sh", "-c", script], env={"PATH": "/usr/bin:/bin"}, cwd=status.parent,
    output=1, descriptors=numbers[::-1])
print(numbers, process.wait(), file=sys.stderr)
"""


def test_descriptors_have_their_numbers_whatever_the_supervisor_has_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_ITS_OWN, str(tmp_path / "raw.rc")], capture_output=True, text=True, timeout=20
    )
    # Those that a supervisor opens first have these numbers as well.
    assert (done.stdout, done.stderr) == ("abcde", "[3, 5, 7, 9, 11] 0\n")


def test_what_cannot_be_started(supervisors: SupervisorPool, tmp_path: Path) -> None:
    with pytest.raises(ChildNotStarted, match="No such file"):
        ended(supervisors, tmp_path / "raw", ["/bin/true"], cwd=tmp_path / "gone")
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF nothing")
    bad.chmod(0o755)
    with pytest.raises(ChildNotStarted, match="not_executable"):
        ended(supervisors, tmp_path / "raw", [str(bad)])


def test_one_that_was_killed_while_it_waited_has_run_nothing(supervisors: SupervisorPool, tmp_path: Path) -> None:
    process = waiting(supervisors)
    process.kill()

    async def main() -> int:
        child = await Child.start(
            ["sh", "-c", "echo once"], env=ENV, cwd=tmp_path, raw_path=tmp_path / "raw", supervisors=supervisors
        )  # fmt: skip
        assert child.identity.pid != process.pid
        return await child.wait()

    assert asyncio.run(main()) == 0
    assert (tmp_path / "raw").read_text() == "once\n"


def test_none_in_waiting_outlives_its_engine(supervisors: SupervisorPool, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    pid = os.fork()
    if pid == 0:
        own = SupervisorPool()
        own.prepare()
        assert own._waiting is not None
        told.write_text(f"{own._waiting[0].pid}\n")
        signal.pause()
        os._exit(0)
    await_condition(lambda: told.exists() and told.read_text().endswith("\n"), "there is one in waiting")
    left = psutil.Process(int(told.read_text()))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    await_condition(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, "it has ended")
    process = waiting(supervisors)
    supervisors.close()
    assert not process.is_running()
    supervisors.prepare()
    assert supervisors._waiting is None


def test_one_that_comes_while_the_pool_is_closed_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, real, started = SupervisorPool(), subprocess.Popen, list[subprocess.Popen[bytes]]()

    def closed_meanwhile(*arguments: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(real(*arguments, **more))
        made.close()
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", closed_meanwhile)
    made.prepare()
    assert [process.returncode is not None for process in started] == [True]
