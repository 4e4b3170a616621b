"""What a slow terminal has not taken yet when the console ends."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from tui.console.terminal import driver
from tui.console.terminal.driver import NonBlockingWriter

PICTURE = "\x1b[38;2;27;27;30mline\x1b[0m " * 4000


@contextmanager
def _pipe() -> Iterator[tuple[int, IO[str]]]:
    """A terminal with room for a page."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        yield reading, file
        os.close(reading)


def test_what_is_told_behind_it_never_falls_into_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "PATIENCE_S", 0.2)
    with _pipe() as (reading, file):
        writer = NonBlockingWriter(file)
        writer.start()
        writer.write(PICTURE)
        taken = bytearray()

        def slowly() -> None:
            while not taken.endswith(b"Detached"):
                # A slow line takes a page about every fiftieth of a second: far longer for all than the patience.
                time.sleep(0.02)
                taken.extend(os.read(reading, 4096))

        reader = threading.Thread(target=slowly)
        reader.start()
        writer.stop()
        assert not writer.is_alive() and not writer.lost
        file.write("Detached")
        file.flush()
        reader.join(10)
    assert taken.decode() == PICTURE + "Detached"


def test_a_terminal_that_takes_nothing_keeps_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "PATIENCE_S", 0.05)
    with _pipe() as (reading, file):
        writer = NonBlockingWriter(file)
        writer.start()
        writer.write(PICTURE)
        writer.stop()
        assert writer.lost
        # What it takes later is what had been handed over, and no more of the picture.
        taken = 0
        while writer.is_alive() or taken == 0:
            taken += len(os.read(reading, 4096))
        writer.join()
        assert taken <= 3 * 4096 < len(PICTURE)
