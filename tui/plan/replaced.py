"""A frozen plan in the place of another one, which is kept: both are whole at every moment, whoever is killed.

`plan` is the one in force. A plan that is to be lies beside it: as whoever asks for it has laid it, `.plan.`, the
beginning of its seal and what no other client has; and from the moment at which the engine takes it in hand under the
first two alone. What the engine has taken no client finds any more, and so takes away no plan that is or comes in
force. Those that were in force before the first, second, ... amendment are `plan.1`, `plan.2`, .... Which is in force
says the journal alone: where an engine ended between its line and the exchange, the next one makes it up.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tui.files import open_regular, sync_directory
from tui.plan.files import SEAL_FILE

_EXCHANGE: Final = 2
_HERE: Final = -100
_LONGEST_SEAL: Final = 64 << 20


def place_of_next(plan: Path, seal: str) -> Path:
    """Where the plan of this seal lies that the engine has taken in hand, until it is in force."""
    return plan.with_name(f".{plan.name}.{seal[:16]}")


@contextmanager
def laying(plan: Path, seal: str) -> Iterator[Path]:
    """A directory of one's own for the plan of this seal; whatever of it the engine has not taken is gone behind the
    block, and nobody else takes it away before. Raises OSError."""
    place = place_of_next(plan, seal)
    place = place.with_name(f"{place.name}.{os.getpid()}-{secrets.token_hex(4)}")
    place.mkdir(mode=0o700)
    held = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX)
        yield place
    finally:
        os.close(held)
        discard(place)


def taken(plan: Path, seal: str) -> Path | None:
    """Take what somebody has laid of this seal in hand; None where there is nothing."""
    place = place_of_next(plan, seal)
    if seal_in(place) == seal:
        return place
    for path in beside(plan):
        if path.name.startswith(f"{place.name}.") and seal_in(path) == seal:
            # Whoever laid it may take it away at this moment: one of both has it.
            with suppress(OSError):
                path.rename(place)
                return place
    return None


def discard(place: Path) -> None:
    """Take away what lies there; under another name first, so that nobody finds half of it."""
    gone = place.with_name(f".{place.name.split('.')[1]}.gone-{secrets.token_hex(8)}")
    with suppress(OSError):
        place.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


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

    What is done already stays; what nobody will ask for goes, but for what somebody is laying there. Raises OSError,
    also where there is no plan of this seal: then nothing is changed.
    """
    if seal_in(plan) != seal:
        place = place_of_next(plan, seal)
        others = (path for path in beside(plan) if path.name.startswith("."))
        coming = next((path for path in (place, *others) if seal_in(path) == seal), None)
        if coming is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))
        _exchange(plan, coming)
        sync_directory(plan.parent)
    for path in beside(plan):
        if not path.name.startswith("."):
            continue
        found = seal_in(path)
        places = (kept(plan, number) for number, known in sorted(before.items(), reverse=True) if known == found)
        free = next((place for place in places if not place.exists()), None)
        if free is not None:
            path.rename(free)
        elif not _is_held(path):
            discard(path)
    sync_directory(plan.parent)


def _is_held(place: Path) -> bool:
    """Whether somebody who lives has laid it, or is about to."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


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
