"""A terminal for a program under test: a pseudo-terminal that can be read, typed into, stalled and taken away."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]
SHOW = ROOT / "tests" / "console" / "show.py"


class Terminal:
    """Runs `show.py` in a session of its own on a pseudo-terminal; `screen` is what a person would see."""

    def __init__(
        self, *arguments: str, size: tuple[int, int] = (80, 24), ignore_hangup: bool = False, **environment: str
    ) -> None:
        self.master, slave = pty.openpty()
        self._scratch = tempfile.mkdtemp(prefix="virada-terminal-")
        columns, rows = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.output = b""

        def prepare() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if ignore_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        # An app under test in this process leaves its own size in COLUMNS and LINES.
        left_out = ("NO_COLOR", "COLORTERM", "TMUX", "COLUMNS", "LINES")
        inherited = {name: value for name, value in os.environ.items() if name not in left_out}
        self.process = subprocess.Popen(
            [sys.executable, str(SHOW), *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT,
            preexec_fn=prepare,
            env={**inherited, "TERM": "xterm-256color", "LANGUAGE": "en", "LC_ALL": "C.UTF-8", "TMPDIR": self._scratch,
                 **environment},
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
        shutil.rmtree(self._scratch)

    def read(self, seconds: float) -> bytes:
        """What comes within this time."""
        found = b""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            found += data
        self.output += found
        self._stream.feed(found)
        return found

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, condition: Callable[[], bool] | str, seconds: float = 60.0) -> None:
        """Read until the condition holds, or a text stands on the screen."""
        if isinstance(condition, str):
            wanted = condition
            met: Callable[[], bool] = lambda: wanted in self.text()  # noqa: E731
        else:
            met = condition
        deadline = time.monotonic() + seconds
        while not met():
            if self.process.poll() is not None:
                self.read(0.2)
                if met():
                    return
                raise AssertionError(
                    f"ended with {self.process.returncode}\n{self.output[-3000:].decode(errors='replace')}"
                )
            assert time.monotonic() < deadline, f"not within {seconds} s\n{self.text()}"
            self.read(0.05)

    def press(self, keys: bytes | str) -> None:
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """The terminal is gone."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    def ended(self, seconds: float = 30.0) -> int:
        """The exit status; whatever is written meanwhile is read."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still runs after {seconds} s"
            if self.master >= 0:
                self.read(0.05)
        if self.master >= 0:
            self.read(0.2)
        assert self.process.returncode is not None
        return self.process.returncode

    @property
    def is_restored(self) -> bool:
        """The alternate screen was left, the cursor shown, mouse and paste modes switched off, the modes put back."""
        last = self.output.rfind(b"\x1b[?1049h")
        after = self.output[last:]
        done = all(code in after for code in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1004l"))
        return done and termios.tcgetattr(self.master)[3] == self.before[3]
