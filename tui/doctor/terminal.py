"""The terminal: whether the console can be drawn in it, and what happens to it when the connection is lost."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator, Mapping

from tui.doctor.examined import Examined, examined
from tui.doctor.locale import advice
from tui.said import N_

COLUMNS, LINES = 80, 24


def look(environment: Mapping[str, str]) -> Iterator[Examined]:
    """Size, TERM, colours, encoding, multiplexer; without a terminal that is said, and nothing is guessed."""
    descriptor = next((number for number in (2, 1, 0) if _is_terminal(number)), None)
    term = environment.get("TERM", "")
    if descriptor is None:
        yield examined(
            "terminal.size", "unknown", "no_terminal",
            N_("this command has no terminal, so that none was looked at"),
            N_("Ask again in the terminal that is meant; without one there is --plain."),
        )  # fmt: skip
    else:
        yield _size(descriptor)
        yield _type(term, descriptor)
        yield _encoding(environment)
    yield _multiplexer(environment)


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _size(descriptor: int) -> Examined:
    size = os.get_terminal_size(descriptor)
    facts = {"columns": size.columns, "lines": size.lines}
    if not size.columns or not size.lines:
        return examined(
            "terminal.size", "unknown", "none", N_("the terminal does not tell its size"),
            N_("Set it: stty cols 120 rows 40"), **facts,
        )  # fmt: skip
    if size.columns < COLUMNS or size.lines < LINES:
        return examined(
            "terminal.size", "warn", "small", N_("{columns}x{lines}; the console is made for 80x24 and more"),
            N_("Make the window larger, or the letters smaller."), **facts,
        )  # fmt: skip
    return examined("terminal.size", "ok", "large_enough", N_("{columns}x{lines}"), **facts)


def _type(term: str, descriptor: int) -> Examined:
    import curses

    if term in ("", "dumb"):
        return examined(
            "terminal.type", "warn", "dumb", N_("TERM={term} cannot show the console"),
            N_("Use --plain, or set TERM to what the terminal is, such as xterm-256color."), term=term,
        )  # fmt: skip
    try:
        curses.setupterm(term, descriptor)
        colours = curses.tigetnum("colors")
    except curses.error:
        return examined(
            "terminal.type", "unknown", "no_terminfo", N_("this host does not know a terminal of the type {term}"),
            N_("If the console looks wrong: TERM=xterm-256color"), term=term,
        )  # fmt: skip
    facts = {"term": term, "colours": max(colours, 0), "no_color": bool(os.environ.get("NO_COLOR"))}
    if colours < 8:
        return examined(
            "terminal.type", "warn", "no_colours", N_("{term} has no colours; what matters is in words as well"),
            N_("If the terminal has colours: TERM=xterm-256color"), **facts,
        )  # fmt: skip
    return examined("terminal.type", "ok", "colours", N_("{term}, {colours} colours"), **facts)


def _encoding(environment: Mapping[str, str]) -> Examined:
    encoding = getattr(sys.__stderr__, "encoding", None) or "?"
    try:
        utf8 = codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        utf8 = False
    if utf8:
        return examined("terminal.encoding", "ok", "utf8", N_("what is written is UTF-8"), encoding=encoding)
    return examined(
        "terminal.encoding", "warn", "other", N_("what is written is {encoding}, and signs outside of it are replaced"),
        N_("Unset PYTHONIOENCODING.") if environment.get("PYTHONIOENCODING") else advice(environment),
        encoding=encoding,
    )  # fmt: skip


def _multiplexer(environment: Mapping[str, str]) -> Examined:
    if environment.get("TMUX"):
        return examined("terminal.multiplexer", "ok", "tmux", N_("inside of tmux: the screen outlives the connection"))
    if environment.get("STY"):
        return examined(
            "terminal.multiplexer", "ok", "screen", N_("inside of screen: the screen outlives the connection")
        )
    if environment.get("SSH_CONNECTION"):
        return examined(
            "terminal.multiplexer", "ok", "ssh",
            N_("over ssh, outside of tmux: the console ends with it, the run does not"),
            N_("`virada attach` comes back to it; inside of tmux the screen stays as well."),
        )  # fmt: skip
    return examined("terminal.multiplexer", "ok", "none", N_("outside of tmux and screen; a run outlives its console"))
