"""The one writer of a run's journal: chains lines, makes them durable, stops for good when it cannot."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tui.journal.clock import RunClock
from tui.journal.end import End
from tui.journal.failure import JournalBroken, JournalCorrupt, JournalFull, JournalLost
from tui.journal.io import FileIO, JournalIO, PartialWrite, is_full, settle, write_whole
from tui.journal.line import GENESIS, VERSION, JournalError, Line, decode, digest, encode_checked, encode_data
from tui.journal.verify import Survey
from tui.said import N_, Said, said_of

RESERVE_BYTES = 2 * 1024 * 1024
WRITE_AFTER = 0.04
"""Seconds until readers see a line that nothing waits for; the contract's 50 ms less what waking up takes."""
SYNC_AFTER = 0.8
"""Seconds until such a line is durable; the contract's 1 s less what a busy disk takes."""
RETRY_AFTER = 1.0
PENDING_BYTES = 1024 * 1024
"""Lines waiting to be written are written at once beyond this."""


class Recovered(msgspec.Struct, frozen=True):
    """What was found on taking a journal up again: bytes cut from its end, whole lines, the last of them."""

    cut_bytes: int
    lines: int
    last: Line | None


ClockSource = RunClock | Callable[[Recovered], RunClock]


class _Pending(msgspec.Struct, frozen=True, gc=False):
    line: Line
    raw: bytes
    """With its newline."""
    digest: str


class JournalWriter:
    """Appends to one journal. Made by `create` or `open`; thread safe; not to be carried across a fork.

    A line is *durable* when the call returns, together with all before it, or it is left to a thread that
    shows it to readers within 50 ms and makes it durable within a second. Groups are not atomic: after a crash the
    first lines of one may be there without the others.
    """

    def __init__(self, path: Path, clock: RunClock, io: JournalIO, recovered: Recovered, head: str, end: int) -> None:
        """Use `create` or `open`."""
        self.path = path
        self.clock = clock
        self.recovered = recovered
        self.broken: Said | None = None
        """Why nothing is written any more, as a sentence; None while the journal is sound."""
        self.on_broken: Callable[[], None] = lambda: None
        """Called once when that becomes known, in whichever thread met it."""
        self._io = io
        self._end = end
        self._seq = recovered.lines - 1
        self._head = head
        self._mono = recovered.last.mono if recovered.last else 0.0
        self._written = (self._seq, self._head, self._mono)
        self._pending: deque[_Pending] = deque()
        self._pending_bytes = 0
        self._pending_since: float | None = None
        self._unsynced_since: float | None = None
        self._full_until: float | None = None
        self._closed = False
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        # Taken after _lock, or alone by the thread, so that appending goes on while the disk is busy.
        self._sync_lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @classmethod
    def create(cls, path: Path | str, clock: RunClock, io: JournalIO | None = None) -> JournalWriter:
        """A new, empty journal and its reserve; FileExistsError, JournalFull, other OSErrors."""
        path = Path(path)
        io = io or FileIO()
        io.open(path, create=True)
        try:
            io.reserve(reserve_path(path), RESERVE_BYTES)
        except OSError as error:
            io.close()
            path.unlink(missing_ok=True)
            if is_full(error):
                raise JournalFull(path) from error
            raise
        return cls(path, clock, io, Recovered(0, 0, None), GENESIS, 0)

    @classmethod
    def open(
        cls, path: Path | str, clock: ClockSource, io: JournalIO | None = None, noted: End | None = None
    ) -> tuple[JournalWriter, Recovered]:
        """Take a journal up again: verify it, cut a torn tail, make sure that what is left is on the disk.

        `clock` is one that was resumed, or makes one from what was recovered; `noted`: a line that must be there.
        JournalCorrupt when a line is broken and JournalLost when that one is missing (nothing is cut then),
        JournalError when a newer version wrote it, OSError when it cannot be opened.
        """
        path = Path(path)
        io = io or FileIO()
        survey = Survey(noted)
        survey.run(path)
        if survey.reason is not None:
            raise JournalCorrupt(path, survey.lines, survey.size, survey.reason)
        if noted is not None and survey.met is None:
            raise JournalLost(path, noted, noted.met(None, survey.lines), survey.lines)
        if survey.newest_version > VERSION:
            text = N_("The journal {path} was written by a newer virada; take the run up again with that one.")
            raise JournalError(Said(text, path=path))
        io.open(path, create=False)
        try:
            if survey.torn_bytes:
                io.truncate(survey.size)
            settle(path, io, survey.size)
            last = decode(survey.last) if survey.lines else None
            recovered = Recovered(survey.torn_bytes, survey.lines, last)
            if not isinstance(clock, RunClock):
                clock = clock(recovered)
        except BaseException:
            io.close()
            raise
        try:
            io.reserve(reserve_path(path), RESERVE_BYTES)
        except OSError:
            # On a full disk the run must still be taken up: only with its journal open can it be rolled back.
            pass
        return cls(path, clock, io, recovered, survey.head, survey.size), recovered

    @property
    def seq(self) -> int:
        """Number of the last line appended; -1 before the first."""
        return self._seq

    @property
    def head(self) -> str:
        """Digest of the last line appended; 64 zeros before the first."""
        return self._head

    @property
    def full(self) -> bool:
        """Whether the last attempt to write found no room."""
        return self._full_until is not None

    def append(self, type: str, data: Any, *, by: str = "engine", durable: bool = True) -> Line:
        """Append one event; the line as it was recorded.

        ValueError for data that JSON cannot hold (nothing changes then); JournalFull when there is no room;
        JournalBroken when the disk failed, now or before: whether this line will be there is then unknown.
        """
        return self.append_all([(type, data)], by=by, durable=durable)[0]

    def append_all(self, events: Sequence[tuple[str, Any]], *, by: str = "engine", durable: bool = True) -> list[Line]:
        """Append events in this order with one write and one sync; errors as `append`."""
        checked = [(type, encode_data(data)) for type, data in events]
        with self._lock:
            self._require_sound()
            own = self._chain(checked, by)
            if durable or self.full or self._pending_bytes >= PENDING_BYTES:
                self._write_out(own)
            if durable:
                self._sync()
            else:
                self._wake()
            return [pending.line for pending in own]

    def sync(self) -> None:
        """Everything appended so far is durable when this returns; errors as `append`."""
        with self._lock:
            self._require_sound()
            self._write_out([])
            self._sync()

    def release_reserve(self) -> None:
        """Give the reserved room back: for a rollback on a full disk, and when the run is closed."""
        with self._lock:
            self._io.release(reserve_path(self.path))
            self._full_until = None
            self._wake()

    def close(self) -> None:
        """Make everything durable and close the file; errors as `append`, the file is closed all the same.

        The reserve stays: an open run may still need it (see `release_reserve`). May be called twice.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            try:
                if self.broken is None:
                    self._write_out([])
                    self._sync()
            finally:
                self._io.close()

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _require_sound(self) -> None:
        if self.broken is not None:
            raise JournalBroken(self.broken)
        if self._closed:
            raise JournalBroken(Said("The journal {path} is closed.", path=self.path))

    def _break(self, error: OSError | MemoryError) -> JournalBroken:
        text = N_(
            "The journal {path} could not be written ({error}); nothing further is recorded or executed. "
            "Look after its disk, then take the run up again with “virada continue”."
        )
        reason = getattr(error, "strerror", None) or said_of(error) or "MemoryError"
        known, self.broken = self.broken, Said(text, path=self.path, error=reason)
        if known is None:
            self.on_broken()
        return JournalBroken(self.broken)

    def _chain(self, events: Sequence[tuple[str, msgspec.Raw]], by: str) -> list[_Pending]:
        """The events as lines after the last one, waiting to be written; all of them or none."""
        own: list[_Pending] = []
        seq, head, mono = self._seq, self._head, self._mono
        for type, data in events:
            at, now = self.clock.now()
            seq += 1
            # The first line is the opening, from which the seconds are counted.
            mono = max(mono, now) if seq else 0.0
            line = Line(VERSION, seq, at, mono, type, by, data, head)
            raw = encode_checked(line)
            head = digest(raw)
            own.append(_Pending(line, raw + b"\n", head))
        self._pending.extend(own)
        self._pending_bytes += sum(len(pending.raw) for pending in own)
        self._seq, self._head, self._mono = seq, head, mono
        if self._pending_since is None:
            self._pending_since = time.monotonic()
        return own

    def _write_out(self, own: Sequence[_Pending]) -> None:
        """Write all pending lines; of `own`, the last of them, those that find no room are given up."""
        if not self._pending:
            return
        data = b"".join([pending.raw for pending in self._pending])
        try:
            if self._io.size() != self._end:
                raise OSError(Said("another process changed it"))
            write_whole(self._io, data)
        except PartialWrite as failure:
            if not is_full(failure.error):
                raise self._break(failure.error) from failure.error
            recorded = self._keep_whole_lines(data, failure.written, own)
            raise JournalFull(self.path, recorded) from failure.error
        except (OSError, MemoryError) as error:
            # What is chained and not written would come after what its writer believes.
            raise self._break(error) from error
        self._advance(len(self._pending), len(data))
        self._full_until = None

    def _keep_whole_lines(self, data: bytes, written: int, own: Sequence[_Pending]) -> list[Line]:
        """After a write without room: cut the torn line, keep whole ones, for readers may have seen them."""
        kept = data.rfind(b"\n", 0, written) + 1
        if written > kept:
            try:
                self._io.truncate(self._end + kept)
            except OSError as error:
                raise self._break(error) from error
        self._advance(data.count(b"\n", 0, kept), kept)
        lost = min(len(own), len(self._pending))
        for _lost in range(lost):
            self._pending_bytes -= len(self._pending.pop().raw)
        if self._pending:
            last = self._pending[-1]
            self._seq, self._head, self._mono = last.line.seq, last.digest, last.line.mono
        else:
            self._seq, self._head, self._mono = self._written
            self._pending_since = None
        self._full_until = time.monotonic() + RETRY_AFTER
        return [pending.line for pending in own[: len(own) - lost]]

    def _advance(self, lines: int, size: int) -> None:
        """The first `lines` pending ones, `size` bytes, stand in the file."""
        if not lines:
            return
        if self._unsynced_since is None:
            self._unsynced_since = self._pending_since
        for _line in range(lines):
            last = self._pending.popleft()
        self._written = (last.line.seq, last.digest, last.line.mono)
        self._end += size
        self._pending_bytes -= size
        if not self._pending:
            self._pending_since = None

    def _sync(self) -> None:
        with self._sync_lock:
            # A failure is reported once: where the thread met it, a later sync would say that all is well.
            if self.broken is not None:
                raise JournalBroken(self.broken)
            try:
                self._io.sync()
            except OSError as error:
                raise self._break(error) from error
            self._unsynced_since = None

    def _wake(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._commit_groups, name="journal", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _commit_groups(self) -> None:
        while True:
            with self._lock:
                if self._closed or self.broken is not None:
                    return
                wait = self._until_due()
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                try:
                    if self._write_due() <= time.monotonic():
                        self._write_out([])
                except JournalFull:
                    continue
                except JournalBroken:
                    return
                if self._unsynced_since is None or self._unsynced_since + SYNC_AFTER > time.monotonic():
                    continue
                self._unsynced_since = None
            with self._sync_lock:
                if self.broken is not None:
                    return
                try:
                    self._io.sync()
                except OSError as error:
                    self._break(error)
                    return

    def _until_due(self) -> float | None:
        """Seconds until the thread has something to do; None when there is nothing to wait for."""
        due = [self._write_due()] if self._pending else []
        if self._unsynced_since is not None:
            due.append(self._unsynced_since + SYNC_AFTER)
        return min(due) - time.monotonic() if due else None

    def _write_due(self) -> float:
        if self._pending_since is None:
            return float("inf")
        return max(self._pending_since + WRITE_AFTER, self._full_until or 0.0)


def reserve_path(journal_path: Path) -> Path:
    """The file that holds room for a rollback."""
    return journal_path.with_name(".reserve")
