"""What a child printed: from its raw file, redacted, into the step's output file and on to the journal.

Two threads copy; the loop takes what has come since it last looked. Little queues up: the output file holds everything,
and of what is handed out only the newest text is kept when there is more than the journal takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final

import msgspec

from tui.engine.redaction.redactor import Redactor
from tui.engine.text_limits import TEXT_RATE, TextBudget
from tui.files import SAFE, closing, open_regular, write_all
from tui.probes.tasks import comes

BATCH_INTERVAL: Final = 0.04
"""Seconds between two batches."""
_CHUNK: Final = 128 << 10
_POLL: Final = 0.02
_MAX_PENDING: Final = 2 << 20
# Text that is cut begins with a line, unless its lines are longer than this.
_CUT_SEARCH: Final = 4096


class OutputBatch(msgspec.Struct, frozen=True):
    """What came since the batch before: `length` bytes at `offset` of the output file, their SHA-256 in hex. `text`
    is the last part of them, decoded with replacement characters; the `dropped_bytes` before it lie in the output file
    only."""

    text: str
    offset: int
    length: int
    sha256: str
    dropped_bytes: int = 0


class SpoolEnd(msgspec.Struct, frozen=True):
    """What the child printed, redacted: its length in bytes and its SHA-256 in hex."""

    length: int
    sha256: str


class SpoolAbandoned(Exception):
    """Following was given up before the raw file was copied to its end."""


class Spool:
    """Copies `raw_path`, redacted, to `output_path` (0640, the directory's group).

    After an engine's crash a new Spool rebuilds the output from the raw file's beginning; bytes before `offset` of the
    output, which are in the journal already, are not handed out again. `base`: where in the output file this child's
    part begins, behind what earlier ones of the same attempt printed; batches count from the file's beginning.
    `redactor` must be fresh. `budget`: how much text the journal takes, shared with others that write to it. Errors of
    reading and writing (OSError) come out of `follow` and `finish`; the raw file is then still there.
    """

    def __init__(
        self, raw_path: Path, output_path: Path, redactor: Redactor, offset: int = 0, base: int = 0,
        budget: TextBudget | None = None,
    ) -> None:  # fmt: skip
        self._raw_path = raw_path
        self._output_path = output_path
        self._redactor = redactor
        self._thread: threading.Thread | None = None
        self._done = threading.Event()
        self._stop = False
        self._finished = asyncio.Event()
        self._news = asyncio.Event()
        self._end: SpoolEnd | None = None
        self._error: BaseException | None = None
        self._base = base
        self._budget = budget or TextBudget()
        self._gathered = _Gathered(offset, base)

    async def follow(self, done: asyncio.Event) -> AsyncGenerator[OutputBatch, None]:
        """Batches until, after `done` was set, everything is copied. To be called once.

        `done` is set when the child has ended: what the raw file holds then is what it printed.
        """
        self._begin()
        waiting = asyncio.ensure_future(done.wait())
        waiting.add_done_callback(lambda task: None if task.cancelled() else self._done.set())
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                finished = self._finished.is_set()
                batch = self._gathered.take(self._budget.level(last=finished), final=finished)
                if batch is not None:
                    self._budget.spend(batch.length - batch.dropped_bytes)
                    yield batch
                if finished:
                    break
                # The next one comes at once when the output ends, otherwise after the interval.
                await comes(self._finished, BATCH_INTERVAL)
            if self._error is not None:
                raise self._error
        finally:
            waiting.cancel()
            if not self._finished.is_set():
                self._stop = True
                self._done.set()

    async def finish(self) -> SpoolEnd:
        """Copies what is left, makes the output durable and returns what it is. The child must have ended."""
        self._begin()
        self._done.set()
        await self._finished.wait()
        if self._error is not None:
            raise self._error
        if self._end is None:
            raise SpoolAbandoned(str(self._raw_path))
        return self._end

    def discard_raw(self) -> None:
        """Removes the raw file, which `finish` has made superfluous."""
        if self._end is None:
            raise SpoolAbandoned(str(self._raw_path))
        self._raw_path.unlink(missing_ok=True)

    def _begin(self) -> None:
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, args=(loop,), name="spool", daemon=True)
            self._thread.start()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        def tell(*events: asyncio.Event) -> None:
            try:
                for event in events:
                    loop.call_soon_threadsafe(event.set)
            except RuntimeError:
                # The loop is closed: nobody listens, and a later engine copies again.
                self._stop = True

        try:
            self._copy(lambda: tell(self._news))
        except BaseException as error:
            self._error = error
        finally:
            tell(self._finished, self._news)

    def _copy(self, tell: Callable[[], None]) -> None:
        with closing(os.open(self._raw_path, os.O_RDONLY | SAFE)) as raw:
            sink = _Sink(self._output_path, self._base, self._gathered, tell)
            try:
                self._redact(raw, sink)
            except BaseException:
                sink.close(whole=False)
                raise
            self._end = sink.close(whole=not self._stop)

    def _redact(self, raw: int, sink: _Sink) -> None:
        while not self._stop:
            # Looked at before reading: what is read after the child's end is all there is.
            last = self._done.is_set()
            if chunk := os.read(raw, _CHUNK):
                sink.put(self._redactor.feed(chunk))
            elif last:
                sink.put(self._redactor.flush())
                return
            elif os.fstat(raw).st_size < os.lseek(raw, 0, os.SEEK_CUR):
                # A command that writes to > /dev/stderr empties the file it spools to; what comes then is new.
                os.lseek(raw, 0, os.SEEK_SET)
            else:
                self._done.wait(_POLL)


class _Sink:
    """Writes, hashes and counts in a thread of its own, because all of that can go on beside the redacting."""

    def __init__(self, path: Path, base: int, gathered: _Gathered, tell: Callable[[], None]) -> None:
        # Not cut to nothing: a rebuilt output has the same beginning, which others may be reading.
        self._file = open_regular(path, os.O_WRONLY | os.O_CREAT, 0o640)
        os.fchmod(self._file, 0o640)
        os.lseek(self._file, base, os.SEEK_SET)
        self._base = base
        self._gathered = gathered
        self._tell = tell
        self._digest = hashlib.sha256()
        self._length = 0
        self._changed = threading.Condition()
        self._pending: list[bytes] = []
        self._pending_length = 0
        self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="spool-write", daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        """Takes the next bytes; waits while more than _MAX_PENDING are not written yet. Raises what writing raised."""
        if not data:
            return
        with self._changed:
            while self._pending_length >= _MAX_PENDING and self._error is None:
                self._changed.wait()
            if self._error is not None:
                raise self._error
            self._pending.append(data)
            self._pending_length += len(data)
            self._changed.notify()

    def close(self, *, whole: bool) -> SpoolEnd | None:
        """Writes the rest; a `whole` output is cut to its length, made durable, and described."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        try:
            if not whole:
                return None
            if self._error is not None:
                raise self._error
            # A rebuilt output can only be shorter when other secrets are known by now.
            os.ftruncate(self._file, self._base + self._length)
            os.fdatasync(self._file)
            return SpoolEnd(self._length, self._digest.hexdigest())
        finally:
            os.close(self._file)

    def _work(self) -> None:
        try:
            while (data := self._next()) is not None:
                write_all(self._file, data)
                self._digest.update(data)
                self._length += len(data)
                self._gathered.add(data)
                self._tell()
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify()

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._pending and not self._closed:
                self._changed.wait()
            if not self._pending:
                return None
            pending, self._pending, self._pending_length = self._pending, [], 0
            self._changed.notify()
        return pending[0] if len(pending) == 1 else b"".join(pending)


class _Gathered:
    """What the thread has added since the loop last took: counted and hashed, with the newest bytes kept."""

    def __init__(self, offset: int, base: int) -> None:
        self._lock = threading.Lock()
        self._skip = offset
        self._offset = base + offset
        # The beginning of a character whose other bytes are still to come.
        self._torn = b""
        self._reset()

    def _reset(self) -> None:
        self._digest = hashlib.sha256()
        self._length = 0
        self._kept: list[bytes] = []
        self._kept_length = 0

    def add(self, data: bytes) -> None:
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if not data:
            return
        with self._lock:
            if self._torn:
                data = self._torn + data
            torn = _torn_end(data)
            self._torn = data[len(data) - torn :]
            self._count(data[: len(data) - torn] if torn else data)

    def _count(self, data: bytes) -> None:
        self._digest.update(data)
        self._length += len(data)
        self._kept.append(data)
        self._kept_length += len(data)
        while self._kept_length - len(self._kept[0]) >= TEXT_RATE:
            self._kept_length -= len(self._kept.pop(0))

    def take(self, allowed: int, *, final: bool) -> OutputBatch | None:
        """Everything since the last time, with at most `allowed` bytes of text; None when there is nothing."""
        with self._lock:
            if final and self._torn:
                torn, self._torn = self._torn, b""
                self._count(torn)
            if not self._length:
                return None
            digest, length, kept = self._digest, self._length, self._kept
            offset, self._offset = self._offset, self._offset + length
            self._reset()
        text = last_part(b"".join(kept), allowed, whole=length)
        return OutputBatch(text.decode("utf-8", "replace"), offset, length, digest.hexdigest(), length - len(text))


def last_part(data: bytes, allowed: int, *, whole: int) -> bytes:
    """At most the last `allowed` bytes; when something is left out it begins with a line, or at least a character."""
    if len(data) <= allowed and len(data) == whole:
        return data
    if allowed <= 0:
        return b""
    data = data[-allowed:]
    line = data.find(b"\n", 0, _CUT_SEARCH) + 1
    if line and line < len(data):
        return data[line:]
    start = 0
    while start < min(3, len(data)) and data[start] & 0xC0 == 0x80:
        start += 1
    return data[start:]


def _torn_end(data: bytes) -> int:
    """How many of the last bytes begin a UTF-8 character without ending it."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            size = 2 if byte & 0xE0 == 0xC0 else 3 if byte & 0xF0 == 0xE0 else 4 if byte & 0xF8 == 0xF0 else 1
            return back if size > back else 0
    return 0
