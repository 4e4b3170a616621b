"""A person types fast into the real console, and pastes: what was typed is in the journal, and nothing else happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.station import VIRADA, Station, await_condition
from tests.acceptance.terminal import Terminal
from tests.postgres_server import Database
from tui.console.input.held_keys import HELD_WITHIN
from tui.console.key_dispatch import PAUSE

PLAN = Path(__file__).parent / "plans" / "small.yaml"
PASTE = "\x1b[200~{}\x1b[201~"
BY_ITSELF = ("metrics.sampled", "log.lines", "helm.taken", "helm.released")
"""What the engine writes though nobody does anything."""
COMMANDS = "xR" + "x" * 40 + "\rh\x03q:close\r"


@pytest.fixture
def run(station: Station, database: Database) -> str:
    run = station.open(PLAN, SMALL_DSN=database.dsn)
    station.do("execute", "access")
    return run


def _type(console: Terminal, text: str, pace: float) -> None:
    for letter in text:
        console.send(letter)
        if pace:
            time.sleep(pace)  # The pace is what is tried.


def _pause(console: Terminal, seconds: float) -> None:
    """Nothing is typed for so long."""
    end = time.monotonic() + seconds + 0.1
    while time.monotonic() < end:
        console.read(0.02)


def enter(console: Terminal, done: Callable[[], bool]) -> None:
    """Enter counts once it comes a while after the opening."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, console.text
        console.send("\r")
        end = time.monotonic() + HELD_WITHIN + 0.1
        while time.monotonic() < end and not done():
            console.read(0.02)


def test_every_letter_behind_the_key_is_in_the_journal(station: Station, run: str) -> None:
    def notes() -> list[str]:
        return [e["data"]["text"] for e in station.events() if e["type"] == "note.added"]

    with Terminal([str(VIRADA), "attach", run], station.env, 80, 24) as console:
        console.wait_text("OPERATOR", "s signs it")
        wanted = []
        for pace in (0.0, 0.01, 0.03, 0.05):
            text = f"no news at {pace:g}"
            wanted.append(text)
            _type(console, "n" + text, pace)
            console.wait_text(text)
            enter(console, lambda: len(notes()) == len(wanted))
            console.wait_gone("Note at")
        assert notes() == wanted
        _type(console, "ssupport ready", 0.02)
        console.wait_text("support ready")
        enter(console, lambda: any(e["type"] == "step.signed" for e in station.events()))
        signed = next(e for e in station.events() if e["type"] == "step.signed")
        assert signed["data"]["note"] == "support ready"


def test_what_is_pasted_or_typed_behind_a_refused_key_does_nothing(station: Station, run: str) -> None:
    before = [e["type"] for e in station.events() if e["type"] not in BY_ITSELF]
    with Terminal([str(VIRADA), "attach", run], station.env, 80, 24) as console:
        console.wait_text("OPERATOR", "s signs it")
        for text in (COMMANDS, "x", "\r", "h" * 5000):
            console.send(PASTE.format(text))
        console.wait_text("Pasted text does nothing here.")
        # Torn as a slow line tears it.
        for piece in ("\x1b[20", "0~h", "R\x1b", "[201", "~"):
            console.send(piece)
            console.read(0.03)
        _type(console, "xhold the window, quit: R", 0.01)
        console.wait_text("What is typed")
        assert console.code is None
        # After a pause a letter is a command again.
        _pause(console, PAUSE)
        console.send("s")
        console.wait_text("Sign 1.1.2")
        console.send(PASTE.format("all\r\nsay\tgo\n"))
        console.wait_text("all say go")
        _pause(console, HELD_WITHIN)
        # In one piece with what follows, as a terminal pastes that marks no paste.
        console.send("\rhxq R")
        station.wait_for("step.signed")
        console.wait_text("What is typed")
        _pause(console, PAUSE)
        # What comes in one piece with the key that leaves is for nobody here either.
        console.send("qxhR")
        assert console.wait() == 0
    # Behind the end: whatever was commanded is in the journal by now.
    after = [e["type"] for e in station.events() if e["type"] not in BY_ITSELF]
    assert after == [*before, "step.signed"]
    assert next(e for e in station.events() if e["type"] == "step.signed")["data"]["note"] == "all say go"
    await_condition(lambda: station.status()["helm"] is None, "the helm is given back")
