"""Who acts: what the kernel vouches for, and beside it, shown as declared, what somebody says of themselves.

The kernel knows the account that a process acts with and, where login sets it, the one the person logged in with, which
sudo does not change. Where it is not set, `SUDO_USER` is a variable like any other that whoever starts the process
chooses: declared, as a name given with `--as` is.
"""

from __future__ import annotations

import os
import pwd
import select
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

_PROC = Path("/proc")
_UNSET = 0xFFFFFFFF
_LONGEST_NAME = 64


class Person(Struct, frozen=True):
    """`login` logged in at `host`, acts with the rights of `account`, and calls itself `declared`; `sudo` is who its
    environment says has called sudo, where no login is known."""

    login: str
    host: str
    account: str
    declared: str | None = None
    sudo: str | None = None

    @property
    def name(self) -> str:
        """`ana@jump1`: the account by which the person logged in, or, where that is not known, acts."""
        return f"{self.login}@{self.host}"

    @property
    def label(self) -> str:
        """What stands in the journal as `by`: `ana@jump1`, or `ana (declared by root@jump1)`; where both are declared
        `ana (declared by rui, root@jump1)`."""
        said = [name for name in (self.declared, self.sudo) if name is not None]
        if not said:
            return self.name
        return f"{said[0]} (declared by {', '.join([*said[1:], self.name])})"

    def __str__(self) -> str:
        return self.label


def declared(person: Person, name: str | None) -> Person:
    """The person under a name of their own choice. Raises ValueError for a name that could pass for something else."""
    if name is None:
        return person
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or "(" in name or ")" in name:
        raise ValueError(f"A declared name has 1 to {_LONGEST_NAME} printable characters and no parentheses.")
    return structs.replace(person, declared=name)


def caller(name: str | None = None) -> Person:
    """The person who runs this process; `name` is what they declare. Raises ValueError for an impossible name."""
    person = _person(os.getuid(), _loginuid(_PROC / "self"), os.environ)
    return declared(person, name)


def person_of_peer(pid: int, uid: int, name: str | None = None, pidfd: int | None = None) -> Person:
    """The person behind the process at the other end of a socket, by its kernel-given `pid` and `uid`.

    A number can be another process's by now, and with it another person's: with `pidfd`, a descriptor of the process
    itself, what was read counts only if that one still lives. Raises ValueError for an impossible name.
    """
    process = _PROC / str(pid)
    loginuid: int | None = None
    environment: Mapping[str, str] = {}
    try:
        # Without a descriptor, what belongs to another account at least is not asked.
        if process.stat().st_uid == uid:
            loginuid = _loginuid(process)
            environment = _environment(process)
    except OSError:
        pass
    if pidfd is not None and _ended(pidfd):
        loginuid, environment = None, {}
    return declared(_person(uid, loginuid, environment), name)


def _ended(pidfd: int) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def account_name(uid: int) -> str:
    """The account's name, or `uid1000` for one that has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"


def _person(uid: int, loginuid: int | None, environment: Mapping[str, str]) -> Person:
    account = account_name(uid)
    host = os.uname().nodename.split(".")[0] or "localhost"
    if loginuid is not None:
        return Person(login=account_name(loginuid), host=host, account=account)
    sudo = _sudo_user(environment)
    return Person(login=account, host=host, account=account, sudo=None if sudo == account else sudo)


def _loginuid(process: Path) -> int | None:
    """The audit login id, which survives sudo and su; None where login does not set it (containers)."""
    try:
        uid = int((process / "loginuid").read_text())
    except (OSError, ValueError):
        return None
    return None if uid == _UNSET else uid


def _environment(process: Path) -> Mapping[str, str]:
    try:
        pairs = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return {
        name.decode(): value.decode("utf-8", "replace")
        for name, _, value in (pair.partition(b"=") for pair in pairs)
        if name in (b"SUDO_USER", b"SUDO_UID")
    }


def _sudo_user(environment: Mapping[str, str]) -> str | None:
    """Who called sudo by what the environment says, and only where name and id are those of one account."""
    try:
        entry = pwd.getpwnam(environment.get("SUDO_USER", ""))
    except (KeyError, ValueError):
        return None
    return entry.pw_name if environment.get("SUDO_UID") == str(entry.pw_uid) else None
