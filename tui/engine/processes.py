"""Processes by identity, not by number: whether a child of some engine still lives, and ending it with its session.

A process id is used again some time after its process is gone, so an identity also has the start time and the boot.
While any process of a session lives the kernel gives the session's number to nobody else, so what is left of a session
whose leader is gone is recognised by the token in its environment.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Final

import msgspec

TOKEN: Final = "VIRADA_CHILD"
"""The environment variable that marks a child and what descends from it."""

_POLL: Final = 0.02


class ChildIdentity(msgspec.Struct, frozen=True):
    """What identifies a child across engines: process id (also of its session and group), start time in clock ticks
    since boot (/proc/PID/stat, field 22), the boot's id, its redacted arguments, and the token in its environment."""

    pid: int
    start_time: int
    boot_id: str
    argv: list[str]
    token: str = msgspec.field(default="", name="mark")
    # In the journal under a name that no redaction takes for that of a secret.


class Member(msgspec.Struct, frozen=True):
    """A living process of a session."""

    pid: int
    start_time: int


def boot_id() -> str:
    """The running boot's id."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def start_time(pid: int, *, until_reaped: bool = False) -> int | None:
    """When the process started, in clock ticks since boot; None when there is none.

    A process that has ended and only waits to be reaped counts as none, but not with `until_reaped`.
    """
    fields = _stat(pid)
    return None if fields is None or (not until_reaped and fields[0] in (b"Z", b"X")) else int(fields[19])


def members(identity: ChildIdentity) -> list[Member]:
    """The living processes of the child's session, its keeper first; none when the identity is of another boot."""
    if identity.boot_id != boot_id():
        return []
    leader = start_time(identity.pid)
    if leader is not None and leader != identity.start_time:
        return []
    found = []
    with os.scandir("/proc") as scanned:
        entries = list(scanned)
    for entry in entries:
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        fields = _stat(pid)
        if fields is None or fields[0] in (b"Z", b"X") or int(fields[3]) != identity.pid:
            continue
        if leader is None and not _has_token(pid, identity.token):
            continue
        found.append(Member(pid, int(fields[19])))
    return sorted(found, key=lambda member: (member.pid != identity.pid, member.pid))


def find_alive(identity: ChildIdentity) -> bool:
    """Whether anything of the child's session lives. Works from any process that may read /proc."""
    return bool(members(identity))


async def end_alive(identity: ChildIdentity, grace: float) -> bool:
    """Ends the child's whole session: SIGTERM, after `grace` seconds SIGKILL. False when something could not be ended.

    The keeper is left to write the status down and ends by itself; it is killed last, if it does not.
    """
    loop = asyncio.get_running_loop()
    told: set[Member] = set()
    kill_at = loop.time() + grace
    keeper_at = kill_at + max(2.0, grace)
    give_up_at = keeper_at + 2.0
    while living := members(identity):
        now = loop.time()
        for member in living:
            if member.pid == identity.pid:
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


def _send(member: Member, number: signal.Signals) -> None:
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


def _stat(pid: int) -> list[bytes] | None:
    """Fields 3 (state) and on of /proc/PID/stat; the name before may hold anything, a parenthesis too."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - read for every process many times a second
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        # Any other error says nothing of the process: one that cannot be looked for is not gone.
        return None


def _has_token(pid: int, token: str) -> bool:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return bool(token) and f"{TOKEN}={token}".encode() in variables
