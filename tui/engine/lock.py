"""The one engine of a run: a lock that ends with its process, and asking about it without disturbing it.

An open-file-description lock, because it can be asked about (F_OFD_GETLK) without being taken: a question never makes
an engine's start fail. The file is never removed; its content says who holds or last held the lock.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from typing import Any

import msgspec
from msgspec import Struct

from tui.files import SAFE, closing, closing_on_error, open_or_create
from tui.processid import boot_id, start_time
from tui.runs.paths import RunPaths

# struct flock of 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid, padded to its alignment.
_FLOCK = "hhqqi0q"


class EngineRunning(Exception):
    """Another engine holds the run; its text says which."""

    def __init__(self, facts: EngineFacts) -> None:
        who = (
            "Another engine has the run"
            if facts.pid is None
            else f"Process {facts.pid} on {facts.host} is the engine of the run"
        )
        super().__init__(f"{who}.")


class EngineIdentity(Struct, frozen=True):
    """What the lock file holds: a process that cannot be mistaken for a later one with the same pid.

    `start_time`: clock ticks since boot (/proc/PID/stat, field 22).
    """

    pid: int
    start_time: int
    boot_id: str
    host: str


class EngineFacts(Struct, frozen=True):
    """The engine that runs or ran last. `alive` is None, and the rest may be, where the caller cannot know."""

    pid: int | None = None
    host: str | None = None
    alive: bool | None = None
    start_time: int | None = None
    boot_id: str | None = None


class EngineLock:
    """Held until `release` or the end of the process; not inherited by what the process executes."""

    def __init__(self, fd: int, identity: EngineIdentity) -> None:
        self._fd = fd
        self.identity = identity

    @classmethod
    def acquire(cls, paths: RunPaths) -> EngineLock:
        """Raises EngineRunning, and OSError as the operating system says it."""
        fd = open_or_create(paths.engine_lock, 0o600, os.O_RDWR)
        with closing_on_error(fd):
            try:
                fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _flock(fcntl.F_WRLCK))
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    raise EngineRunning(engine_facts(paths)) from error
                raise
            identity = this_process()
            content = msgspec.json.encode(identity) + b"\n"
            os.ftruncate(fd, 0)
            os.pwrite(fd, content, 0)
            os.fdatasync(fd)
        return cls(fd, identity)

    @property
    def held(self) -> bool:
        return self._fd >= 0

    def release(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def __enter__(self) -> EngineLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def this_process() -> EngineIdentity:
    """The identity of the calling process."""
    return EngineIdentity(os.getpid(), start_time(os.getpid()) or 0, boot_id(), os.uname().nodename)


def engine_alive(paths: RunPaths) -> bool | None:
    """Whether an engine holds the run; None when the caller may not know."""
    return engine_facts(paths).alive


def engine_facts(paths: RunPaths) -> EngineFacts:
    """Who runs the run, or ran it last."""
    if paths.alone:
        return EngineFacts(alive=False)
    try:
        fd = os.open(paths.engine_lock, os.O_RDONLY | SAFE)
    except FileNotFoundError:
        return EngineFacts(alive=False)
    except OSError:
        return EngineFacts()
    with closing(fd):
        alive: bool | None
        try:
            answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK))
            alive = _type(answer) != fcntl.F_UNLCK
        except OSError:
            alive = None
        known = _identity(os.pread(fd, 4096, 0))
    if known is None:
        return EngineFacts(alive=alive)
    return EngineFacts(known.pid, known.host, alive, known.start_time, known.boot_id)


def _identity(content: bytes) -> EngineIdentity | None:
    try:
        return msgspec.json.decode(content, type=EngineIdentity)
    except msgspec.MsgspecError:
        return None


def _flock(kind: int) -> bytes:
    return struct.pack(_FLOCK, kind, os.SEEK_SET, 0, 0, 0)


def _type(answer: Any) -> int:
    return int(struct.unpack(_FLOCK, answer)[0])
