"""Two pipes to a program: what it reads its commands from, and what it reports into. Neither outlives the engine."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress


class ProgramPipes:
    """`source` and `descriptor` are for the program: where its commands come from, and what it reports into.

    To be closed by `close`, whether the program was started or not. A program whose engine is gone meets the end of its
    commands. That it has ended is not learnt from the pipes, which what it leaves in the background may hold open.
    """

    def __init__(self) -> None:
        self._theirs: tuple[int, ...] = ()
        read, write = os.pipe()
        try:
            heard, reported = os.pipe()
        except OSError:
            os.close(read)
            os.close(write)
            raise
        self._ours: list[int] = [write, heard]
        self._theirs = (read, reported)
        self.source = f"/dev/fd/{read}"
        self.descriptor = reported
        self._writer: asyncio.WriteTransport | None = None
        self._reader: asyncio.StreamReader | None = None
        self._hearing: asyncio.ReadTransport | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the program inherits."""
        return self._theirs

    async def begin(self) -> None:
        """The program has been started: its ends are its own from here."""
        self._leave()
        loop = asyncio.get_running_loop()
        write, heard = self._ours
        self._ours = []
        self._writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write, "wb", buffering=0))
        reader = asyncio.StreamReader()
        self._hearing, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(heard, "rb", buffering=0)
        )
        self._reader = reader

    def say(self, text: str) -> None:
        """Commands for the program; what it does not read any more is lost without an error."""
        assert self._writer is not None
        self._writer.write(text.encode("utf-8", "surrogateescape"))

    async def hear(self, ended: asyncio.Event) -> bytes | None:
        """The next line of its report; None when the program has ended without one."""
        assert self._reader is not None
        line = asyncio.ensure_future(self._reader.readline())
        end = asyncio.ensure_future(ended.wait())
        try:
            await asyncio.wait({line, end}, return_when=asyncio.FIRST_COMPLETED)
            if not line.done():
                # Said before it ended, and not yet read.
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(line), 0.05)
            return line.result() or None if line.done() else None
        finally:
            line.cancel()
            end.cancel()

    def end(self) -> None:
        """Nothing more is said: the program meets the end of its commands."""
        if self._writer is not None:
            self._writer.close()

    def close(self) -> None:
        """Give everything back."""
        self._leave()
        for descriptor in self._ours:
            os.close(descriptor)
        self._ours = []
        if self._writer is not None and (not self._writer.is_closing() or self._writer.get_write_buffer_size()):
            self._writer.abort()
        if self._hearing is not None:
            self._hearing.close()

    def _leave(self) -> None:
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs = ()
