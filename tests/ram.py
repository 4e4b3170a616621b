"""Memory in place of the disk for what a run of the tests writes: databases of three hundred files each come and go,
and journals are synced, which took half of its time in the disk's file system.

It takes the place of the machine's temporary directory, unless somebody names one: `TMPDIR=/tmp` has everything on the
disk, and keeps what failed tests leave. It goes with the run, also with one that is killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

_PLACE = Path("/dev/shm")
_ROOM = 8 << 30
"""Bytes that have to be free, of the file system and of the memory: a run takes some 3 GB at once."""
_VARIABLE = "VIRADA_TESTS_IN_MEMORY"
# Ends of servers that are still running write for a moment.
_REMOVER = """
import shutil, sys, time
sys.stdin.read()
for _attempt in range(100):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    try:
        open(sys.argv[1]).close()
    except FileNotFoundError:
        break
    except OSError:
        time.sleep(0.1)
"""
_remover: list[subprocess.Popen[bytes]] = []
"""What waits for the end of the process that began the run: of its pipe."""


def begin() -> None:
    """From here on temporary files of this process, and of those that it starts, are in memory, if there is room."""
    if "TMPDIR" in os.environ or not _fits():
        return
    # Short, for the sockets below it; open to every account, as /tmp is.
    directory = Path(tempfile.mkdtemp(prefix="vt-", dir=_PLACE))
    directory.chmod(0o1777)
    command = [sys.executable, "-I", "-S", "-c", _REMOVER, str(directory)]
    _remover.append(subprocess.Popen(command, cwd="/", stdin=subprocess.PIPE, start_new_session=True))
    os.environ |= {"TMPDIR": str(directory), _VARIABLE: str(directory)}
    tempfile.tempdir = None


def end() -> None:
    """Nothing is left of it."""
    for remover in _remover:
        remover.communicate()
        del os.environ["TMPDIR"], os.environ[_VARIABLE]
        tempfile.tempdir = None
    _remover.clear()


def place() -> str:
    """For what needs a short path, whatever the temporary directory is."""
    return os.environ.get(_VARIABLE, "/tmp")


def _fits() -> bool:
    try:
        room = os.statvfs(_PLACE)
    except OSError:
        return False
    free = min(room.f_bavail * room.f_frsize, psutil.virtual_memory().available)
    return free >= _ROOM and not room.f_flag & os.ST_NOEXEC and os.access(_PLACE, os.W_OK | os.X_OK)
