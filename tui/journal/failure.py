"""How a journal fails its writer and its readers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tui.journal.line import JournalError, Line
from tui.locale import _


class JournalBroken(JournalError):
    """The journal cannot be relied on any more; its writer writes nothing further."""


class JournalFull(JournalError):
    """There is no room for the lines; none was recorded except `recorded`, the first ones of a group."""

    def __init__(self, path: Path, recorded: Sequence[Line] = ()) -> None:
        self.path = path
        self.recorded = list(recorded)
        text = _("There is no room left for the journal {path}; nothing further is executed. Free space on its disk.")
        super().__init__(text.format(path=path))


class JournalCorrupt(JournalError):
    """The journal is not what a writer leaves behind, from line `seq` at byte `offset` on."""

    def __init__(self, path: Path, seq: int, offset: int, reason: str) -> None:
        self.path, self.seq, self.offset, self.reason = path, seq, offset, reason
        text = _("The journal {path} is broken at line {seq} (byte {offset}): {reason}")
        super().__init__(text.format(path=path, seq=seq, offset=offset, reason=reason))
