"""The one way out of the command line: data to stdout, narration to stderr, nothing that a terminal acts upon.

What is printed may hold any text of a journal, a server, a file or a person. Whoever makes a sentence of it makes it
visible; here it is made so whatever they did, and what is only said yet is put into words.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import IO, Any

import click
import msgspec

from tui.said import Said
from tui.words.inert import visible_json
from tui.words.said import say, say_lines

NARROWEST = 40
"""Columns for which tables are laid out at least."""


def columns(stream: IO[str] | None = None) -> int | None:
    """The columns of the terminal that a stream (stdout) is; None for a pipe or a file, in which nothing is cut."""
    try:
        terminal = (stream or sys.stdout).isatty()
    except ValueError:
        return None
    return max(NARROWEST, shutil.get_terminal_size().columns) if terminal else None


def print_json(data: Any, indent: int = 2) -> None:
    """JSON in UTF-8, whatever the terminal's encoding; with `indent` 0 on one line."""
    encoded = msgspec.json.encode(data)
    told = visible_json((msgspec.json.format(encoded, indent=indent) if indent else encoded).decode())
    click.echo(told.encode())


def print_line(line: str | Said) -> None:
    """A line of data."""
    click.echo(say(line))


def print_coloured(line: str, **style: Any) -> None:
    """A line of data in colours, where they are wanted; click leaves them out of a pipe by itself."""
    click.echo(click.style(say(line), **style) if style else say(line))


def ask(question: str | Said) -> str:
    """What is typed behind a question on the terminal, without blanks around it; empty at the end of the input."""
    click.echo(say(question), err=True, nl=False)
    return sys.stdin.readline().strip()


def print_lines(lines: Iterable[str | Said]) -> None:
    for line in lines:
        print_line(line)


def tell(line: str | Said) -> None:
    """A line of narration."""
    click.echo(say(line), err=True)


def tell_lines(text: str | Said) -> None:
    """A text of several lines, as narration."""
    for line in say_lines(text):
        tell(line)
