"""Children as real processes: how they end, what is known afterwards, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tui.engine.programs import child as children
from tui.engine.programs.child import Child, ChildEnd, ChildLost, ChildNotStarted, read_end, read_status
from tui.engine.programs.termination import TOKEN, ChildIdentity, end_alive, members
from tui.processid import boot_id, start_time
from tui.words.said import say

ENV = {"PATH": "/usr/bin:/bin"}
DEADLINE = 20.0


async def shell(script: str, raw: Path, uid: int | None = None) -> Child:
    return await Child.start(["sh", "-c", script], env=ENV, cwd=raw.parent, raw_path=raw, uid=uid)


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        await asyncio.sleep(0.005)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "step.1.raw"


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 3", 3), ("exit 137", 137), ("kill -9 $$", -9), ("kill -15 $$", -15), ("kill -2 $$", -2)],
)
def test_how_it_ended(raw: Path, script: str, status: int) -> None:
    async def main() -> int:
        child = await shell(script, raw)
        return await child.wait()

    assert asyncio.run(main()) == status
    assert read_status(raw) == status
    assert not raw.with_name(raw.name + ".rc.tmp").exists()


def test_output_goes_to_one_private_file_in_order(raw: Path) -> None:
    async def main() -> None:
        child = await shell("echo one; echo two >&2; echo three; cat; readlink /proc/self/fd/0 >&2", raw)
        assert await child.wait() == 0

    mask = os.umask(0)
    try:
        asyncio.run(main())
    finally:
        os.umask(mask)
    assert raw.read_text() == "one\ntwo\nthree\n/dev/null\n"
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600


def test_environment_is_what_was_given_and_no_descriptor_leaks(raw: Path) -> None:
    async def main() -> ChildIdentity:
        leak = os.open("/dev/null", os.O_RDONLY)
        os.set_inheritable(leak, True)
        try:
            child = await shell("cat /proc/self/environ | tr '\\0' '\\n'; ls /proc/self/fd | wc -l", raw)
            assert await child.wait() == 0
        finally:
            os.close(leak)
        return child.identity

    identity = asyncio.run(main())
    *variables, descriptors = raw.read_text().split("\n")[:-1]
    # The shell adds PWD; `ls` has its directory open besides the three.
    kept = {line for line in variables if not line.startswith(("PWD=", "OLDPWD=", "_="))}
    assert kept == {"PATH=/usr/bin:/bin", f"{TOKEN}={identity.token}"}
    assert int(descriptors) == 4


def test_default_signals(raw: Path) -> None:
    async def main() -> None:
        child = await shell("grep -E 'Sig(Ign|Blk)' /proc/self/status", raw)
        assert await child.wait() == 0

    asyncio.run(main())
    assert {int(line.split()[1], 16) for line in raw.read_text().splitlines()} == {0}


def test_an_existing_file_or_link_is_not_written_to(raw: Path, tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(ChildNotStarted):
            await shell("echo x", raw)

    raw.write_text("kept")
    asyncio.run(main())
    assert raw.read_text() == "kept"
    raw.unlink()
    raw.symlink_to(tmp_path / "elsewhere")
    asyncio.run(main())
    assert not (tmp_path / "elsewhere").exists()


def test_what_cannot_be_started_is_said_in_a_sentence(raw: Path) -> None:
    async def main() -> list[str]:
        said = []
        for argv, cwd in ((["no-such-program"], raw.parent), (["./absent"], raw.parent), (["true"], raw.parent / "no")):
            with pytest.raises(ChildNotStarted) as caught:
                await Child.start(argv, env=ENV, cwd=cwd, raw_path=raw)
            said.append(say(caught.value))
            raw.unlink(missing_ok=True)
        return said

    said = asyncio.run(main())
    assert "no-such-program" in said[0]
    assert "./absent" in said[1]
    assert str(raw.parent / "no") in said[2]
    assert all(sentence.endswith(".") for sentence in said)


def test_a_file_that_is_no_program(raw: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF nonsense")
    bad.chmod(0o755)

    async def main() -> None:
        child = await Child.start([str(bad)], env=ENV, cwd=tmp_path, raw_path=raw)
        with pytest.raises(ChildNotStarted):
            await child.wait()

    asyncio.run(main())
    assert str(bad) in raw.read_text()
    assert read_end(raw) == ChildEnd(126, started=False)


@pytest.mark.parametrize("status", [126, 127])
def test_a_programs_own_status_is_not_taken_for_the_keepers(raw: Path, status: int) -> None:
    async def main() -> int:
        child = await shell(f"exit {status}", raw)
        return await child.wait()

    assert asyncio.run(main()) == status
    assert read_end(raw) == ChildEnd(status)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk of one's own can only be mounted by root, and not in every container")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_fills_up_keeps_no_status_from_being_told(small_disk: Path) -> None:
    raw = small_disk / "step.1.raw"

    async def main() -> int:
        child = await shell("cat /dev/zero > ballast; echo lost; exit 5", raw)
        return await child.wait()

    assert asyncio.run(main()) == 5
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "more").write_bytes(b"x" * 8192)


def test_how_the_keeper_ends_is_not_how_the_program_did(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that cannot write the status down ends with one of its own interpreter's."""
    broken = raw.with_name("supervisor.py")
    broken.write_text("import os\nos._exit(120)\n")
    monkeypatch.setattr(children, "SUPERVISOR", broken)

    async def main() -> None:
        child = await shell("exit 0", raw)
        with pytest.raises(ChildLost):
            await child.wait()

    asyncio.run(main())


def test_identity(raw: Path) -> None:
    async def main() -> None:
        command = ["sh", "-c", "exec sleep 60", "password=hunter2"]
        child = await Child.start(command, env=ENV, cwd=raw.parent, raw_path=raw)
        identity = child.identity
        assert identity.start_time == start_time(identity.pid)
        assert identity.boot_id == boot_id()
        assert identity.argv == [*command[:3], "password=[redacted]"]
        assert os.getsid(identity.pid) == os.getpgid(identity.pid) == identity.pid != os.getsid(0)
        assert members(identity)
        assert not members(msgspec.structs.replace(identity, start_time=identity.start_time - 1))
        assert not members(msgspec.structs.replace(identity, boot_id="another"))
        assert msgspec.json.decode(msgspec.json.encode(identity), type=ChildIdentity) == identity
        assert await child.end(60)
        assert not members(identity)
        assert await child.wait() == -15

    asyncio.run(main())


def test_end_kills_what_does_not_obey_and_all_that_belongs_to_it(raw: Path) -> None:
    script = (
        "trap '' TERM; sleep 61 & (trap '' TERM; while :; do sleep 62; done) & echo ready; while :; do sleep 63; done"
    )

    async def main() -> None:
        child = await shell(script, raw)
        await until(lambda: "ready" in raw.read_text())
        await until(lambda: len(members(child.identity)) >= 4)
        assert await child.end(0.1)
        assert not members(child.identity)
        # The supervisor was spared long enough to tell.
        assert await child.wait() == -9

    asyncio.run(main())
    assert read_status(raw) == -9


def test_end_gives_time_to_tidy_up(raw: Path) -> None:
    async def main() -> None:
        child = await shell("trap 'echo tidy; exit 7' TERM; echo ready; while :; do sleep 0.02; done", raw)
        await until(lambda: "ready" in raw.read_text())
        assert await child.end(DEADLINE)
        assert await child.wait() == 7

    asyncio.run(main())
    assert raw.read_text().endswith("tidy\n")


def test_end_reaches_a_stopped_process(raw: Path) -> None:
    async def main() -> None:
        child = await shell("echo ready; kill -STOP $$; exit 0", raw)
        await until(lambda: "ready" in raw.read_text())
        assert await child.end(DEADLINE)
        assert await child.wait() == -15

    asyncio.run(main())


def test_no_status_before_the_end(raw: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)

    async def main() -> None:
        child = await shell(f"echo ready; read line < {gate}; exit 5", raw)
        await until(lambda: "ready" in raw.read_text())
        # Signals to the whole group leave the supervisor where it is.
        os.kill(child.identity.pid, signal.SIGTERM)
        os.kill(child.identity.pid, signal.SIGHUP)
        waiting = asyncio.ensure_future(child.wait())
        assert read_status(raw) is None
        assert not waiting.done()
        await asyncio.to_thread(gate.write_text, "go\n")
        assert await waiting == 5

    asyncio.run(main())


def test_a_killed_keeper_leaves_no_status_but_what_it_kept_is_found(raw: Path) -> None:
    async def main() -> None:
        child = await shell("echo ready; sleep 64", raw)
        await until(lambda: "ready" in raw.read_text())
        os.kill(child.identity.pid, signal.SIGKILL)
        with pytest.raises(ChildLost):
            await child.wait()
        assert read_status(raw) is None
        assert members(child.identity)
        assert not members(msgspec.structs.replace(child.identity, token="another"))
        assert await end_alive(child.identity, 5)
        assert not members(child.identity)

    asyncio.run(main())


def test_background_processes_are_found_after_the_end(raw: Path) -> None:
    async def main() -> None:
        child = await shell("sleep 65 & exit 0", raw)
        assert await child.wait() == 0
        # Between fork and exec a process has no environment by which it could be known.
        await until(lambda: members(child.identity))
        assert await end_alive(child.identity, 5)
        assert not members(child.identity)

    asyncio.run(main())


ENGINE = """
import asyncio, sys, msgspec
from pathlib import Path
from tui.engine.programs.child import Child
async def main():
    child = await Child.start(["sh", "-c", sys.argv[2]], env={"PATH": "/usr/bin:/bin"},
                              cwd=Path("/"), raw_path=Path(sys.argv[1]))
    print(msgspec.json.encode(child.identity).decode(), flush=True)
    await child.wait()
asyncio.run(main())
"""


def killed_engine(raw: Path, script: str) -> ChildIdentity:
    """An engine of its own that starts the script and is then killed."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(raw), script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as engine:
        assert engine.stdout is not None
        identity = msgspec.json.decode(engine.stdout.readline(), type=ChildIdentity)
        engine.kill()
    return identity


def test_the_child_outlives_its_engine_and_its_status_is_known(raw: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    identity = killed_engine(raw, f"echo before; read line < {gate}; echo after; exit 4")
    assert members(identity)
    assert read_status(raw) is None
    gate.write_text("go\n")

    asyncio.run(until(lambda: not members(identity)))
    assert read_status(raw) == 4
    assert raw.read_text() == "before\nafter\n"


def test_another_engine_ends_it(raw: Path) -> None:
    identity = killed_engine(raw, "trap '' TERM; echo ready; while :; do sleep 66; done")
    asyncio.run(until(lambda: raw.exists() and "ready" in raw.read_text()))
    assert asyncio.run(end_alive(identity, 0.1))
    assert not members(identity)
    assert read_status(raw) == -9


def test_a_reused_number_is_not_touched(raw: Path) -> None:
    async def main() -> None:
        child = await shell("sleep 67", raw)
        stranger = msgspec.structs.replace(child.identity, start_time=child.identity.start_time + 1)
        assert await end_alive(stranger, 0)
        assert members(child.identity)
        assert await child.end(5)

    asyncio.run(main())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the account")
def test_another_account(raw: Path) -> None:
    nobody = pwd.getpwnam("nobody")

    async def main() -> None:
        child = await shell("id -u; id -g; id -G; echo again >> /dev/stdout; exit 6", raw, uid=nobody.pw_uid)
        supervisor = Path(f"/proc/{child.identity.pid}").stat()
        assert supervisor.st_uid == 0
        assert await child.wait() == 6

    asyncio.run(main())
    assert raw.read_text().splitlines() == [*map(str, (nobody.pw_uid, nobody.pw_gid, nobody.pw_gid)), "again"]
    # The file is the account's, because a shell opens /dev/stdout anew; the status is not.
    assert raw.stat().st_uid == nobody.pw_uid
    assert raw.with_name(raw.name + ".rc").stat().st_uid == 0
