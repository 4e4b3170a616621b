"""How a file or a directory is closed to others: the command that does it, and who may type it."""

from __future__ import annotations

import os
import pwd
import shlex
from pathlib import Path

from tui.said import N_, Said


def closing(change: str, path: Path, owner: int) -> Said:
    """Advice to take rights from others, as `chmod` is told `change`; nobody but the owner and root may do it."""
    said = N_("Close it: chmod {change} {path}")
    if os.geteuid() not in (0, owner):
        said = N_("Have {owner} close it: chmod {change} {path}")
    return Said(said, change=change, path=typed(path), owner=account(owner))


def typed(path: Path | str) -> str:
    """A path as a shell takes it."""
    return shlex.quote(str(path))


def account(uid: int) -> str:
    """Its name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
