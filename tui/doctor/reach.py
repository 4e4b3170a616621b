"""How servers and hosts are reached from here: ssh keys that go away with a connection, libpq's own files."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tui.doctor.closing import closing
from tui.doctor.examined import Examined, examined
from tui.said import N_

_PATIENCE_S: Final = 2.0
_WHICH_KEYS: Final = b"\0\0\0\x01\x0b"
"""ssh asks an agent for the keys that it has."""
_KEYS: Final = b"\0\0\0\0\x0c"
"""The beginning of its answer: a length, and what it is."""


def look(environment: Mapping[str, str]) -> Iterator[Examined]:
    """The agent, the service file, the password file."""
    yield _agent(environment)
    yield from _services(environment)
    yield from _passwords(environment)


def _agent(environment: Mapping[str, str]) -> Examined:
    path = environment.get("SSH_AUTH_SOCK", "")
    if not path:
        return examined("ssh.agent", "ok", "none", N_("no ssh agent: hosts are reached by keys of this account"))
    trouble = _trouble(path)
    if trouble is not None:
        code, said = trouble
        return examined(
            "ssh.agent", "warn", code, said,
            N_("Unset SSH_AUTH_SOCK, or connect anew, before a run is started."), path=path,
        )  # fmt: skip
    if environment.get("SSH_CONNECTION"):
        return examined(
            "ssh.agent", "warn", "forwarded", N_("the ssh agent is that of this connection, and gone when it is lost"),
            N_("For hosts and logs by ssh give this account a key of its own; an engine outlives the connection."),
            path=path,
        )  # fmt: skip
    return examined("ssh.agent", "ok", "here", N_("an ssh agent of this host ({path})"), path=path)


def _trouble(path: str) -> tuple[str, str] | None:
    """Why no agent is reached there, as a code and a sentence; None for one that answers as ssh asks."""
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(_PATIENCE_S)
            agent.connect(path)
            agent.sendall(_WHICH_KEYS)
            answer = agent.recv(len(_KEYS))
    except (FileNotFoundError, ConnectionRefusedError):
        if Path(path).is_socket() or not os.path.lexists(path):
            return "gone", N_("the ssh agent of an earlier connection ({path}) is gone")
        return "no_socket", N_("{path}, which SSH_AUTH_SOCK names, is no socket: there is no ssh agent")
    except PermissionError:
        return "not_permitted", N_("this account may not use the ssh agent at {path}")
    except OSError:
        answer = b""
    if len(answer) == len(_KEYS) and answer[4] == _KEYS[4]:
        return None
    return "no_answer", N_("what is at {path} does not answer as an ssh agent does")


def _services(environment: Mapping[str, str]) -> Iterator[Examined]:
    named = environment.get("PGSERVICEFILE")
    path = Path(named) if named else Path(environment.get("HOME") or "/") / ".pg_service.conf"
    if not named and not path.exists():
        yield examined(
            "libpq.services", "ok", "none", N_("no {path}: targets with a `service` need one"), path=str(path)
        )
        return
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            names = [line.strip()[1:-1] for line in file if line.strip().startswith("[") and line.strip().endswith("]")]
    except OSError as error:
        yield examined(
            "libpq.services", "fail", "unreadable", N_("{path} cannot be read: {reason}"),
            N_("Correct it: every target with a `service` is looked up there."), path=str(path),
            reason=error.strerror or "",
        )  # fmt: skip
        return
    yield examined("libpq.services", "ok", "there", N_("{path}: {services}"), path=str(path), services=names[:20])


def _passwords(environment: Mapping[str, str]) -> Iterator[Examined]:
    path = Path(environment.get("PGPASSFILE") or Path(environment.get("HOME") or "/") / ".pgpass")
    try:
        found = path.stat()
    except OSError:
        return
    if not stat.S_ISREG(found.st_mode):
        # /dev/null says that there are none; whatever it is, nobody should change its mode.
        return
    mode = stat.S_IMODE(found.st_mode)
    facts = {"path": str(path), "mode": f"{mode:04o}"}
    if mode & 0o077:
        yield examined(
            "libpq.passwords", "fail", "ignored", N_("{path} ({mode}): libpq ignores it, for others may read it"),
            closing("600", path, found.st_uid), **facts,
        )  # fmt: skip
    elif not os.access(path, os.R_OK):
        yield examined(
            "libpq.passwords", "fail", "unreadable", N_("{path} may not be read by this account"),
            N_("Have it belong to this account."), **facts,
        )  # fmt: skip
    else:
        yield examined("libpq.passwords", "ok", "there", N_("{path} ({mode})"), **facts)
