"""An exported cast is the console's own screen: what a terminal shows at its end is what the replay shows there."""

from __future__ import annotations

import asyncio
import io
import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyte
import pytest

from tests.console.journals import Story, rolled_back
from tests.console.twin import shown
from tui.console.export.asciicast import export
from tui.console.export.frames import EVERY, ExportOptions, FrameSource
from tui.journal import events as e
from tui.journal.failure import JournalCorrupt
from tui.journal.position import parse_position
from tui.journal.reader import JournalReader


def cast(story: Story, directory: Path, cut: ExportOptions) -> list[Any]:
    paths = story.save(directory / "20261205T235500Z-7f3a")
    into = io.BytesIO()
    export(paths, into, cut)
    return [json.loads(line) for line in into.getvalue().splitlines()]


def reel(story: Story, directory: Path, cut: ExportOptions) -> FrameSource:
    return FrameSource(JournalReader(story.save(directory / "run").journal), cut)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_end_is_the_consoles_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    story = rolled_back()
    header, *events = cast(story, tmp_path, ExportOptions(size=size))
    assert (header["version"], header["width"], header["height"]) == (2, *size)
    assert header["title"].startswith("Plano de Execução em Produção")
    screen = pyte.Screen(*size)
    stream = pyte.Stream(screen)
    for _at, code, data in events:
        if code == "o":
            stream.feed(data)

    async def replayed() -> str:
        async with shown(rolled_back(), tmp_path, mode="replay", size=size) as seen:
            await seen.press("space", "g")
            await seen.settle()
            await seen.type(str(len(story.lines) - 1))
            await seen.press("enter")
            await seen.until(lambda: seen.app.run_state.closed is not None)
            return seen.text()

    assert [line.rstrip() for line in screen.display] == asyncio.run(replayed()).split("\n")
    assert not screen.cursor.hidden, "the terminal is left as it was"


def test_times_never_go_back_and_idle_is_left_out(tmp_path: Path) -> None:
    story = rolled_back()
    _header, *events = cast(story, tmp_path, ExportOptions(size=(80, 24)))
    times = [at for at, _code, _data in events]
    assert times == sorted(times) and times[0] == 0.0
    assert times[-1] < story.mono / 4, "thirteen minutes, most of them without an event"
    labels = [data for _at, code, data in events if code == "m"]
    assert any("FAILED" in label for label in labels) and any("ROLLBACK started" in label for label in labels)


@pytest.mark.parametrize("every", [0.1, 0.5, 3.0, 8.0, 60.0])
def test_time_goes_on_however_seldom_frames_are(every: float, tmp_path: Path) -> None:
    times = [frame.at for frame in reel(rolled_back(), tmp_path, ExportOptions(every=every)).frames()]
    assert times == sorted(times) and times[-1] == pytest.approx(48.1)


def test_every_line_is_in_one_frame_and_frames_are_seldom(tmp_path: Path) -> None:
    story = Story()
    for number in range(100):
        story.output("disk", f"line {number}")
    for _second in range(60):
        story.sample()
    story.add(e.NoteAdded(text="the end"))
    whole = reel(story, tmp_path, ExportOptions(idle_limit=1e9))
    frames = list(whole.frames())
    assert [entry.line.seq for frame in frames for entry in frame.batch.entries] == list(range(len(story.lines)))
    assert frames[-1].batch.state == story.state()
    assert frames[-1].at == pytest.approx(story.mono)
    assert 60 < len(frames) <= story.mono / EVERY + 2, "two frames a second at most"
    cut = list(reel(story, tmp_path, ExportOptions(idle_limit=2.0)).frames())
    assert [entry.line.seq for frame in cut for entry in frame.batch.entries] == list(range(len(story.lines)))
    assert cut[-1].at == pytest.approx(story.mono - 60 + 2, abs=0.1)
    fast = list(reel(story, tmp_path, ExportOptions(idle_limit=1e9, speed=10)).frames())
    assert fast[-1].at == pytest.approx(story.mono / 10)
    assert len(fast) < len(frames) / 3


def test_what_is_no_recording_is_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(JournalCorrupt, match="it has no line"):
        FrameSource(JournalReader(empty), ExportOptions())
    paths = rolled_back().save(tmp_path / "run")
    data = paths.journal.read_bytes()
    paths.journal.write_bytes(data[: len(data) // 2] + b"\nno line\n")
    into = io.BytesIO()
    with pytest.raises(JournalCorrupt, match="is broken at line"):
        export(paths, into, ExportOptions(size=(80, 24)))
    assert all(json.loads(line) for line in into.getvalue().splitlines()), "what was written can be played"


def test_no_markup_or_escape_of_the_run_reaches_the_terminal(tmp_path: Path) -> None:
    story = rolled_back()
    story.output("verify", "\x1b]0;owned\x07 \x1b[2J [bold]x[/bold]")
    _header, *events = cast(story, tmp_path, ExportOptions(size=(120, 40)))
    text = "".join(data for _at, code, data in events if code == "o")
    assert "\x1b]" not in text and "\x07" not in text and text.count("\x1b[2J") == 1


@pytest.mark.skipif(
    shutil.which("asciinema") is None or shutil.which("script") is None, reason="asciinema or script is not installed"
)
def test_asciinema_plays_it(tmp_path: Path) -> None:
    paths = rolled_back().save(tmp_path / "20261205T235500Z-7f3a")
    file = tmp_path / "run.cast"
    with file.open("wb") as into:
        export(paths, into, ExportOptions(size=(80, 24)))
    # It wants a terminal of its own, which a test run has not got; script gives it one.
    command = ["script", "-qec", shlex.join(["asciinema", "cat", str(file)]), "/dev/null"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(done.stdout)
    assert "REPLAY" in screen.display[0] and "rolled back" in screen.display[0]


def test_positions_of_the_story_are_positions(tmp_path: Path) -> None:
    story = rolled_back()
    played = reel(story, tmp_path, ExportOptions())
    for frame in played.frames():
        position = parse_position(str(frame.batch.state.seq))
        assert position.admits(frame.batch.entries[-1].line)
        assert frame.batch.entries[-1].line.seq == frame.batch.state.seq
