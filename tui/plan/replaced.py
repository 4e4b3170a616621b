"""A frozen plan in the place of another one, which is kept: both are whole at every moment, whoever is killed.

`plan` is the one in force. A plan that is to be lies beside it as `.plan.` and the beginning of its seal; those that
were in force before the first, second, ... amendment are `plan.1`, `plan.2`, .... Which is in force says the journal
alone: where an engine ended between its line and the exchange, the next one makes it up.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tui.files import open_regular, sync_directory
from tui.plan.files import SEAL_FILE

_EXCHANGE: Final = 2
_HERE: Final = -100
_LONGEST_SEAL: Final = 64 << 20


def place_of_next(plan: Path, seal: str) -> Path:
    """Where the plan of this seal lies until it is in force."""
    return plan.with_name(f".{plan.name}.{seal[:16]}")


def kept(plan: Path, number: int) -> Path:
    """Where the plan lies that was in force before the amendment of this number."""
    return plan.with_name(f"{plan.name}.{number}")


def seal_in(directory: Path) -> str | None:
    """The seal of what is frozen there; None where there is nothing."""
    try:
        with os.fdopen(open_regular(directory / SEAL_FILE), "rb") as file:
            return hashlib.sha256(file.read(_LONGEST_SEAL)).hexdigest()
    except OSError:
        return None


def beside(plan: Path) -> Iterator[Path]:
    """All other frozen plans of the run: to come, and kept."""
    try:
        paths = sorted(plan.parent.iterdir())
    except OSError:
        return
    for path in paths:
        if path.name.startswith((f"{plan.name}.", f".{plan.name}.")):
            yield path


def put_in_force(plan: Path, seal: str, before: Mapping[int, str]) -> None:
    """Have `plan` be the one of this seal, and those before it kept by the numbers of the amendments that ended them.

    What is done already stays; what nobody will ask for goes. Raises OSError.
    """
    if seal_in(plan) != seal:
        coming = place_of_next(plan, seal)
        if seal_in(coming) == seal:
            _exchange(plan, coming)
            sync_directory(plan.parent)
    if seal_in(plan) != seal:
        return
    for path in beside(plan):
        if not path.name.startswith("."):
            continue
        found = seal_in(path)
        places = (kept(plan, number) for number, known in sorted(before.items(), reverse=True) if known == found)
        free = next((place for place in places if not place.exists()), None)
        if free is None:
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.rename(free)
    sync_directory(plan.parent)


def _exchange(plan: Path, coming: Path) -> None:
    """Both change places in one step where the system can do that; else there is a moment without a plan, in which
    readers find it under its other name."""
    if plan.exists() and _renameat2(plan, coming):
        return
    if plan.exists():
        plan.rename(coming.with_name(f"{coming.name}.out"))
    coming.rename(plan)


def _renameat2(one: Path, other: Path) -> bool:
    """Whether the system exchanged them. Raises OSError where it may not."""
    # Whoever only reads a plan starts without it.
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(one))
