"""A recording that is asked for much at once, that grows or is damaged, never shows another moment's log."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.console.journals import Story, migrating, rolled_back
from tui.console.feed.replay import Player
from tui.console.feed.source import Batch, Control, PlayerCommand
from tui.journal import events as e
from tui.journal.position import parse_position
from tui.journal.reader import JournalReader
from tui.recording.keyframes import Recording, keyframes_path
from tui.run.fold import fold_all
from tui.runs.paths import RunPaths

CONTROLS: tuple[Control, ...] = ("toggle", "next", "step", "back", "incident", "incident_back", "faster", "slower",
                                 "tenth", "skip")  # fmt: skip


class Screen:
    """What a screen keeps of the batches it was given."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.shown: list[int] = []
        self.now = 0.0
        self.said: str | None = None
        self.take(player.start())

    def take(self, batch: Batch | None) -> None:
        if batch is None:
            return
        if batch.reset:
            self.shown = []
        self.shown += [entry.line.seq for entry in batch.entries]
        self.said = batch.said or self.said
        self.batch = batch

    def step(self, seconds: float = 0.1) -> None:
        self.now += seconds
        self.take(self.player.step(self.now))


def player_of(story: Story, directory: Path, **more: object) -> tuple[Player, RunPaths]:
    paths = story.save(directory / "run")
    return Player(JournalReader(paths.journal), **more), paths  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_asked_the_log_ends_where_the_state_stands(seed: int, tmp_path: Path) -> None:
    story = rolled_back()
    player, _paths = player_of(story, tmp_path)
    screen, rng = Screen(player), random.Random(seed)
    for _n in range(80):
        for _m in range(rng.randrange(4)):
            control = rng.choice(CONTROLS)
            player.ask(PlayerCommand(control, value=float(rng.randrange(10))))
        screen.step(rng.choice((0.05, 0.1, 0.3, 1.0)))
        state = screen.batch.state
        assert state == fold_all(story.lines[: state.seq + 1])
        assert not screen.shown or screen.shown[-1] <= state.seq, "nothing of the future stands in the log"
        assert screen.shown == sorted(set(screen.shown)), "nothing twice, nothing out of order"
        last = max((line.seq for line in story.lines[: state.seq + 1] if line.type != "metrics.sampled"), default=0)
        assert screen.shown and screen.shown[-1] >= last, "and nothing is missing up to where it stands"


def test_a_pause_shows_the_state_of_its_position(tmp_path: Path) -> None:
    story = rolled_back()
    player, _paths = player_of(story, tmp_path, speed=64.0)
    screen = Screen(player)
    player.ask(PlayerCommand("skip"))
    for _n in range(7):
        screen.step(0.05)
    player.ask(PlayerCommand("toggle"))
    screen.step(0.05)
    playback = screen.batch.playback
    assert playback is not None and not playback.playing
    expected = max(line.seq for line in story.lines if line.mono <= playback.position)
    assert screen.batch.state.seq == expected


def test_it_grows_with_its_run_and_does_not_jump_for_ever(tmp_path: Path) -> None:
    story = migrating()
    player, _paths = player_of(story, tmp_path)
    screen = Screen(player)
    player.ask(PlayerCommand("go", to=parse_position("99999")))
    screen.step()
    assert screen.said == "That lies behind the last event; this is the end."
    for _n in range(20):
        screen.batch = Batch(previous=screen.batch.state, state=screen.batch.state)
        screen.step()
        assert not screen.batch.reset
    before = player.length
    for _n in range(30):
        story.sample()
    story.add(e.NoteAdded(text="later"))
    story.save(tmp_path / "run")
    screen.step(2.0)
    assert player.length == pytest.approx(before + 30.0)
    player.ask(PlayerCommand("tenth", value=9.0))
    screen.step()
    assert screen.batch.state.mono > before * 0.8 and screen.batch.playback is not None
    assert screen.batch.playback.goes_on


def test_where_there_is_none_it_stays_and_says_so(tmp_path: Path) -> None:
    story = Story().helm().sample()
    for n in range(5):
        story.sample(after=float(n))
    player, _paths = player_of(story, tmp_path)
    screen = Screen(player)
    player.ask(PlayerCommand("toggle"))
    player.ask(PlayerCommand("go", to=parse_position("5")))
    screen.step()
    player.ask(PlayerCommand("incident"))
    screen.step()
    assert screen.said == "There is none after this one." and screen.batch.state.seq == 5


def test_what_is_asked_last_is_where_it_goes(tmp_path: Path) -> None:
    story = rolled_back()
    player, _paths = player_of(story, tmp_path)
    screen = Screen(player)
    for value in (9.0, 1.0, 5.0):
        player.ask(PlayerCommand("tenth", value=value))
    screen.step()
    assert screen.batch.playback is not None
    assert screen.batch.playback.position == pytest.approx(player.length * 0.5)


def test_keyframes_of_other_code_or_torn_ones_are_none(tmp_path: Path) -> None:
    story = rolled_back()
    for _n in range(4000):
        story.sample()
    paths = story.save(tmp_path / "run")
    whole = Recording(paths.journal)
    whole.extend(write=True)
    cache = keyframes_path(paths.journal)
    text = cache.read_bytes()
    assert len(text.splitlines()) >= 2 and Recording(paths.journal).covered > 0
    size = cache.stat().st_size
    for damage in (text.replace(b'"keyframes":2', b'"keyframes":1'), text[: len(text) // 3],
                   text.replace(b'"seq":', b'"seq" :', 1), text.replace(b"ana@jump1", b"eve@jump1")):  # fmt: skip
        cache.write_bytes(damage)
        found = Recording(paths.journal)
        found.extend()
        position = parse_position("3000")
        assert found.state_at(position) == whole.state_at(position)
    cache.write_bytes(text[: len(text) // 3])
    again = Recording(paths.journal)
    again.extend(write=True)
    assert cache.stat().st_size == size, "a torn cache is written anew, not behind what is torn"
    cache.unlink()
    os.mkfifo(cache)
    assert Recording(paths.journal).covered == 0, "only a regular file is read"


def test_a_clock_that_was_set_back_makes_no_difference(tmp_path: Path) -> None:
    story = rolled_back()
    for n in range(4000):
        if n == 1500:
            story.start = story.start.replace(hour=max(0, story.start.hour - 2))
        story.sample()
    paths = story.save(tmp_path / "run")
    recording = Recording(paths.journal)
    recording.extend(write=True)
    for seq in (100, 1000, 1700, 3000):
        position = parse_position(story.lines[seq].at)
        plain = []
        for line in story.lines:
            if not position.admits(line):
                break
            plain.append(line)
        assert Recording(paths.journal).state_at(position).seq == plain[-1].seq


def test_a_journal_cut_short_is_no_earlier_moment(tmp_path: Path) -> None:
    from tui.journal.failure import JournalCorrupt

    story = rolled_back()
    paths = story.save(tmp_path / "run")
    recording = Recording(paths.journal)
    recording.extend()
    os.truncate(paths.journal, paths.journal.stat().st_size // 2)
    with pytest.raises(JournalCorrupt, match="shorter"):
        recording.state_at(parse_position("9999"))
