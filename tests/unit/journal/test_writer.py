from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.journal import writer as writer_module
from tui.journal.clock import RunClock
from tui.journal.failure import JournalBroken, JournalCorrupt, JournalFull
from tui.journal.io import FileIO
from tui.journal.line import GENESIS, JournalError, Line, decode, digest, encode
from tui.journal.reader import JournalReader, read_all
from tui.journal.verify import verify
from tui.journal.writer import RESERVE_BYTES, JournalWriter, reserve_path

from .faults import Disk, FaultIO, record


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.002)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def create(path: Path, io: FaultIO | None = None) -> JournalWriter:
    return JournalWriter.create(path, RunClock.start(), io)


def reopen(path: Path, io: FaultIO | None = None) -> list[Line]:
    """Take the journal up again, append one line, and give all that is then there."""
    writer, _recovered = JournalWriter.open(path, RunClock.start(), io)
    with writer:
        writer.append("run.recovered", {})
    assert verify(path).ok
    return read_all(path)


def test_lines_are_chained_and_what_is_returned_is_what_is_there(path: Path) -> None:
    with create(path) as writer:
        assert (writer.seq, writer.head, writer.broken) == (-1, GENESIS, None)
        lines = [writer.append("run.opened", {"id": "x"}, by="ana@jump1")]
        lines += writer.append_all([("step.started", {"step": "a"}), ("tx.begin", {"step": "a"})])
        assert [line.seq for line in lines] == [0, 1, 2] and writer.seq == 2
        assert writer.head == digest(encode(lines[-1])) == verify(path).head
        assert read_all(path) == lines
        assert writer.append_all([]) == []
    assert read_all(path) == lines
    assert [line.by for line in lines] == ["ana@jump1", "engine", "engine"]


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_modes_do_not_depend_on_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with create(path) as writer:
            assert path.stat().st_mode & 0o7777 == 0o640
            reserve = reserve_path(path).stat()
            assert reserve.st_mode & 0o7777 == 0o600
            assert (reserve.st_size, reserve.st_blocks * 512 >= RESERVE_BYTES) == (RESERVE_BYTES, True)
            writer.release_reserve()
            writer.release_reserve()
            assert not reserve_path(path).exists()
    finally:
        os.umask(before)


@pytest.mark.parametrize("create_it", [True, False])
def test_a_link_is_never_written_through(path: Path, create_it: bool) -> None:
    target = path.with_name("target")
    target.touch()
    path.symlink_to(target)
    reserve_path(path).symlink_to(target)
    with pytest.raises(OSError):
        FileIO().open(path, create=create_it)
    with pytest.raises(OSError):
        FileIO().reserve(reserve_path(path), 10)
    assert target.stat().st_size == 0


def test_an_existing_journal_is_never_created_over(path: Path) -> None:
    record(path, 3)
    with pytest.raises(FileExistsError):
        create(path)
    assert len(read_all(path)) == 3


def test_a_group_takes_one_write_and_one_sync(path: Path) -> None:
    io = FaultIO()
    with create(path, io) as writer:
        writer.append_all([("x", {"n": n}) for n in range(50)])
        assert io.disk.calls == ["write", "sync"]
        writer.append("x", {})
        assert io.disk.calls == ["write", "sync"] * 2


def test_short_writes_lose_nothing(path: Path) -> None:
    lines = record(path, 20, FaultIO(at_most=7))
    assert read_all(path) == lines
    assert verify(path).ok


def test_data_that_cannot_be_written_changes_nothing(path: Path) -> None:
    with create(path) as writer:
        with pytest.raises(ValueError):
            writer.append_all([("x", {}), ("x", {"n": float("nan")})])
        with pytest.raises(TypeError):
            writer.append("x", {"n": object()})
        assert (writer.seq, path.stat().st_size) == (-1, 0)
        assert writer.append("x", {}).seq == 0


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("tear", [0, 1, 100, 150])
def test_after_any_failed_write_nothing_more_is_written(path: Path, durable: bool, tear: int) -> None:
    for number in range(1, 9):
        io = FaultIO(fail_write=number, tear=tear)
        writer = create(path, io)
        acknowledged: list[Line] = []
        with pytest.raises(JournalBroken, match="could not be written") as first:
            for _n in range(8):
                line = writer.append("x", {"n": _n}, durable=durable)
                if not durable:
                    writer.sync()
                acknowledged.append(line)
        assert len(acknowledged) == number - 1
        size = path.stat().st_size
        with pytest.raises(JournalBroken) as later:
            writer.append("x", {})
        with pytest.raises(JournalBroken):
            writer.append("x", {}, durable=False)
        with pytest.raises(JournalBroken):
            writer.sync()
        assert str(first.value) == str(later.value) == str(writer.broken)
        assert str(path) in str(writer.broken) and "virada continue" in str(writer.broken)
        writer.close()
        assert path.stat().st_size == size
        # The line that failed may be there when its bytes are: that is what unknown means.
        assert read_all(path)[: number - 1] == acknowledged
        assert reopen(path)[: number - 1] == acknowledged
        path.unlink()


def test_after_any_failed_sync_nothing_more_is_written(path: Path) -> None:
    for number in range(1, 9):
        disk = Disk()
        io = FaultIO(disk, fail_sync=number)
        writer = create(path, io)
        acknowledged: list[Line] = []
        with pytest.raises(JournalBroken):
            for n in range(8):
                acknowledged.append(writer.append("x", {"n": n}))
        calls = list(disk.calls)
        with pytest.raises(JournalBroken):
            writer.append("x", {})
        writer.close()
        assert disk.calls == calls
        assert len(acknowledged) == number - 1
        # The unsynced line is visible; once the journal was taken up again it must survive a loss of power.
        assert len(reopen(path, FaultIO(disk))) == number + 1
        disk.lose_power(path)
        assert len(read_all(path)) == number + 1
        path.unlink()


def test_what_was_acknowledged_as_durable_survives_a_loss_of_power(path: Path) -> None:
    for durables in range(2**6):
        disk = Disk()
        writer = create(path, FaultIO(disk))
        written: list[Line] = []
        acknowledged = 0
        for n in range(6):
            durable = bool(durables >> n & 1)
            written.append(writer.append("x", {"n": n}, durable=durable))
            acknowledged = len(written) if durable else acknowledged
        after = path.with_name("after")
        shutil.copy(path, after)
        disk.lose_power(after)
        survived = read_all(after)
        assert len(survived) >= acknowledged
        assert survived == written[: len(survived)]
        assert verify(after).ok
        writer.close()
        path.unlink()


def test_power_lost_at_any_torn_byte_of_the_last_write(path: Path) -> None:
    lines = record(path, 5)
    whole = path.read_bytes()
    start = whole.rfind(b"\n", 0, -1) + 1
    for end in range(start, len(whole)):
        for tail in (b"", b"\0" * 40):
            path.write_bytes(whole[:end] + tail)
            writer, recovered = JournalWriter.open(path, RunClock.start())
            writer.close()
            assert (recovered.lines, recovered.cut_bytes) == (4, end - start + len(tail))
            assert read_all(path) == lines[:4]


def test_a_full_disk_takes_nothing_back_and_the_reserve_makes_room(path: Path) -> None:
    for room in range(1, 1200, 13):
        disk = Disk(capacity=RESERVE_BYTES + room)
        writer = create(path, FaultIO(disk))
        kept: list[Line] = []
        with JournalReader(path) as reader:
            seen: list[Line] = []
            with pytest.raises(JournalFull, match="no room") as full:
                for n in range(40):
                    kept += writer.append_all([("x", {"n": n}), ("y", {"n": n})])
                    seen += [entry.line for entry in reader.poll()]
            kept += full.value.recorded
            assert len(full.value.recorded) in (0, 1)
            assert read_all(path) == kept
            assert path.read_bytes()[-1:] in (b"", b"\n")
            assert writer.seq == len(kept) - 1 and writer.full and writer.broken is None
            with pytest.raises(JournalFull):
                writer.append("x", {"text": "x" * 1200})
            writer.release_reserve()
            kept.append(writer.append("rollback.started", {}))
            assert not writer.full
            seen += [entry.line for entry in reader.poll()]
            assert seen == read_all(path) == kept
        writer.close()
        assert verify(path).ok
        path.unlink()


def test_lines_nothing_waits_for_are_kept_over_a_full_disk(path: Path) -> None:
    disk = Disk(capacity=RESERVE_BYTES + 400)
    writer = create(path, FaultIO(disk))
    waiting = writer.append_all([("x", {"n": n}) for n in range(10)], durable=False)
    wait_for(lambda: writer.full)
    with pytest.raises(JournalFull) as durable:
        writer.append("step.started", {})
    with pytest.raises(JournalFull) as group:
        writer.append("x", {"n": 10}, durable=False)
    assert durable.value.recorded == group.value.recorded == []
    assert writer.seq == 9
    writer.release_reserve()
    last = writer.append("rollback.started", {})
    assert read_all(path) == [*waiting, last]
    writer.close()


def test_a_disk_that_gets_room_again_needs_no_reserve(path: Path) -> None:
    disk = Disk(capacity=RESERVE_BYTES + 10)
    with create(path, FaultIO(disk)) as writer:
        line = writer.append("x", {}, durable=False)
        wait_for(lambda: writer.full)
        disk.capacity = None
        wait_for(lambda: not writer.full)
        assert read_all(path) == [line]


def test_a_run_is_not_opened_without_room_for_its_reserve(path: Path) -> None:
    with pytest.raises(JournalFull):
        create(path, FaultIO(Disk(capacity=1000)))
    assert list(path.parent.iterdir()) == []


def test_a_run_is_taken_up_on_a_full_disk(path: Path) -> None:
    lines = record(path, 3)
    reserve_path(path).unlink()
    assert reopen(path, FaultIO(Disk(capacity=path.stat().st_size + 1000)))[:3] == lines


FILL = """
import sys
from pathlib import Path
from tui.journal.clock import RunClock
from tui.journal.reader import read_all
from tui.journal.verify import verify
from tui.journal.writer import JournalFull, JournalWriter
writer = JournalWriter.create(Path(sys.argv[1]) / "journal.jsonl", RunClock.start())
kept = []
try:
    while len(kept) < 1000:
        kept.append(writer.append("x", {"text": "x" * 5000}))
except JournalFull as full:
    kept += full.recorded
assert 0 < len(kept) < 1000 and read_all(writer.path) == kept
writer.release_reserve()
kept += [writer.append("x", {"text": "x" * 5000}) for _n in range(100)]
writer.close()
assert read_all(writer.path) == kept and verify(writer.path).ok
print("kept", len(kept))
"""


def test_a_real_full_file_system(tmp_path: Path) -> None:
    # In a mount namespace of its own, so that nothing of it outlives the process.
    script = 'mount -t tmpfs -o size=2600k tmpfs "$1" || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", str(tmp_path)]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    root = Path(writer_module.__file__).parents[2]
    done = subprocess.run([*command, sys.executable, FILL], cwd=root, capture_output=True, text=True, timeout=60)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("namespaces are not permitted here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("kept ")
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_and_a_removed_file_are_noticed(path: Path) -> None:
    writer = create(path)
    writer.append("x", {})
    other, _recovered = JournalWriter.open(path, RunClock.start())
    other.append("y", {})
    with pytest.raises(JournalBroken, match="another process"):
        writer.append("x", {})
    writer.close()
    path.unlink()
    with pytest.raises(JournalBroken, match="removed"):
        other.append("x", {})
    other.close()


def test_the_group_is_durable_within_a_second_and_one_failure_there_stops_everything(path: Path) -> None:
    disk = Disk()
    writer = create(path, FaultIO(disk, fail_sync=2))
    writer.append("x", {}, durable=False)
    wait_for(lambda: disk.durable > 0 and disk.durable == path.stat().st_size)
    assert disk.calls == ["write", "sync"]
    writer.append("x", {}, durable=False)
    wait_for(lambda: writer.broken is not None)
    with pytest.raises(JournalBroken):
        writer.append("x", {})
    writer.close()


def test_closing_makes_everything_durable(path: Path) -> None:
    disk = Disk()
    writer = create(path, FaultIO(disk))
    line = writer.append("x", {}, durable=False)
    writer.close()
    writer.close()
    disk.lose_power(path)
    assert read_all(path) == [line]
    with pytest.raises(JournalBroken, match="closed"):
        writer.append("x", {})


def test_many_threads_write_one_chain(path: Path) -> None:
    lines: list[list[Line]] = [[] for _n in range(6)]
    with create(path) as writer:

        def work(own: list[Line], durable: bool) -> None:
            for n in range(60):
                own.append(writer.append("x", {"n": n}, durable=durable))

        threads = [threading.Thread(target=work, args=(own, n % 2 == 0)) for n, own in enumerate(lines)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verify(path).ok
    assert read_all(path) == sorted((line for own in lines for line in own), key=lambda line: line.seq)


def test_a_broken_or_newer_journal_is_not_taken_up(path: Path) -> None:
    record(path, 10)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4] + lines[5:]) + b"torn")
    before = path.read_bytes()
    with pytest.raises(JournalCorrupt) as caught:
        JournalWriter.open(path, RunClock.start())
    assert caught.value.seq == 4
    assert path.read_bytes() == before
    path.write_bytes(whole.replace(lines[9], lines[9].replace(b'{"v":1', b'{"v":2')))
    with pytest.raises(JournalError, match="newer"):
        JournalWriter.open(path, RunClock.start())


class Boot:
    """A machine just started, its wall clock an hour behind."""

    def boottime(self) -> float:
        return 1.0

    def wall(self) -> float:
        return time.time() - 3600

    def boot_id(self) -> str:
        return "another"


def test_time_goes_on_over_a_boot_with_the_wall_clock_set_back(path: Path) -> None:
    lines = record(path, 3)

    def clock(recovered: Any) -> RunClock:
        assert recovered.last == lines[-1]
        return RunClock.resume(recovered.last.mono, recovered.last.at, None, None, Boot())

    writer, recovered = JournalWriter.open(path, clock)
    with writer:
        assert writer.recovered == recovered
        assert writer.append("run.recovered", {}).mono >= lines[-1].mono
    # Even a clock that was not resumed cannot turn the journal back.
    assert reopen(path)[-1].mono >= lines[-1].mono
    assert decode(path.read_bytes().splitlines()[-1]).type == "run.recovered"
