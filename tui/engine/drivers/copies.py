"""Files copied to another directory of this host: durable, read back from the disk, whole or not there at all.

They lie in a place of their own beside their names until all of them are right. What an interrupted copy left there is
removed by the next.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from tui.engine.drivers.hashes import AT_ONCE, GivenUp, digest_of
from tui.engine.exceptions import SCARCE
from tui.engine.programs.removal import remove
from tui.files import closing, create_file, open_regular, sync_directory, write_all
from tui.journal.remarks import Coded, Remarked
from tui.plan.scalars import ExpansionError, expand
from tui.steps.effects import Copied, CopyFiles

_PIECE: Final = 1 << 20


def copied(effect: CopyFiles, environment: Mapping[str, str], stop: Callable[[], bool]) -> Copied:
    """Copy, and read back. Raises OSError of the host alone."""
    began = time.monotonic()
    try:
        directory = Path(expand(effect.directory, environment))
    except ExpansionError as error:
        return Copied(error=Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral())
    if not directory.is_absolute():
        return Copied(path=str(directory), error=Coded(Remarked.PATH_RELATIVE).neutral())
    path = directory / effect.base
    try:
        found = _copied(effect, directory, stop)
    except GivenUp:
        return Copied(path=str(path), error=Coded(Remarked.CANCELLED_BEFORE_ASKED).neutral())
    except OSError as error:
        if error.errno in SCARCE:
            raise
        return Copied(path=str(path), error=f"{error.filename or path}: {error.strerror}")
    return msgspec.structs.replace(found, path=str(path), seconds=round(time.monotonic() - began, 6))


def _copied(effect: CopyFiles, directory: Path, stop: Callable[[], bool]) -> Copied:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.path.lexists(directory / effect.base):
        return Copied(existed=True, copy_differs=_differing(directory, effect.files, stop))
    source = Path(effect.source)
    part = directory / f".{effect.base}.part"
    remove(part)
    free = shutil.disk_usage(directory).free
    if free < sum((source / name).stat().st_size for name, _digest in effect.files if (source / name).exists()):
        return Copied(no_room=True, free=free)
    part.mkdir(mode=0o700)
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="virada-copy") as pool:
            digests = list(pool.map(lambda one: _copy(source / one[0], part / one[0], stop), effect.files))
        named = zip(effect.files, digests, strict=True)
        bad = tuple(name for (name, expected), digest in named if digest != expected)
        if bad:
            return Copied(free=free, source_differs=bad)
        for place in {(part / name).parent for name, _digest in effect.files}:
            sync_directory(place)
        bad = _differing(part, effect.files, stop)
        if bad:
            return Copied(free=free, copy_differs=bad)
        # The backup's own name comes last: where it is, all is.
        for top in dict.fromkeys(name.partition("/")[0] for name, _digest in effect.files):
            (part / top).rename(directory / top)
        sync_directory(directory)
    finally:
        remove(part)
    return Copied(free=free)


def _copy(source: Path, target: Path, stop: Callable[[], bool]) -> str:
    """The hash of what was read; "" of what is not there."""
    target.parent.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    try:
        reading = open_regular(source)
    except FileNotFoundError:
        return ""
    with closing(reading), closing(create_file(target, 0o600)) as writing:
        while piece := os.read(reading, _PIECE):
            if stop():
                raise GivenUp
            digest.update(piece)
            write_all(writing, piece)
        os.fsync(writing)
        if hasattr(os, "posix_fadvise"):
            # What is read back comes from the disk.
            os.posix_fadvise(writing, 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()


def _differing(directory: Path, files: tuple[tuple[str, str], ...], stop: Callable[[], bool]) -> tuple[str, ...]:
    """Names of those that are not there, or are something else."""

    def right(one: tuple[str, str]) -> bool:
        try:
            return digest_of(directory / one[0], stop) == one[1]
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EIO, errno.ENOTDIR):
                return False
            raise

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="virada-copy") as pool:
        held = list(pool.map(right, files))
    return tuple(name for (name, _digest), fine in zip(files, held, strict=True) if not fine)
