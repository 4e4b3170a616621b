"""Spooling: batches cover the redacted bytes without a gap, the file holds everything, crashes and floods included."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tui.engine.programs.child import Child
from tui.engine.programs.spool import OutputBatch, Spool, SpoolAbandoned, SpoolEnd
from tui.engine.redaction.redactor import Redactor
from tui.engine.text_limits import TEXT_RATE

SECRET = "hunter2"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "step.1.raw"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "step.1"


async def follow_all(spool: Spool) -> tuple[list[OutputBatch], SpoolEnd]:
    done = asyncio.Event()
    done.set()
    batches = [batch async for batch in spool.follow(done)]
    return batches, await spool.finish()


def check(batches: list[OutputBatch], end: SpoolEnd, output: Path, offset: int = 0) -> None:
    """The batches and the end say what is in the file."""
    content = output.read_bytes()
    assert (end.length, end.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    for batch in batches:
        part = content[batch.offset : batch.offset + batch.length]
        assert batch.offset == offset
        assert batch.sha256 == hashlib.sha256(part).hexdigest()
        assert batch.text == part[batch.dropped_bytes :].decode("utf-8", "replace")
        offset += batch.length
    assert offset == len(content)


def test_a_live_child(raw: Path, output: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    script = f"echo primeira ação {SECRET}; read line < {gate}; printf 'no newline'"

    async def main() -> tuple[list[OutputBatch], SpoolEnd]:
        child = await Child.start(["sh", "-c", script], env={"PATH": "/usr/bin:/bin"}, cwd=tmp_path, raw_path=raw)
        spool = Spool(raw, output, Redactor([SECRET]))
        done = asyncio.Event()

        async def end() -> None:
            assert await child.wait() == 0
            done.set()

        ending = asyncio.ensure_future(end())
        batches = []
        async for batch in spool.follow(done):
            batches.append(batch)
            if len(batches) == 1:
                # The first line is here while the child still runs.
                assert batch.text == "primeira ação [redacted]\n"
                assert not done.is_set()
                assert output.read_text() == "primeira ação [redacted]\n"
                await asyncio.to_thread(gate.write_text, "go\n")
        await ending
        return batches, await spool.finish()

    mask = os.umask(0o077)
    try:
        batches, end = asyncio.run(main())
    finally:
        os.umask(mask)
    check(batches, end, output)
    assert "".join(batch.text for batch in batches) == "primeira ação [redacted]\nno newline"
    assert stat.S_IMODE(output.stat().st_mode) == 0o640


def test_nothing_printed(raw: Path, output: Path) -> None:
    raw.touch()
    batches, end = asyncio.run(follow_all(Spool(raw, output, Redactor())))
    assert batches == []
    assert end == SpoolEnd(0, hashlib.sha256().hexdigest())
    assert output.read_bytes() == b""


def test_any_bytes(raw: Path, output: Path) -> None:
    raw.write_bytes(bytes(range(256)) * 5000 + b"\xe2\x82")
    batches, end = asyncio.run(follow_all(Spool(raw, output, Redactor())))
    check(batches, end, output)
    assert output.read_bytes() == raw.read_bytes()


def test_a_flood_is_limited_but_wholly_in_the_file(raw: Path, output: Path) -> None:
    lines = b"".join(b"line %07d of the flood, a\xc3\xa7\xc3\xa3o\n" % number for number in range(200_000))
    raw.write_bytes(lines + b"ERROR: the end\n")
    started = time.monotonic()
    batches, end = asyncio.run(follow_all(Spool(raw, output, Redactor())))
    elapsed = time.monotonic() - started
    check(batches, end, output)
    text = sum(len(batch.text.encode()) for batch in batches)
    assert text <= TEXT_RATE * (1 + elapsed) + 1
    assert sum(batch.dropped_bytes for batch in batches) == end.length - text > 0
    # What is shown is the newest: the error at the end is never what is left out.
    assert batches[-1].text.endswith("ERROR: the end\n")
    assert all(batch.text.startswith("line ") for batch in batches if batch.dropped_bytes and len(batch.text) > 100)


def test_batches_keep_their_distance(raw: Path, output: Path) -> None:
    async def main() -> list[float]:
        spool = Spool(raw, output, Redactor())
        done = asyncio.Event()
        writer = asyncio.ensure_future(write())
        writer.add_done_callback(lambda _: done.set())
        times = [time.monotonic() async for _ in spool.follow(done)]
        await writer
        return times

    async def write() -> None:
        with raw.open("ab", buffering=0) as file:
            deadline = time.monotonic() + 0.5
            while time.monotonic() < deadline:
                file.write(b"line\n")
                await asyncio.sleep(0.001)

    raw.touch()
    times = asyncio.run(main())
    gaps = [after - before for before, after in pairwise(times[:-1])]
    assert len(times) >= 3
    assert min(gaps) >= 0.035


def test_a_crash_is_made_good_from_the_raw_file(raw: Path, output: Path) -> None:
    content = "".join(f"line {number} {SECRET} ação\n" for number in range(5000))
    raw.write_text(content)
    expected = content.replace(SECRET, "[redacted]").encode()
    # An engine that died after writing a part, of which the journal has the first bytes.
    output.write_bytes(expected[:40_000])
    offset = expected.index(b"\n", 20_000) + 1
    batches, end = asyncio.run(follow_all(Spool(raw, output, Redactor([SECRET]), offset)))
    assert output.read_bytes() == expected
    check(batches, end, output, offset)
    assert "".join(batch.text for batch in batches) == expected[offset:].decode()


def test_a_longer_leftover_is_cut(raw: Path, output: Path) -> None:
    raw.write_text("short\n")
    output.write_text("something longer\n")
    batches, end = asyncio.run(follow_all(Spool(raw, output, Redactor())))
    assert output.read_text() == "short\n"
    check(batches, end, output)


def test_a_second_child_of_the_attempt_goes_on_behind_the_first(raw: Path, output: Path) -> None:
    raw.write_text("second\n")
    output.write_text("first\nleftover of a crash, longer than what comes\n")
    batches, end = asyncio.run(follow_all(Spool(raw, output, Redactor(), base=6)))
    assert output.read_text() == "first\nsecond\n"
    assert [(batch.offset, batch.length, batch.text) for batch in batches] == [(6, 7, "second\n")]
    assert end == SpoolEnd(7, hashlib.sha256(b"second\n").hexdigest())


def test_finish_alone(raw: Path, output: Path) -> None:
    async def main() -> None:
        spool = Spool(raw, output, Redactor([SECRET]))
        with pytest.raises(SpoolAbandoned):
            spool.discard_raw()
        end = await spool.finish()
        assert end == await spool.finish()
        spool.discard_raw()
        spool.discard_raw()
        assert end == SpoolEnd(12, hashlib.sha256(output.read_bytes()).hexdigest())

    raw.write_text(f"x {SECRET}")
    asyncio.run(main())
    assert output.read_text() == "x [redacted]"
    assert not raw.exists()


def test_a_command_that_empties_its_own_file(raw: Path, output: Path) -> None:
    async def main() -> None:
        spool = Spool(raw, output, Redactor())
        done = asyncio.Event()
        async for batch in spool.follow(done):
            if "first" in batch.text:
                raw.write_text("then\n")
            if "then" in batch.text:
                done.set()
        await spool.finish()

    raw.write_text("first and long\n")
    asyncio.run(main())
    assert output.read_text() == "first and long\nthen\n"


def test_giving_up_ends_the_copying(raw: Path, output: Path) -> None:
    async def main() -> None:
        spool = Spool(raw, output, Redactor())
        following = spool.follow(asyncio.Event())
        assert (await anext(following)).text == "x\n"
        await following.aclose()
        with pytest.raises(SpoolAbandoned):
            await spool.finish()

    raw.write_text("x\n")
    asyncio.run(main())
    assert raw.exists()


@pytest.mark.parametrize("kind", ["link", "fifo", "directory"])
def test_an_output_that_is_no_regular_file_is_an_error(raw: Path, output: Path, tmp_path: Path, kind: str) -> None:
    raw.write_text("x\n")
    if kind == "link":
        output.symlink_to(tmp_path / "elsewhere")
    elif kind == "fifo":
        os.mkfifo(output)
    else:
        output.mkdir()

    async def main() -> None:
        spool = Spool(raw, output, Redactor())
        with pytest.raises(OSError):
            async for _ in spool.follow(asyncio.Event()):
                pass
        with pytest.raises(OSError):
            await spool.finish()

    asyncio.run(main())
    assert not (tmp_path / "elsewhere").exists()
    assert raw.exists()


def test_a_full_disk_is_an_error_and_the_raw_file_stays(raw: Path) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("/dev/full is not here")
    raw.write_text("x\n")

    async def main() -> None:
        spool = Spool(raw, full, Redactor())
        with pytest.raises(OSError):
            await spool.finish()

    asyncio.run(main())
    assert raw.exists()


def test_the_loop_stays_free(raw: Path, output: Path) -> None:
    raw.write_bytes(b"a line of the log, nothing special about it\n" * 800_000)

    async def main() -> float:
        spool = Spool(raw, output, Redactor([SECRET]))
        following = asyncio.ensure_future(follow_all(spool))
        longest, last = 0.0, time.monotonic()
        while not following.done():
            await asyncio.sleep(0.002)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        await following
        return longest

    assert asyncio.run(main()) < 0.5
