"""A replayed screen at any moment is the fold of the journal up to that moment."""

from __future__ import annotations

from pathlib import Path

from tests.console.journals import Story, rolled_back
from tests.console.twin import shown
from tui.console.replay import INCIDENTS, STEPS, Asked, Player
from tui.console.source import Batch
from tui.journal.position import parse_position
from tui.journal.reader import JournalReader
from tui.run.fold import fold_all


def player(story: Story, directory: Path, at: str | None = "0") -> Player:
    paths = story.save(directory / "run")
    return Player(JournalReader(paths.journal), at=None if at is None else parse_position(at))


def asked(of: Player, control: Asked) -> Batch:
    of.ask(control)
    batch = of.step(0.0)
    assert batch is not None
    return batch


def test_every_position_is_a_fold(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path)
    played.start()
    for seq in (*range(0, len(story.lines), 7), 3, len(story.lines) - 1, 0):
        batch = asked(played, Asked("go", to=parse_position(str(seq))))
        assert batch.state == fold_all(story.lines[: seq + 1])
        assert batch.reset
    batch = asked(played, Asked("go", to=parse_position("+00:05:00")))
    assert batch.state == fold_all(line for line in story.lines if line.mono <= 300)
    played.close()


def test_marks(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path)
    played.start()
    steps = [line.seq for line in story.lines if line.type in STEPS]
    incidents = [line.seq for line in story.lines if line.type in INCIDENTS]
    assert asked(played, Asked("step")).state.seq == steps[1]
    assert asked(played, Asked("back")).state.seq == steps[0]
    found = [asked(played, Asked("incident")).state.seq for _n in incidents]
    assert found == incidents
    assert asked(played, Asked("incident")).state.seq == incidents[-1], "there is none behind the last"
    assert asked(played, Asked("incident_back")).state.seq == incidents[-2]
    assert asked(played, Asked("next")).state.seq == incidents[-2] + 1
    played.close()


def test_time_passes_at_its_speed(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path, at=None)
    played.start()
    played.ask(Asked("faster"))
    played.step(0.0)
    assert played.playback.speed == 2.0 and played.playback.playing
    batch = played.step(100.0)
    assert batch is not None and batch.playback is not None
    assert batch.playback.position == 200.0
    assert batch.state == fold_all(line for line in story.lines if line.mono <= 200.0)
    played.ask(Asked("toggle"))
    played.step(101.0)
    assert played.step(500.0) is None, "paused"
    played.ask(Asked("tenth", value=9))
    batch = played.step(501.0)
    assert batch is not None and batch.state == fold_all(
        line for line in story.lines if line.mono <= played.recording.length * 0.9
    )
    played.close()


def test_at_the_end_it_stands(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path, at=None)
    played.start()
    played.step(0.0)
    batch = played.step(1e6)
    assert batch is not None and batch.state == story.state()
    assert not played.playback.playing
    played.close()


async def test_the_screen_shows_the_moment(tmp_path: Path) -> None:
    async with shown(rolled_back(), tmp_path, mode="replay", size=(80, 24)) as seen:
        await seen.press("space", "5")
        await seen.until(lambda: "▶ running" in seen.text())
        first = seen.text().splitlines()
        assert "REPLAY" in first[0] and "6:39 of 13:18" in first[1] and "‖" in first[1]
        assert "T+1:39" in first[2]
        await seen.press("9")
        await seen.until(lambda: "7 of 11 ended" in seen.text())
        await seen.press("0")
        await seen.until(lambda: "0 of 11 ended" in seen.text())
        await seen.press("g")
        await seen.settle()
        await seen.type("+00:05:01")
        await seen.press("enter")
        await seen.until(lambda: "5:01 of" in seen.text())
        await seen.press("g")
        await seen.settle()
        await seen.type("noon")
        await seen.press("enter")
        await seen.until(lambda: "is no position" in seen.text())
