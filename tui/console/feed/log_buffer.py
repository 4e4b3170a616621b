"""The lines of a log that are kept: bounded in number and in characters, trimmed in blocks."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from tui.pictures.log import LogEntry

LINES = 20_000
CHARACTERS = 8_000_000
"""At four bytes a character at worst 32 MB; lines of a log seldom have more than 400 characters."""
NEAR = 500
"""Lines behind which a wait that is told again is a line of its own."""
SLACK = 4
"""A list may grow by this part of its bound before it is trimmed, so that a flood does not move it for every line."""


class LogBuffer:
    """Lines in their order; `add` and `keep` say how many of the oldest ones had to go."""

    def __init__(self, lines: Iterable[LogEntry] = ()) -> None:
        self.lines: list[LogEntry] = []
        self._characters = 0
        self._gone = 0
        self._keyed: dict[str, int] = {}
        """Lines that may be said anew, by their key: how many came before each since the beginning."""
        for line in lines:
            self.keep(line)

    def __len__(self) -> int:
        return len(self.lines)

    def again(self, line: LogEntry) -> LogEntry | None:
        """Put a line that says anew what a kept one has said into its place; which that was. None: there is none."""
        number = self._keyed.get(line.key, -1) - self._gone if line.key else -1
        if number < 0 or not (line.counts or self._is_last_word(number)):
            return None
        before = self.lines[number]
        self._characters += len(line.text) - len(before.text)
        # It stands where it began, and so does its time.
        self.lines[number] = replace(line, at=before.at)
        return before

    def _is_last_word(self, number: int) -> bool:
        """Whether the line's source has said nothing since, but for what counts; far back nobody looks."""
        if len(self.lines) - number > NEAR:
            return False
        source = self.lines[number].source
        return not any(line.source == source and not line.counts for line in self.lines[number + 1 :])

    def at(self, key: str) -> LogEntry | None:
        """The kept line with this key."""
        place = self._keyed.get(key, -1)
        return None if place < self._gone else self.lines[place - self._gone]

    def keep(self, line: LogEntry) -> int:
        """One more line that may be said anew; as `add`."""
        if line.key:
            self._keyed[line.key] = self._gone + len(self.lines)
        return self.add([line])

    def add(self, lines: list[LogEntry]) -> int:
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
        self._gone += gone
        self._keyed = {key: place for key, place in self._keyed.items() if place >= self._gone}
        return gone
