"""A recording answers from keyframes what the fold of the prefix says, and trusts no keyframe that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.run.recorded import write_run
from tui.journal.position import parse_position
from tui.journal.reader import read_all
from tui.recording import keyframes
from tui.recording.keyframes import Recording, decode_state, encode_state, keyframes_path
from tui.run.fold import fold_all


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of some hundred lines, with a keyframe every few."""
    monkeypatch.setattr(keyframes, "EVERY_BYTES", 2000)
    monkeypatch.setattr(keyframes, "_SHARE", 0)
    path = tmp_path / "journal.jsonl"
    write_run(path)
    return path


def test_any_position_equals_the_fold_of_its_prefix(journal: Path) -> None:
    lines = read_all(journal)
    found = Recording(journal)
    found.extend()
    assert found.state == fold_all(lines)
    for seq in range(len(lines)):
        assert found.state_at(parse_position(str(seq))) == fold_all(lines[: seq + 1])


def test_the_cache_serves_another_process(journal: Path) -> None:
    first = Recording(journal)
    first.extend(write=True)
    assert keyframes_path(journal).exists()
    again = Recording(journal)
    assert again.covered > journal.stat().st_size / 2
    lines = read_all(journal)
    for seq in range(0, len(lines), 11):
        assert again.state_at(parse_position(str(seq))) == fold_all(lines[: seq + 1])
    again.extend()
    assert again.state == fold_all(lines)


def test_keyframes_of_another_journal_are_not_believed(journal: Path, tmp_path: Path) -> None:
    Recording(journal).extend(write=True)
    other = tmp_path / "other.jsonl"
    write_run(other, name="another")
    keyframes_path(journal).rename(keyframes_path(other))
    found = Recording(other)
    assert found.covered == 0
    found.extend()
    assert found.state == fold_all(read_all(other))


@pytest.mark.parametrize("keep", [0, 10, 3000, 9000])
def test_a_cut_or_damaged_cache_costs_time_and_nothing_else(journal: Path, keep: int) -> None:
    Recording(journal).extend(write=True)
    cache = keyframes_path(journal)
    cache.write_bytes(cache.read_bytes()[:keep])
    found = Recording(journal)
    found.extend(write=True)
    assert found.state == fold_all(read_all(journal))


def test_a_state_survives_its_encoding_at_every_line(journal: Path) -> None:
    lines = read_all(journal)
    base = fold_all(lines[:1])
    for seq in range(len(lines)):
        state = fold_all(lines[: seq + 1])
        assert decode_state(encode_state(state), base) == state
