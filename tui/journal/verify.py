"""Is the chain whole? Every line's bytes, number, time and link to the one before it."""

from __future__ import annotations

import math
import os
from pathlib import Path

import msgspec

from tui.files import reading
from tui.journal.end import End, Met
from tui.journal.line import GENESIS, MAX_LINE, LineError, decode, digest
from tui.said import Said, said_of

CHUNK = 4 * 1024 * 1024


class Verification(msgspec.Struct, frozen=True):
    """What verification found.

    `lines` that are whole, `head` the digest of the last of them (64 zeros for none), `bad_seq` the number of
    the first line that is not and `reason` why; `torn_bytes` after the last newline are no line and no fault.
    `noted`: what became of a head that was noted; `ok` is about the chain and about that one.
    """

    ok: bool
    lines: int
    head: str
    bad_seq: int | None
    reason: str | Said | None
    torn_bytes: int
    noted: Met | None = None


class Survey:
    """A walk along a whole journal file: the verdict, and what a writer needs to go on."""

    def __init__(self, noted: End | None = None) -> None:
        """`noted`: a line that is looked for on the way."""
        self.noted = noted
        self.met: int | None = None
        """The number of the line that was noted."""
        self.lines = 0
        self.head = GENESIS
        self.mono = 0.0
        self.newest_version = 0
        self.last = b""
        self.size = 0
        """Bytes of whole lines: where a torn tail starts."""
        self.reason: str | Said | None = None
        self.torn_bytes = 0

    def run(self, path: Path) -> None:
        """Walk to the end of the file or to the first broken line. OSError when it cannot be read."""
        rest = b""
        with reading(path) as fd:
            while self.reason is None:
                chunk = os.pread(fd, CHUNK, self.size + len(rest))
                if not chunk:
                    break
                rest = self._take(rest + chunk if rest else chunk)
                if len(rest) > MAX_LINE:
                    self.reason = Said("the line does not end.")
        self.torn_bytes = len(rest) if self.reason is None else 0

    def _take(self, block: bytes) -> bytes:
        start = 0
        while (end := block.find(b"\n", start)) >= 0:
            raw = block[start:end]
            self.reason = self._fault(raw)
            if self.reason is not None:
                return b""
            self.head = digest(raw)
            if self.noted is not None and self.noted.fits(self.lines, self.head):
                self.met = self.lines
            self.lines += 1
            self.last = raw
            self.size += len(raw) + 1
            start = end + 1
        return block[start:]

    def _fault(self, raw: bytes) -> str | Said | None:
        try:
            line = decode(raw)
        except LineError as error:
            return said_of(error)
        if line.seq != self.lines:
            return Said("its number is {found}.", found=line.seq)
        if line.prev != self.head:
            return Said("the line before it is not the one that was there when it was written.")
        if not (math.isfinite(line.mono) and line.mono >= self.mono):
            return Said("its time is before that of the line before it.")
        self.mono = line.mono
        self.newest_version = max(self.newest_version, line.v)
        return None


def verify(path: Path | str, noted: End | None = None) -> Verification:
    """Find the first line at which number, chain, time or JSON is broken.

    A chain shows changes to a line by the line after it. What is done to the last line so that it stays
    valid, and a tail cut at a line's end, shows only against a head that was `noted` elsewhere (kept by the engine, a
    printed report): given one, its line must be there. OSError when the file cannot be read.
    """
    survey = Survey(noted)
    survey.run(Path(path))
    reason, bad_seq = survey.reason, survey.lines
    met = None if noted is None or reason is not None else noted.met(survey.met, survey.lines)
    if noted is not None and met in ("lost", "other"):
        if met == "lost":
            reason = Said("it has lost its end: line {seq} was there when its head was noted.", seq=noted.seq)
        else:
            bad_seq = max(0, survey.lines - 1) if noted.seq is None else noted.seq
            reason = Said("it is not the line whose digest was noted.")
    return Verification(
        ok=reason is None,
        lines=survey.lines,
        head=survey.head,
        bad_seq=None if reason is None else bad_seq,
        reason=reason,
        torn_bytes=survey.torn_bytes,
        noted=met,
    )
