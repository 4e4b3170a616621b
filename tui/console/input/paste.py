"""Bracketed pastes, taken out of what a terminal sends before anything of it is looked at as keys. Pure.

A text from elsewhere may hold anything. What lies between the two marks is text, whatever it looks like, and is not
shown to a parser of keys at all.
"""

from __future__ import annotations

import re

from msgspec import Struct

START, END = "\x1b[200~", "\x1b[201~"
LONGEST = 1 << 16
"""Characters of a paste that are kept."""
_BREAKS = re.compile(r"[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]+")


class PastedText(Struct, frozen=True):
    """A text between the terminal's two marks; `cut`: it was longer."""

    text: str
    cut: bool = False


class PasteSplitter:
    """Splits what comes, in pieces of any length, into input and pastes."""

    def __init__(self) -> None:
        self._held = ""
        self._paste: list[str] | None = None
        self._length = 0

    @property
    def waits(self) -> bool:
        """Whether the end of what came may be the beginning of a mark."""
        return bool(self._held) and self._paste is None

    def feed(self, data: str) -> list[str | PastedText]:
        """What is there now, in order. A text that may be the beginning of a mark is held until more comes."""
        found: list[str | PastedText] = []
        data, self._held = self._held + data, ""
        while data:
            mark = START if self._paste is None else END
            before, met, rest = data.partition(mark)
            if not met:
                held = _beginning(before, mark)
                before, self._held = before[: len(before) - held], before[len(before) - held :]
                rest = ""
            if self._paste is not None:
                if self._length < LONGEST:
                    self._paste.append(before[: LONGEST - self._length])
                self._length += len(before)
            elif before:
                found.append(before)
            if met and self._paste is None:
                self._paste, self._length = [], 0
            elif met:
                found.append(PastedText("".join(self._paste or ()), self._length > LONGEST))
                self._paste = None
            data = rest
        return found

    def released(self) -> str:
        """What was held and is no mark: nothing more has come. Within a paste everything waits for its end."""
        if self._paste is not None:
            return ""
        held, self._held = self._held, ""
        return held


def _beginning(text: str, mark: str) -> int:
    """How many characters at the text's end may be the beginning of the mark."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)


def in_one_line(text: str) -> str:
    """Breaks and blanks of every kind are a blank, control characters nothing."""
    text = "".join(" " if c.isspace() else c for c in _BREAKS.sub(" ", text))
    return "".join(c for c in text if c.isprintable() and c != "\ufffd")
