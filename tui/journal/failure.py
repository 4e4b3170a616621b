"""How a journal fails its writer and its readers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tui.journal.end import End, Met
from tui.journal.line import JournalError, Line
from tui.said import N_, Said


class JournalBroken(JournalError):
    """The journal cannot be relied on any more; its writer writes nothing further."""


class JournalFull(JournalError):
    """There is no room for the lines; none was recorded except `recorded`, the first ones of a group."""

    def __init__(self, path: Path, recorded: Sequence[Line] = ()) -> None:
        self.path = path
        self.recorded = list(recorded)
        text = N_("There is no room left for the journal {path}; nothing further is executed. Free space on its disk.")
        super().__init__(Said(text, path=path))


class JournalLost(JournalError):
    """The journal, of `lines` whole lines, does not hold the line that was noted: it lost its end (`met` is `lost`), or
    it is another one (`other`)."""

    def __init__(self, path: Path, noted: End, met: Met, lines: int) -> None:
        self.path, self.noted, self.met, self.lines = path, noted, met, lines
        text = N_(
            "The journal {path} has lost its end: line {seq} is known and is not there; it ends with line {last}."
        )
        if met == "other":
            text = N_("The journal {path} is not the one that is known here: its line {seq} is another one.")
        super().__init__(Said(text, path=path, seq=noted.seq, last=lines - 1))


class JournalCorrupt(JournalError):
    """The journal is not what a writer leaves behind, from line `seq` at byte `offset` on."""

    def __init__(self, path: Path, seq: int, offset: int, reason: str | Said) -> None:
        self.path, self.seq, self.offset, self.reason = path, seq, offset, reason
        text = N_("The journal {path} is broken at line {seq} (byte {offset}): {reason}")
        super().__init__(Said(text, path=path, seq=seq, offset=offset, reason=reason))
