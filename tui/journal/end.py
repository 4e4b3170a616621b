"""A journal's end as somebody noted it: a line's number and digest. What a chain alone cannot show is shown by it: that
lines are missing behind the last one, or that the last one was changed."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from tui.journal.line import JournalError
from tui.said import N_, Said

Met = Literal["there", "lost", "other"]
"""The line is in the journal; the journal ends before it; another line has its place."""
_TEXT = re.compile(r"(?:([0-9]{1,18}):)?([0-9a-f]{12,64})")


class EndError(JournalError, ValueError):
    """A text that names no line; its text is a sentence for people."""


class End(msgspec.Struct, frozen=True):
    """Line `seq` has this digest, or begins so. Without a number: some line has it."""

    seq: int | None
    digest: str

    def __str__(self) -> str:
        return self.digest if self.seq is None else f"{self.seq}:{self.digest}"

    def fits(self, seq: int, digest: str) -> bool:
        """Whether it is this line that was noted."""
        return (self.seq is None or self.seq == seq) and digest.startswith(self.digest)

    def met(self, found: int | None, lines: int) -> Met:
        """What became of it in a journal of so many lines, in which it is line `found`."""
        if found is not None:
            return "there"
        return "lost" if self.seq is not None and self.seq >= lines else "other"


def parse_end(text: str) -> End:
    """`SEQ:HASH` or `HASH`, of which the first twelve digits are enough; else EndError."""
    found = _TEXT.fullmatch(text.strip().lower())
    if found is None:
        message = N_(
            "“{text}” is no head of a journal; write SEQ:HASH as verify --head prints it, or at least twelve "
            "digits of the hash."
        )
        raise EndError(Said(message, text=text))
    return End(None if found[1] is None else int(found[1]), found[2])
