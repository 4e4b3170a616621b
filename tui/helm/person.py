"""Who acts: the account a person logged in with, through sudo as well, never what a client says of itself.

A name given with `--as` is kept beside the account that gave it and always shown as declared.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from tui.helm.paths import home

_PROC = Path("/proc")
_UNSET = 0xFFFFFFFF
_LONGEST_NAME = 64


class Person(Struct, frozen=True):
    """`login` logged in at `host`, acts with the rights of `account`, and calls itself `declared`."""

    login: str
    host: str
    account: str
    declared: str | None = None

    @property
    def name(self) -> str:
        """`ana@jump1`: the account by which the person logged in."""
        return f"{self.login}@{self.host}"

    @property
    def label(self) -> str:
        """What stands in the journal as `by`: `ana@jump1`, or `ana (declared by root@jump1)`."""
        return self.name if self.declared is None else f"{self.declared} (declared by {self.name})"

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


def person_of_peer(pid: int, uid: int, name: str | None = None) -> Person:
    """The person behind the process at the other end of a socket, by its kernel-given `pid` and `uid`."""
    process = _PROC / str(pid)
    loginuid: int | None = None
    environment: Mapping[str, str] = {}
    try:
        # A pid can be reused after its process is gone: what belongs to another account is not asked.
        if process.stat().st_uid == uid:
            loginuid = _loginuid(process)
            environment = _environment(process)
    except OSError:
        pass
    return declared(_person(uid, loginuid, environment), name)


def account_name(uid: int) -> str:
    """The account's name, or `uid1000` for one that has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"


def _person(uid: int, loginuid: int | None, environment: Mapping[str, str]) -> Person:
    account = account_name(uid)
    if loginuid is not None:
        login = account_name(loginuid)
    else:
        login = (_sudo_user(environment) if uid in (0, _service_uid()) else None) or account
    return Person(login=login, host=os.uname().nodename.split(".")[0] or "localhost", account=account)


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
    """Who called sudo, believed only where name and id are those of one account."""
    try:
        entry = pwd.getpwnam(environment.get("SUDO_USER", ""))
    except (KeyError, ValueError):
        return None
    return entry.pw_name if environment.get("SUDO_UID") == str(entry.pw_uid) else None


def _service_uid() -> int | None:
    """The account that owns the state directory: people reach it by sudo."""
    try:
        return home().stat().st_uid
    except (OSError, RuntimeError):
        return None
