"""What is said of a run without an engine: in `status` and `runs` alike, and of the present alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.journals import failed, migrating, rolled_back
from tui.plain.table import runs_lines, status_lines
from tui.run.state import RunState
from tui.run.status import status
from tui.words.stillness import is_still, is_unknown, status_words

DEAD = {"pid": 4711, "host": "jump1", "alive": False}
LIVES = DEAD | {"alive": True}
UNSEEN = DEAD | {"alive": None}


def told(state: RunState, engine: dict[str, Any], silent: float | None = 60.0, owner: str | None = None) -> list[str]:
    found = status(state, engine)
    return status_lines(found if silent is None else found | {"silent_s": silent, "owner": owner})


def test_status_says_that_nothing_runs_and_how_it_goes_on() -> None:
    state = migrating().state()
    lines = told(state, DEAD)
    assert "NOTHING RUNS" in lines[0] and "running" not in "\n".join(lines)
    assert lines[1:3] == [
        f"NOTHING RUNS: the engine of the run {state.opened.id} has ended.",  # type: ignore[union-attr]
        f"Go on with: virada attach {state.opened.id}",  # type: ignore[union-attr]
    ]
    assert any(line.startswith("at the last event: closes in ") for line in lines)
    assert any("unsure" in line and "migrate" in line for line in lines)
    assert told(state, DEAD, owner="virada")[2] == f"virada goes on with: virada attach {state.opened.id}"  # type: ignore[union-attr]


def test_what_cannot_be_known_is_said_once_it_is_silent() -> None:
    state = migrating().state()
    lines = told(state, UNSEEN)
    assert "running?" in lines[0] and "NOT KNOWN HERE whether anything runs" in " ".join(lines[1:3])
    assert "on jump1" in " ".join(lines[1:3])
    assert "?" not in told(state, UNSEEN, silent=3.0)[0]


@pytest.mark.parametrize(("engine", "silent"), [(LIVES, 60.0), (DEAD, None), (UNSEEN, None)])
def test_of_one_that_lives_or_of_a_moment_that_was_nothing_is_said(
    engine: dict[str, Any], silent: float | None
) -> None:
    text = "\n".join(told(migrating().state(), engine, silent))
    assert "NOTHING RUNS" not in text and "NOT KNOWN" not in text and "running" in text


def test_a_closed_run_needs_no_engine() -> None:
    assert "NOTHING" not in "\n".join(told(rolled_back().state(), DEAD))


def test_runs_tell_it_in_their_column() -> None:
    rows = []
    for story in (migrating, failed, rolled_back):
        found = status(story().state(), DEAD) | {"silent_s": 60.0, "problem": None}
        rows.append(found)
    lines = runs_lines(rows)
    assert [("NOTHING RUNS" in line) for line in lines] == [True, True, False]
    assert "failed, NOTHING RUNS" in lines[1] and "running" not in lines[0]
    assert is_still(rows[0]) and not is_unknown(rows[0]) and status_words(rows[0]) == "NOTHING RUNS"
