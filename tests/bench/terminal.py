"""A program in a pseudo-terminal, its screen kept, its bytes and its time counted: what the far end of a line sees."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import pyte

from tests.bench.figure import NotMeasured

KEYS = {"up": b"\x1b[A", "down": b"\x1b[B", "home": b"\x1b[H"}
Cell = tuple[str, str, bool, bool]
"""Foreground, background, bold, reversed."""


class Terminal:
    """A context manager; leaving it ends the program. Times are seconds."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path, size: tuple[int, int] = (120, 40)
    ) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = 0
        self._fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=environment, cwd=directory, start_new_session=True
        )
        os.close(inner)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        deadline = time.perf_counter() + 3
        while self.process.poll() is None and time.perf_counter() < deadline:
            # What it writes at its end must be read, or it waits for that.
            if self.pump(0.05) < 0:
                break
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._fd)

    def pump(self, seconds: float) -> int:
        """Take what the program has written, waiting at most so long; how many bytes, -1 at its end."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return 0
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return -1
        if not data:
            return -1
        self.bytes += len(data)
        # Programs ask the terminal at their start where the cursor is and what it can do.
        if b"\x1b[6n" in data:
            os.write(self._fd, b"\x1b[1;1R")
        if b"\x1b[c" in data:
            os.write(self._fd, b"\x1b[?62;c")
        # Private sequences that the emulator does not know change no text.
        with contextlib.suppress(Exception):
            self._stream.feed(data)
        return len(data)

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, *patterns: str, seconds: float = 30.0) -> float:
        """Seconds since the start at which all of them stood on the screen. NotMeasured when they do not come."""
        expressions = [re.compile(pattern) for pattern in patterns]
        ended = False
        while time.perf_counter() - self.began < seconds and not ended:
            ended = self.pump(0.05) < 0
            text = self.text()
            if all(expression.search(text) for expression in expressions):
                return time.perf_counter() - self.began
        shown = "\n".join(line.rstrip() for line in self.text().splitlines() if line.strip())[-600:]
        raise NotMeasured(f"{patterns} did not appear; the screen shows:\n{shown}")

    def until_end(self, seconds: float = 60.0) -> float:
        """Seconds from its start to its end. NotMeasured when it goes on."""
        while time.perf_counter() - self.began < seconds:
            if self.pump(0.2) < 0:
                self.process.wait(5)
                return time.perf_counter() - self.began
        raise NotMeasured("the program did not end")

    def settle(self, quiet: float = 0.3, seconds: float = 5.0) -> None:
        """Until nothing was written for so long; a program that never stops writing is left after `seconds`."""
        began = last = time.perf_counter()
        while time.perf_counter() - last < quiet and time.perf_counter() - began < seconds:
            if self.pump(0.02) > 0:
                last = time.perf_counter()

    def press(self, key: str) -> float:
        """Press it; the moment before it, for `until`: the program may answer before this process goes on."""
        began = time.perf_counter()
        os.write(self._fd, KEYS.get(key, key.encode()))
        return began

    def cell(self, x: int, y: int) -> Cell:
        at: Any = self.screen.buffer[y][x]
        return (at.fg, at.bg, at.bold, at.reverse)

    def styles(self) -> list[list[Cell]]:
        """How every cell is painted, line by line."""
        return [[self.cell(x, y) for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    def changed(self, key: str, seconds: float) -> float | None:
        """Seconds from pressing it until anything on the screen is another text or look; None when nothing is in time.

        The first piece of an answer counts: a program that paints in pieces looks faster than it is, and one that
        repaints of its own accord may answer by accident.
        """
        before = self._shown()
        return self.until(lambda: self._shown() != before, seconds, self.press(key))

    def _shown(self) -> tuple[list[dict[int, Any]], int, int]:
        rows = [dict(self.screen.buffer[y]) for y in range(self.screen.lines)]
        return rows, self.screen.cursor.x, self.screen.cursor.y

    def until(self, condition: Callable[[], bool], seconds: float, began: float | None = None) -> float | None:
        """Seconds from `began` until it holds after something was written; None when it does not in time."""
        began = time.perf_counter() if began is None else began
        while (left := seconds - (time.perf_counter() - began)) > 0:
            if self.pump(left) < 0:
                return None
            if condition():
                return time.perf_counter() - began
        return None

    def watched(self, seconds: float) -> tuple[float, float]:
        """Bytes a second and share of one CPU, over so long."""
        seen, cpu, began = self.bytes, self._cpu(), time.perf_counter()
        while (left := seconds - (time.perf_counter() - began)) > 0:
            if self.pump(left) < 0:
                raise NotMeasured("the program ended while it was watched")
        spent = time.perf_counter() - began
        return (self.bytes - seen) / spent, (self._cpu() - cpu) / spent

    def memory_mib(self) -> float:
        """What the program and its children hold in memory."""
        return float(sum(one.memory_info().rss for one in self._tree())) / (1 << 20)

    def _tree(self) -> list[psutil.Process]:
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True)]

    def _cpu(self) -> float:
        times = [one.cpu_times() for one in self._tree()]
        return float(sum(one.user + one.system for one in times))
