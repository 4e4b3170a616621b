"""What the programs of a step hold open to the target, and whether they do anything: as this kernel tells it.

psutil tells neither which connection of an address it is nor those of a program in a network of its own.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tui.engine.programs.termination import ChildIdentity, members

_ESTABLISHED: Final = "01"
_MAPPED: Final = b"\0" * 10 + b"\xff\xff"


def look_at(identity: ChildIdentity, host: str | None, port: str) -> tuple[frozenset[int], float]:
    """The inodes of established connections to an address that processes of the child's session hold, and the
    seconds that they have computed so far. Where it cannot be told there are none."""
    pids = [member.pid for member in members(identity)]
    return connections(pids, host, port), sum(map(_effort, pids))


def connections(pids: Iterable[int], host: str | None, port: str) -> frozenset[int]:
    """See `look_at`. `host` is an IP address; behind a Unix socket nothing is lost on the way."""
    try:
        wanted = _packed(ipaddress.ip_address(host or "")), int(port)
    except ValueError:
        return frozenset()
    held: set[int] = set()
    there: set[int] = set()
    for pid in pids:
        held |= _sockets(pid)
        if held and not there:
            there = _established(pid, wanted)
    return frozenset(held & there)


def _packed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    return _MAPPED + address.packed if address.version == 4 else address.packed


def _sockets(pid: int) -> set[int]:
    found = set()
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                target = os.readlink(entry.path)  # noqa: PTH115 - of every descriptor, a path object would cost more
                if target.startswith("socket:["):
                    found.add(int(target[8:-1]))
    except OSError:
        # It has ended meanwhile, or belongs to somebody else.
        pass
    return found


def _established(pid: int, wanted: tuple[bytes, int]) -> set[int]:
    """Of all that the process's network has."""
    found = set()
    for family in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{family}").read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _ESTABLISHED and _address(fields[2]) == wanted:
                found.add(int(fields[9]))
    return found


def _address(text: str) -> tuple[bytes, int]:
    """`0100007F:1538`: words of four bytes in this machine's order, then the port."""
    host, _colon, port = text.partition(":")
    words = bytes.fromhex(host)
    packed = b"".join(struct.pack("!I", word) for word in struct.unpack(f"={len(words) // 4}I", words))
    return (_MAPPED + packed if len(packed) == 4 else packed), int(port, 16)


def _effort(pid: int) -> float:
    import psutil

    try:
        return sum(psutil.Process(pid).cpu_times()[:2])
    except (psutil.Error, OSError):
        return 0.0
