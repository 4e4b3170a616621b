"""Processes by identity, not by number: whether a child of some engine still lives, and ending it with its session.

A process id is used again some time after its process is gone, so an identity also has the start time and the boot.
While any process of a session lives the kernel gives the session's number to nobody else, so what is left of a session
whose leader is gone is recognised by the token in its environment.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from tui.processid import boot_id, start_time

TOKEN: Final = "VIRADA_CHILD"
"""The environment variable that marks a child and what descends from it."""
MARK: Final = "VIRADA_ATTEMPT"
"""The one that names the attempt a program works for: all that is known of one that an engine started an instant before
it died."""

_POLL: Final = 0.02

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


class ChildIdentity(msgspec.Struct, frozen=True):
    """What identifies a child across engines: process id (also of its session and group), start time in clock ticks
    since boot (/proc/PID/stat, field 22), the boot's id, its redacted arguments, and the token in its environment."""

    pid: int
    start_time: int
    boot_id: str
    argv: list[str]
    token: str = msgspec.field(default="", name="mark")
    # In the journal under a name that no redaction takes for that of a secret.


class ProgramProcess(msgspec.Struct, frozen=True):
    """A living process of a session."""

    pid: int
    start_time: int


def members(identity: ChildIdentity) -> list[ProgramProcess]:
    """The living processes of the child's session, its supervisor first; none when the identity is of another boot."""
    if identity.boot_id != boot_id():
        return []
    leader = start_time(identity.pid)
    if leader is not None and leader != identity.start_time:
        return []
    token = identity.token if leader is None else None
    found = _living(lambda pid: os.getsid(pid) == identity.pid and (token is None or _carries(pid, TOKEN, token)))
    return sorted(found, key=lambda member: (member.pid != identity.pid, member.pid))


def marked(mark: str) -> list[ProgramProcess]:
    """Living processes of our account with this mark. Raises OSError where they cannot be looked for."""
    return _living(lambda pid: pid != os.getpid() and _carries(pid, MARK, mark))


def _living(wanted: Callable[[int], bool]) -> list[ProgramProcess]:
    import psutil

    found = []
    for pid in psutil.pids():
        try:
            started = start_time(pid) if wanted(pid) else None
        except (ProcessLookupError, PermissionError):
            continue
        if started is not None:
            found.append(ProgramProcess(pid, started))
    return found


async def end_alive(identity: ChildIdentity, grace: float) -> bool:
    """Ends the child's whole session: SIGTERM, after `grace` seconds SIGKILL. False when something could not be ended.

    The supervisor is left to write the status down and ends by itself; it is killed last, if it does not.
    """
    return await _end(lambda: members(identity), grace, supervisor=identity.pid)


async def end_marked(mark: str, grace: float) -> bool:
    """As `end_alive`, what has this mark."""
    return await _end(lambda: marked(mark), grace)


async def _end(find: Callable[[], list[ProgramProcess]], grace: float, supervisor: int | None = None) -> bool:
    loop = asyncio.get_running_loop()
    told: set[ProgramProcess] = set()
    kill_at = loop.time() + grace
    keeper_at = kill_at + max(2.0, grace)
    give_up_at = keeper_at + 2.0
    while living := find():
        now = loop.time()
        for member in living:
            if member.pid == supervisor:
                if now >= keeper_at:
                    _send(member, signal.SIGKILL)
            elif now >= kill_at:
                _send(member, signal.SIGKILL)
            elif member not in told:
                told.add(member)
                _send(member, signal.SIGTERM)
                # A stopped process would not see it.
                _send(member, signal.SIGCONT)
        if now >= give_up_at:
            return False
        await asyncio.sleep(_POLL)
    return True


def _send(member: ProgramProcess, number: signal.Signals) -> None:
    """The signal to exactly this process, even if its number changes hands meanwhile, where the kernel can do it."""
    try:
        handle = os.pidfd_open(member.pid)
    except ProcessLookupError:
        return
    except OSError:
        handle = -1
    try:
        if start_time(member.pid) != member.start_time:
            return
        if handle >= 0:
            signal.pidfd_send_signal(handle, number)
        else:
            os.kill(member.pid, number)
    except (ProcessLookupError, PermissionError):
        # What may not be signalled is still there for the caller to see.
        pass
    finally:
        if handle >= 0:
            os.close(handle)


def _carries(pid: int, variable: str, value: str) -> bool:
    """Whether it stands in the process's environment. psutil would take the first empty variable for the end of it."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return bool(value) and f"{variable}={value}".encode() in variables
