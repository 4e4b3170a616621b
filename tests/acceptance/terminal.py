"""A terminal: a program in a pseudo-terminal of its own session, its screen as pyte sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import psutil
import pyte

from tests.acceptance.station import PATIENCE_S
from tests.postgres_server import alive


class Terminal:
    """Runs `argv`; `text` is what stands on the screen, `raw` every byte that came."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], columns: int = 120, lines: int = 40) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.raw = bytearray()
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(argv[0], list(argv), {**_without_size(env), "TERM": "xterm-256color"})
            finally:
                os._exit(127)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = psutil.Process(self.pid)
        self.code: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            print("--- the terminal\n" + self.text)
        if self.code is None:
            try:
                self.process.kill()
            except psutil.NoSuchProcess:
                pass
            self._reap(True)
        self.close()

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what the program wrote within this time; False when its end of the terminal is closed."""
        if self._fd < 0:
            return False
        ready, _writable, _failed = select.select([self._fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def wait_text(self, *wanted: str, seconds: float = PATIENCE_S) -> str:
        """Until all of these stand on the screen; what it shows then."""
        deadline = time.monotonic() + seconds
        while not all(text in self.text for text in wanted):
            there = self.read()
            missing = [text for text in wanted if text not in self.text]
            if missing and (not there or time.monotonic() > deadline):
                raise AssertionError(f"{missing} did not come on the screen:\n{self.text}")
        return self.text

    def wait_gone(self, text: str, seconds: float = PATIENCE_S) -> None:
        """Until this stands on the screen no more."""
        deadline = time.monotonic() + seconds
        while text in self.text:
            assert self.read() and time.monotonic() < deadline, f"{text!r} did not go away:\n{self.text}"

    def send(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def send_bytes(self, data: bytes) -> None:
        os.write(self._fd, data)

    @property
    def descriptor(self) -> int:
        """The terminal's own end, for its settings."""
        return self._fd

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def close(self) -> None:
        """The terminal vanishes: the program's session is hung up."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def wait(self, seconds: float = 60.0) -> int:
        """The program's exit status; negative for a signal. Fails when it does not end."""
        deadline = time.monotonic() + seconds
        while self.code is None and not self._reap(False):
            self.read()
            assert time.monotonic() < deadline, f"it did not end within {seconds:g} s:\n{self.text}"
        while self.read(0.0):
            if not select.select([self._fd], [], [], 0.1)[0]:
                break
        assert self.code is not None
        return self.code

    def _reap(self, block: bool) -> bool:
        pid, status = os.waitpid(self.pid, 0 if block else os.WNOHANG)
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        return bool(pid)

    def gone(self) -> bool:
        """Whether neither the program nor anything in its session lives."""
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.pid and alive(process):
                    return False
            except (OSError, psutil.Error):
                continue
        return True


def _without_size(env: Mapping[str, str]) -> dict[str, str]:
    """What else the environment says of the size goes before what the terminal says."""
    return {key: value for key, value in env.items() if key not in ("COLUMNS", "LINES")}


def hangup(terminal: Terminal) -> None:
    """SIGHUP as sshd sends it, the terminal still there."""
    terminal.signal(signal.SIGHUP)


def kill(terminal: Terminal) -> None:
    """SIGKILL."""
    terminal.signal(signal.SIGKILL)


def vanish(terminal: Terminal) -> None:
    """The window is closed."""
    terminal.close()
