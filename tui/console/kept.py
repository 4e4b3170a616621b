"""The lines of a log that are kept: bounded in number and in characters, trimmed in blocks."""

from __future__ import annotations

from collections.abc import Iterable

from tui.console.loglines import LogLine

LINES = 20_000
CHARACTERS = 8_000_000
"""At four bytes a character at worst 32 MB; lines of a log seldom have more than 400 characters."""
SLACK = 4
"""A list may grow by this part of its bound before it is trimmed, so that a flood does not move it for every line."""


class Kept:
    """Lines in their order; `add` says how many of the oldest ones had to go."""

    def __init__(self, lines: Iterable[LogLine] = ()) -> None:
        self.lines: list[LogLine] = []
        self._characters = 0
        self.add(list(lines))

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, lines: list[LogLine]) -> int:
        self.lines.extend(lines)
        self._characters += sum(len(line.text) for line in lines)
        if len(self.lines) <= LINES + LINES // SLACK and self._characters <= CHARACTERS + CHARACTERS // SLACK:
            return 0
        gone = max(0, len(self.lines) - LINES)
        self._characters -= sum(len(line.text) for line in self.lines[:gone])
        while self._characters > CHARACTERS and gone < len(self.lines) - 1:
            self._characters -= len(self.lines[gone].text)
            gone += 1
        del self.lines[:gone]
        return gone
