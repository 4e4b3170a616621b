"""The console on a real pseudo-terminal: it ends when it must, restores what it changed, and survives what comes in."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.console.terminal import ROOT, SHOW, Terminal

BYTES_A_SECOND = 300
"""The budget while nothing but the clock changes."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_restores_the_terminal(number: signal.Signals) -> None:
    with Terminal("migrating", "operator") as terminal:
        terminal.until("roll back within")
        terminal.signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.is_restored


@pytest.mark.parametrize("ignored", [False, True])
def test_a_vanished_terminal_leaves_no_process(ignored: bool) -> None:
    with Terminal("migrating", "operator", ignore_hangup=ignored) as terminal:
        terminal.until("roll back within")
        terminal.hang_up()
        assert terminal.ended() in (129, -signal.SIGHUP)


def test_bytes_that_are_no_utf8_are_survived() -> None:
    with Terminal("prepared", "operator") as terminal:
        terminal.until("Next for DBA: 2.1.1")
        terminal.press(b"\xe7\xe3\xff")
        terminal.press(b"\x1b[M \xb0\x90")
        terminal.press("?")
        terminal.until("Commands to the engine")
        terminal.press("\x1b")
        terminal.until(lambda: "Commands to the engine" not in terminal.text())
        terminal.press("q")
        assert terminal.ended() == 0
        assert b"virada attach 20261205T235500Z-7f3a" in terminal.output
        assert terminal.is_restored


def test_ctrl_c_ends_nothing_and_q_says_that_the_engine_goes_on() -> None:
    with Terminal("prepared", "operator") as terminal:
        terminal.until("Next for DBA: 2.1.1")
        terminal.press(b"\x03")
        terminal.until("q detaches this screen; the engine goes on.")
        terminal.press("q")
        assert terminal.ended() == 0
        assert b"the engine goes on" in terminal.output[terminal.output.rfind(b"\x1b[?1049l") :]


def test_a_terminal_that_takes_nothing_does_not_keep_it() -> None:
    with Terminal("migrating", "operator", "--live", size=(200, 60)) as terminal:
        terminal.until("roll back within")
        # Nobody reads from here on: the terminal's buffer is full after a few repaints.
        for _n in range(200):
            terminal.press("jk")
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            assert terminal.process.poll() is None
            time.sleep(0.05)
        terminal.signal(signal.SIGTERM)
        terminal.process.wait(8)


def test_while_only_the_clock_changes_little_is_written() -> None:
    with Terminal("prepared", "observer", COLORTERM="truecolor") as terminal:
        terminal.until("last event 6 s ago")
        began = time.monotonic()
        written = 0
        while time.monotonic() - began < 4.5:
            written += len(terminal.read(0.5))
        assert 0 < written / (time.monotonic() - began) <= BYTES_A_SECOND


def test_no_colour_means_no_colour() -> None:
    with Terminal("failed", "observer", NO_COLOR="1", COLORTERM="truecolor") as terminal:
        terminal.until("Rollback is PROPOSED")
        terminal.press("?")
        terminal.until("On this screen")
        codes = {code for found in re.findall(rb"\x1b\[([0-9;]*)m", terminal.output) for code in found.split(b";")}
        assert not codes & {b"38", b"48"}
        assert not any(
            30 <= int(code) <= 37 or 40 <= int(code) <= 47 or 90 <= int(code) <= 107 for code in codes if code
        )
        row = next(y for y, line in enumerate(terminal.screen.display) if "PRODUCTION" in line)
        column = terminal.screen.display[row].index("PRODUCTION")
        assert terminal.screen.buffer[row][column].reverse


def test_sixteen_colours_are_enough() -> None:
    with Terminal("failed", "observer", TERM="screen") as terminal:
        terminal.until("Rollback is PROPOSED")
        cells = [terminal.screen.buffer[y][x] for y in range(24) for x in range(80)]
        assert all(cell.data == " " or cell.fg != cell.bg for cell in cells)


def test_without_unicode_it_is_drawn_in_ascii() -> None:
    with Terminal("migrating", "operator", PYTHONIOENCODING="iso-8859-1", PYTHONCOERCECLOCALE="0") as terminal:
        terminal.until("roll back within")
        assert b"\\u" not in terminal.output and b"\xe2" not in terminal.output
        assert "Execução".encode("iso-8859-1") in terminal.output
        assert "> running" in terminal.text()


def test_a_size_of_60x20_is_usable() -> None:
    with Terminal("migrating", "observer", size=(60, 20)) as terminal:
        for part in ("PRODUCTION", "OBSERVER", "window closes in", "roll back within", "▶ running", "q detach"):
            terminal.until(part)
        terminal.until("waits for a lock")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_show_nothing_is_told_of_plain(term: str) -> None:
    with Terminal("prepared", "observer", TERM=term) as terminal:
        assert terminal.ended() == 2
        assert b"--plain" in terminal.output and b"Traceback" not in terminal.output
        assert b"\x1b" not in terminal.output


def test_a_pipe_is_told_of_plain() -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "LANGUAGE": "en"}
    ended = subprocess.run(
        [sys.executable, str(SHOW), "prepared"], stdin=subprocess.DEVNULL, capture_output=True, cwd=ROOT,
        env=environment, timeout=20,
    )  # fmt: skip
    assert ended.returncode == 2
    assert b"--plain" in ended.stderr and not ended.stdout


def test_a_box_on_a_terminal_without_unicode_is_drawn_in_ascii() -> None:
    with Terminal("failed", "operator", PYTHONIOENCODING="ascii", PYTHONCOERCECLOCALE="0") as terminal:
        terminal.until("roll back within")
        for key, text in (("?", "Commands to the engine"), ("\r", "What is done"), ("/", "Filter the log")):
            terminal.press(key)
            terminal.until(text)
            rows = terminal.text().splitlines()
            assert any("+------" in row for row in rows), terminal.text()
            assert not any("??" in row for row in rows), terminal.text()
            if key == "\r":
                assert any("What is done ----" in row for row in rows)
            terminal.read(0.5)
            terminal.press("\x1b")
            terminal.until(lambda text=text: text not in terminal.text())  # type: ignore[misc]
        assert terminal.output.isascii()


def test_the_set_of_characters_can_be_forced() -> None:
    with Terminal("failed", "operator", VIRADA_GLYPHS="ascii") as terminal:
        terminal.until("roll back within")
        terminal.press("?")
        terminal.until("Commands to the engine")
        assert "+------" in terminal.text() and "╭" not in terminal.text() and "│" not in terminal.text()
    with Terminal("failed", "operator", VIRADA_GLYPHS="unicode", PYTHONIOENCODING="utf-8") as terminal:
        terminal.until("✗ failed")
    with Terminal("failed", "operator", VIRADA_GLYPHS="emoji") as terminal:
        terminal.until("VIRADA_GLYPHS=emoji is no set of characters; there are: ascii, unicode.")
        assert terminal.ended() == 2 and b"Traceback" not in terminal.output


def test_keys_typed_in_one_burst_arrive_in_the_prompt_they_open() -> None:
    with Terminal("failed", "operator") as terminal:
        terminal.until("roll back within")
        terminal.press("/error\r")
        terminal.until(lambda: "Filter the log" not in terminal.text() and "error" in terminal.text().splitlines()[4])


@pytest.mark.parametrize("tmux", ["", "/tmp/tmux-0/default,1,0"])
def test_y_copies_through_the_terminal_and_tmux(tmux: str) -> None:
    with Terminal("prepared", "operator", TMUX=tmux) as terminal:
        terminal.until("Next for DBA: 2.1.1")
        terminal.press("y")
        terminal.until("lines through the terminal")
        plain = re.findall(rb"(?<!\x1b)\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.output)
        assert len(plain) == 1
        assert "Executar backup completo" in base64.b64decode(plain[0]).decode()
        wrapped = b"\x1bPtmux;\x1b\x1b]52;c;" + plain[0] + b"\x07\x1b\\"
        assert terminal.output.count(wrapped) == (1 if tmux else 0)
        assert tmux or b"Ptmux" not in terminal.output


@pytest.mark.parametrize("asked", [False, True])
def test_the_mouse_is_left_to_the_terminal_unless_asked_for(asked: bool) -> None:
    tracking = (b"\x1b[?1000h", b"\x1b[?1002h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?1015h")
    with Terminal("prepared", "operator", *(["--mouse"] if asked else [])) as terminal:
        terminal.until("Next for DBA: 2.1.1")
        for key, text in (("?", "Commands to the engine"), ("\x1b", "Next for DBA: 2.1.1"), ("/", "Filter the log")):
            terminal.press(key)
            terminal.until(text)
            terminal.read(0.3)
        assert any(code in terminal.output for code in tracking) == asked
