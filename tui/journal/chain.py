"""The chain of a journal, followed line by line by whoever reads it: does each line follow the one before it?

What a reader does not read it does not vouch for. `verify` looks at everything; this costs a digest for each line.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import msgspec

from tui.files import reading
from tui.journal.end import End, Met
from tui.journal.line import GENESIS, MAX_LINE
from tui.said import N_, Said

CHUNK = 4 * 1024 * 1024


class Fault(msgspec.Struct, frozen=True):
    """The first line that does not follow the one before it: its number, and why as a sentence."""

    seq: int
    reason: Said

    def sentence(self) -> Said:
        """What is said of it wherever the journal is shown."""
        text = N_("THE JOURNAL IS BROKEN at line {seq}: {reason} What is shown of that line and of those around it was "
                 "not written so.")  # fmt: skip
        return Said(text, seq=self.seq, reason=self.reason)


class _Linked(msgspec.Struct, frozen=True, gc=False):
    seq: int
    prev: str


_decoder = msgspec.json.Decoder(_Linked)


class Chain:
    """Takes lines in their order. `fault` is the first that is wrong; what comes behind it is not looked at again."""

    def __init__(self, noted: End | None = None) -> None:
        """`noted`: a line that somebody noted, looked for on the way."""
        self.fault: Fault | None = None
        self.seq = -1
        self.head: str | None = GENESIS
        """Digest of the last line; None where the line before the next one was not read."""
        self.noted = noted
        self.met: int | None = None
        """The number of the line that was noted."""

    def restart(self, seq: int) -> None:
        """The next line comes behind line `seq`, which was not read."""
        self.seq, self.head = seq, GENESIS if seq < 0 else None

    def take(self, raw: bytes, prev: str) -> None:
        """The next line's bytes without its newline, and the digest that it has of the one before."""
        self.seq += 1
        if self.head is not None and prev != self.head and self.fault is None:
            self.fault = Fault(self.seq, _broken())
        self.head = sha256(raw).hexdigest()
        if self.noted is not None and self.noted.fits(self.seq, self.head):
            self.met = self.seq

    def standing(self) -> Met | None:
        """What became of the line that was noted, as far as was read; None where none was."""
        return None if self.noted is None else self.noted.met(self.met, self.seq + 1)

    def walk(self, path: Path, until: int | None = None) -> None:
        """All lines that are in the file, or those up to the number `until`, without decoding them. A line that is none
        ends it, as a fault. OSError where the file cannot be read."""
        with reading(path) as fd:
            rest, offset = b"", 0
            while self.fault is None and (chunk := os.pread(fd, CHUNK, offset)):
                offset += len(chunk)
                *lines, rest = (rest + chunk if rest else chunk).split(b"\n")
                if until is not None:
                    del lines[max(0, until - self.seq) :]
                self.take_all(lines)
                if until is not None and self.seq >= until:
                    return
                if len(rest) > MAX_LINE and self.fault is None:
                    self.fault = Fault(self.seq + 1, Said("the line does not end."))

    def take_all(self, lines: list[bytes]) -> None:
        """As `take`, a million of them in a second: a line as the writer writes it ends with the digest."""
        seq, head, noted = self.seq, self.head, self.noted
        for raw in lines if self.fault is None else ():
            if head is None or not raw.endswith(b'"prev":"%b"}' % head.encode()):
                self.seq, self.head = seq, head
                if not self._decoded(raw):
                    return
                seq, head = self.seq, self.head
                continue
            seq += 1
            head = sha256(raw).hexdigest()
            if noted is not None and noted.seq in (seq, None) and noted.fits(seq, head):
                self.met = seq
        self.seq, self.head = seq, head

    def _decoded(self, raw: bytes) -> bool:
        """Take a line of any other form; whether it follows."""
        try:
            found = _decoder.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self.fault = Fault(self.seq + 1, Said("This is not a journal line: {error}", error=error))
            return False
        if found.seq != self.seq + 1:
            self.fault = Fault(self.seq + 1, Said("its number is {found}.", found=found.seq))
            return False
        self.take(raw, found.prev)
        return self.fault is None


def _broken() -> Said:
    return Said("the line before it is not the one that was there when it was written.")
