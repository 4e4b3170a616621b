"""A replayed screen at any moment is the fold of the journal up to that moment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.console.journals import Story, rolled_back
from tests.console.twin import shown
from tui.console.feed import replay
from tui.console.feed.replay import Player
from tui.console.feed.source import Batch, PlayerCommand
from tui.journal import events as e
from tui.journal.events import class_of
from tui.journal.position import parse_position
from tui.journal.reader import JournalReader
from tui.recording import backwards
from tui.recording.keyframes import keyframes_path
from tui.run.fold import fold_all


def player(story: Story, directory: Path, at: str | None = "0") -> Player:
    paths = story.save(directory / "run")
    return Player(JournalReader(paths.journal), at=None if at is None else parse_position(at))


def asked(of: Player, control: PlayerCommand) -> Batch:
    of.ask(control)
    batch = of.step(0.0)
    assert batch is not None
    return batch


def test_every_position_is_a_fold(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path)
    played.start()
    for seq in (*range(0, len(story.lines), 7), 3, len(story.lines) - 1, 0):
        batch = asked(played, PlayerCommand("go", to=parse_position(str(seq))))
        assert batch.state == fold_all(story.lines[: seq + 1])
        assert batch.reset
    batch = asked(played, PlayerCommand("go", to=parse_position("+00:05:00")))
    assert batch.state == fold_all(line for line in story.lines if line.mono <= 300)
    played.close()


def test_marks(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path)
    played.start()
    steps = [line.seq for line in story.lines if class_of(line.type).TURN]
    incidents = [line.seq for line in story.lines if class_of(line.type).INCIDENT or class_of(line.type).FAILURE]
    assert asked(played, PlayerCommand("step")).state.seq == steps[1]
    assert asked(played, PlayerCommand("back")).state.seq == steps[0]
    found = [asked(played, PlayerCommand("incident")).state.seq for _n in incidents]
    assert found == incidents
    assert asked(played, PlayerCommand("incident")).state.seq == incidents[-1], "there is none behind the last"
    assert asked(played, PlayerCommand("incident_back")).state.seq == incidents[-2]
    assert asked(played, PlayerCommand("next")).state.seq == incidents[-2] + 1
    played.close()


def test_time_passes_at_its_speed(tmp_path: Path) -> None:
    story = rolled_back()
    played = player(story, tmp_path, at=None)
    played.start()
    played.ask(PlayerCommand("skip"))
    played.ask(PlayerCommand("faster"))
    played.step(0.0)
    assert played.playback.speed == 2.0 and played.playback.playing
    batch = played.step(100.0)
    assert batch is not None and batch.playback is not None
    assert batch.playback.position == 200.0
    assert batch.state == fold_all(line for line in story.lines if line.mono <= 200.0)
    played.ask(PlayerCommand("toggle"))
    played.step(101.0)
    assert played.step(500.0) is None, "paused"
    played.ask(PlayerCommand("tenth", value=9))
    batch = played.step(501.0)
    assert batch is not None and batch.state == fold_all(
        line for line in story.lines if line.mono <= played.length * 0.9
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
        await seen.until(lambda: "7 of 11" in seen.text())
        await seen.press("0")
        await seen.until(lambda: "0 of 11" in seen.text())
        await seen.press("g")
        await seen.settle()
        await seen.type("+00:05:01")
        await seen.press("enter")
        await seen.until(lambda: "5:01 of" in seen.text())
        await seen.press("g")
        await seen.settle()
        await seen.type("noon")
        await seen.press("enter")
        await seen.until(lambda: "No position: “noon”" in seen.text())


def test_stretches_in_which_nothing_happens_are_left_out(tmp_path: Path) -> None:
    story = Story()
    for _second in range(300):
        story.sample()
    story.add(e.NoteAdded(text="back again"))
    end = story.mono
    played = player(story, tmp_path, at=None)
    played.start()
    played.step(0.0)
    played.step(0.9)
    assert played.playback.position == pytest.approx(0.9), "a second of it is played"
    batch = played.step(1.5)
    assert batch is not None
    assert played.playback.position == pytest.approx(end - 0.5), "then it goes on a second before the next event"
    assert batch.state == fold_all(line for line in story.lines if line.mono <= end - 0.5)
    played.ask(PlayerCommand("tenth", value=0))
    played.ask(PlayerCommand("skip"))
    played.step(2.0)
    played.step(12.0)
    assert played.playback.position == pytest.approx(10.0), "with idle played, time passes as it did"
    played.close()


def test_a_long_stretch_is_a_jump_with_the_same_state(tmp_path: Path) -> None:
    story = Story()
    story.add(e.NoteAdded(text="before"), after=1.0)
    for _second in range(200):
        story.sample().mono += 9.0
    story.add(e.NoteAdded(text="after"))
    played = player(story, tmp_path, at=None)
    played.start()
    played.step(0.0)
    batch = played.step(2.5)
    assert batch is not None and batch.reset
    assert batch.state == fold_all(line for line in story.lines if line.mono <= played.playback.position)
    assert [entry.line.type for entry in batch.entries] == ["run.opened", "note.added"]
    played.close()


def test_a_place_not_covered_yet_is_gone_to_when_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = rolled_back()
    paths = story.save(tmp_path / "run")
    begun = []
    monkeypatch.setattr(replay, "INLINE", 0)
    monkeypatch.setattr(threading.Thread, "start", lambda thread: begun.append(thread))
    played = Player(JournalReader(paths.journal), at=parse_position("40"), keep=True)
    first = played.start()
    assert first.state.seq == 0 and first.playback is not None and first.playback.read is not None
    assert played.playback.length == story.lines[-1].mono, "the length is known at once"
    played.step(0.0)
    assert played.state.seq == 0
    begun[0].run()
    batch = played.step(1.0)
    assert batch is not None and batch.reset and batch.state == fold_all(story.lines[:41])
    assert played.playback.read is None
    assert keyframes_path(paths.journal).exists() is False, "a journal this short needs none"
    played.close()


def test_the_past_of_a_moment_is_bounded_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = rolled_back()
    for number in range(400):
        story.output("verify", f"line {number} " + "x" * 200)
    monkeypatch.setattr(backwards, "BULK", 20_000)
    monkeypatch.setattr(backwards, "BACK", 40_000)
    played = player(story, tmp_path, str(len(story.lines) - 3))
    batch = played.start()
    seqs = [entry.line.seq for entry in batch.entries]
    assert seqs == sorted(seqs) and len(set(seqs)) == len(seqs)
    assert seqs[0] == 0 and seqs[-1] == len(story.lines) - 3, "the opening, and nothing after the moment"
    output = [entry for entry in batch.entries if entry.line.type == "step.output" and entry.line.seq > seqs[-1] - 300]
    assert 20 < len(output) < 200
    classes = ((line.seq, class_of(line.type)) for line in story.lines)
    transitions = {seq for seq, class_ in classes if class_.TURN or class_.INCIDENT or class_.FAILURE}
    assert transitions <= set(seqs)
    played.close()


async def test_timeline_and_idle_on_the_screen(tmp_path: Path) -> None:
    async with shown(rolled_back(), tmp_path, mode="replay", size=(80, 24)) as seen:
        await seen.press("space", "5")
        await seen.until(lambda: "6:39 !" in seen.text())
        line = next(text for text in seen.text().splitlines() if text.startswith("6:39 "))
        assert "✗" in line and "●" in line and "│" in line and "13:18 idle skipped" in line
        assert " i play idle" in seen.text().splitlines()[-1]
        await seen.press("i")
        await seen.until(lambda: "idle played" in seen.text())
        await seen.press("greater_than_sign")
        await seen.until(lambda: "‖ 2x" in seen.text())


async def test_go_to_a_step(tmp_path: Path) -> None:
    story = rolled_back()
    async with shown(story, tmp_path, mode="replay", size=(80, 24)) as seen:
        await seen.press("space")
        begun = next(line for line in story.lines if line.type == "step.started" and b'"migrate"' in bytes(line.data))
        number = story.state().steps["migrate"].place.number
        for text in ("migrate", number):
            await seen.press("0", "g")
            await seen.settle()
            await seen.type(text)
            await seen.press("enter")
            await seen.until(lambda: seen.app.run_state.seq == begun.seq)
        await seen.press("g")
        await seen.settle()
        await seen.type("rls")
        await seen.press("enter")
        await seen.until(lambda: "never began in this recording" in seen.text())
