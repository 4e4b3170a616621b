"""A supervisor in waiting: its interpreter has started before there is a program to keep, so that starting one costs no
more than it does in a shell.

It is told what to run through the socket that it has as its input, and ends when that is closed: no supervisor in
waiting outlives its engine.
"""

from __future__ import annotations

import array
import marshal
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.onefile import held

SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
INTERPRETER: Final = (sys.executable, "-I", "-S")


class SupervisorPool:
    """At most one in waiting. To be closed; nothing of it needs a loop, and any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._closed = False

    def prepare(self) -> None:
        """Have one in waiting. Blocks as long as it takes to start a process; without room for one there is none."""
        if self._waiting is not None or self._closed:
            return
        # What it is told later replaces all of it; till then the interpreter needs to find its libraries.
        held.whole(SUPERVISOR)
        environment = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            return
        with theirs:
            try:
                process = subprocess.Popen(
                    [*INTERPRETER, str(SUPERVISOR), "--wait"], stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, env=environment, cwd="/", start_new_session=True,
                )  # fmt: skip
            except OSError:
                ours.close()
                return
        with self._lock:
            if not self._closed and self._waiting is None:
                self._waiting = process, ours
                return
        _end(process, ours)

    def start(
        self, status_path: Path, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, output: int,
        descriptors: Sequence[int] = (),
    ) -> subprocess.Popen[bytes] | None:  # fmt: skip
        """The supervisor that was in waiting and runs this from now on; None when there is none. `output` is the
        program's and the supervisor's. Blocks. Raises OSError for a directory that cannot be entered."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting is None:
            return None
        process, said = waiting
        with said:
            told = marshal.dumps((
                os.fsencode(status_path), [os.fsencode(word) for word in argv],
                {os.fsencode(name): os.fsencode(value) for name, value in env.items()}, os.fsencode(cwd),
                tuple(descriptors),
            ))  # fmt: skip
            handed = array.array("i", (output, *descriptors))
            try:
                head = len(told).to_bytes(8, "big")
                said.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])
                said.sendall(told)
                answer = int.from_bytes(_exactly(said, 4), "big")
            except OSError:
                # It was ended by somebody, and has run nothing: it answers before it does.
                process.kill()
                process.wait()
                return None
        if answer:
            process.wait()
            raise OSError(answer, os.strerror(answer), str(cwd))
        return process

    def close(self) -> None:
        """End the one in waiting; there will be no other."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            _end(*waiting)


def _end(process: subprocess.Popen[bytes], said: socket.socket) -> None:
    said.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)


def _exactly(said: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        part = said.recv(length - len(found))
        if not part:
            raise OSError("the supervisor has ended")
        found += part
    return found
