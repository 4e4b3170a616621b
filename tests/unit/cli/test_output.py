"""How wide data is laid out: a terminal's columns, and none in a pipe."""

from __future__ import annotations

import os

import pytest

from tui.cli.output import NARROWEST, columns


def test_a_pipe_has_no_width() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as stream:
        assert columns(stream) is None


@pytest.mark.parametrize(("told", "laid"), [("132", 132), ("7", NARROWEST)])
def test_a_terminal_has_its_own(told: str, laid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", told)
    leader, follower = os.openpty()
    try:
        with os.fdopen(follower, "w") as stream:
            assert columns(stream) == laid
    finally:
        os.close(leader)
