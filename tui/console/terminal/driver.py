"""Textual's Linux driver, made to survive what terminals do: vanish, stall, and send bytes that are no UTF-8.

To be deleted piece by piece as Textual takes up the repairs (its issues 6690 and 6696 for the reading side).
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from codecs import getincrementaldecoder
from collections import deque
from typing import IO

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste
from textual.message import Message

from tui.console.input.paste import PastedText, PasteSplitter
from tui.pictures.glyphs import PLAINER

READ = 4096
HELD_MS = 40
"""Milliseconds for which the beginning of a mark waits for the rest of it; the parser waits longer for a sequence."""
PATIENCE_S = 1.0
"""For which a terminal that takes nothing is waited for at the end; one that takes a little is waited for on and on."""
STALLED_AT = 16 * 1024
"""Characters that may wait for the terminal before nothing further is painted."""


class NonBlockingWriter(WriterThread):
    """Writes to the terminal without ever making the event loop wait, and without a lock that outlives it.

    Textual's own writer blocks the loop once 30 writes are queued. Here the queue takes everything, and `backlog`
    tells the console to paint nothing more until the terminal has caught up.
    """

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._descriptor = file.fileno()
        self._encoding: str = getattr(file, "encoding", None) or "utf-8"
        self._waiting: deque[str] = deque()
        self._backlog = 0
        self._changed = threading.Condition()
        self._ended = False
        self._taken = 0
        self.lost = False

    @property
    def backlog(self) -> int:
        """Characters not yet taken by the terminal."""
        return self._backlog

    def write(self, text: str) -> None:
        with self._changed:
            if self.lost:
                return
            self._waiting.append(text)
            self._backlog += len(text)
            self._changed.notify()

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                text = "".join(self._waiting)
                self._waiting.clear()
                if not text and self._ended:
                    return
            data = memoryview(text.encode(self._encoding, PLAINER))
            try:
                while data and not self.lost:
                    data = data[os.write(self._descriptor, data[:READ]) :]
                    self._taken += 1
            except OSError:
                # The terminal is gone; the watchdog ends the process, and nothing is written to anybody any more.
                self.lost = True
            with self._changed:
                self._backlog = 0 if self.lost else self._backlog - len(text)
                if self.lost:
                    self._waiting.clear()

    def stop(self) -> None:
        """Wait until the terminal has what is left: what is told behind it must not fall into the middle of a picture.

        One that takes nothing for `PATIENCE_S` must not keep the process; it gets nothing further of the picture.
        """
        with self._changed:
            self._ended = True
            self._changed.notify()
        taken = -1
        while self.is_alive() and taken != self._taken:
            taken = self._taken
            self.join(PATIENCE_S)
        if self.is_alive():
            self.lost = True


class SafeLinuxDriver(LinuxDriver):
    """Stops reading at the end of input, replaces what is no UTF-8, and writes through `NonBlockingWriter`. A key's
    time is when it came from the terminal: what came in one piece has one time."""

    @property
    def stalled(self) -> bool:
        """Whether the terminal takes so little that nothing further should be painted."""
        writer = self._writer_thread
        return isinstance(writer, NonBlockingWriter) and writer.backlog > STALLED_AT

    def start_application_mode(self) -> None:
        # The base class makes its writer by this name and offers no other way to give it one.
        setattr(linux_driver, "WriterThread", NonBlockingWriter)  # noqa: B010
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        if self._writer_thread is not None:
            self._writer_thread.write(data)

    def run_input_thread(self) -> None:
        """Wait for input and dispatch events, until asked to stop or until there is no terminal any more."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        pastes = PasteSplitter()
        poller = select.poll()
        poller.register(self.fileno, select.POLLIN)
        arrived = time.monotonic()

        def post(message: Message) -> None:
            message.time = arrived
            self.process_message(message)

        while not self.exit_event.is_set():
            try:
                # What lay there while the last piece was taken apart came together with it, however long a busy
                # machine took for that.
                ready = poller.poll(0)
                if not ready:
                    # What may be the beginning of a mark is not kept from the person for long.
                    ready = poller.poll(HELD_MS if pastes.waits else 100)
                    arrived = time.monotonic()
                data = os.read(self.fileno, READ) if ready else None
            except OSError:
                data = b""
            if data == b"":
                self._app.call_later(self._app.exit, None, 129)
                return
            try:
                for piece in pastes.feed(decode(data)) if data else [pastes.released()]:
                    if isinstance(piece, PastedText):
                        post(Paste(piece.text))
                        continue
                    for event in parser.feed(piece) if piece else ():
                        post(event)
                for event in parser.tick():
                    post(event)
            except (EOFError, ParseError):
                parser = XTermParser(self._debug)


def encoding_of_terminal() -> str:
    """The encoding in which the driver writes: standard error's own."""
    stream = sys.__stderr__
    return (stream.encoding if stream is not None else None) or "utf-8"
