"""Who a server runs as: the caller, or, since PostgreSQL refuses root, an unprivileged account that exists already.

No account is created and no mode outside the server's own directory is changed: what the account cannot reach is
copied to where it can.
"""

from __future__ import annotations

import os
import pwd
import stat
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui.demo import DemoError
from tui.said import N_, Said

_NAMES = ("nobody", "nfsnobody", "daemon")
_OVERFLOW_UID = 65534
# A socket's path has at most 107 bytes: what is added to the directory is "/home/socket/.s.PGSQL.5432".
_LONGEST_BASE = 60


class DemoAccount(Struct, frozen=True):
    """Ids of the account; `switch` says that the caller is root and children have to change to it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make a child run as this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, path: Path, bits: int = stat.S_IXOTH) -> bool:
        """Whether the account has `bits` (given as those of others) on `path`, by its mode; False when missing."""
        try:
            found = path.stat()
        except OSError:
            return False
        if found.st_uid == self.uid:
            bits <<= 6
        elif found.st_gid == self.gid:
            bits <<= 3
        return found.st_mode & bits == bits

    def reaches(self, directory: Path) -> bool:
        """Whether the account can pass through every directory from `/` down to `directory`."""
        if not self.switch:
            return os.access(directory, os.X_OK)
        whole = directory.resolve()
        return all(self.may(part) for part in (whole, *whole.parents))


def account() -> DemoAccount:
    """The account for the server. Raises DemoError when the caller is root and there is no unprivileged one."""
    if os.geteuid() != 0:
        return DemoAccount(_own_name(), os.geteuid(), os.getegid(), switch=False)
    known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    by_uid = [entry for entry in known.values() if entry.pw_uid == _OVERFLOW_UID]
    for entry in [*(known[name] for name in _NAMES if name in known), *by_uid]:
        return DemoAccount(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    text = N_(
        "PostgreSQL does not run as root and no unprivileged account ({names}) exists here; "
        "run this as an ordinary user."
    )
    raise DemoError(Said(text, names=", ".join(_NAMES)))


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def bases(user: DemoAccount) -> list[Path]:
    """Temporary directories in which the account can run a server: reachable, executable, short enough."""
    found: list[Path] = []
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        base = Path(name)
        try:
            usable = base.is_dir() and os.access(base, os.W_OK | os.X_OK) and user.reaches(base)
            runs = not os.statvfs(base).f_flag & getattr(os, "ST_NOEXEC", 0)
        except OSError:
            continue
        if usable and runs and len(os.fsencode(base)) <= _LONGEST_BASE and base not in found:
            found.append(base)
    return found


def scratch_directory(prefix: str, user: DemoAccount | None = None) -> Path:
    """A fresh directory for a server: 0711 and root's where the server has another account, else 0700.

    Raises DemoError when there is no temporary directory that fits.
    """
    user = user or account()
    fitting = bases(user)
    if not fitting:
        text = N_(
            "No temporary directory was found in which account {account} may run programs (tried {tried}); "
            "set TMPDIR to one with a short path."
        )
        raise DemoError(Said(text, account=user.name, tried=", ".join((tempfile.gettempdir(), "/tmp", "/var/tmp"))))
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=fitting[0]))
    directory.chmod(0o711 if user.switch else 0o700)
    return directory
