"""Hashes of files, read in a few threads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tui.engine.exceptions import SCARCE
from tui.files import open_regular
from tui.journal.remarks import Coded, Remarked
from tui.steps.effects import PathHash

AT_ONCE: Final = min(4, os.cpu_count() or 1)
"""Files that are read at a time."""
_PIECE: Final = 1 << 20


def hashed(path: Path, stop: Callable[[], bool] = lambda: False) -> PathHash:
    """Length and SHA-256 of a file; of a directory, of its sorted sha256sum lines. Raises OSError of the host alone."""
    try:
        if not path.is_dir():
            digest = digest_of(path, stop)
            return PathHash(bytes=path.stat().st_size, files=1, sha256=digest, listed=((path.name, digest),))
        files = sorted(p for p in path.rglob("*") if p.is_file())
        # The largest first, so that at the end nobody waits for one.
        sizes = {file: file.stat().st_size for file in files}
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="virada-hash") as pool:
            by_size = sorted(files, key=lambda file: -sizes[file])
            digests = dict(zip(by_size, pool.map(lambda file: digest_of(file, stop), by_size), strict=True))
        listed = tuple((str(file.relative_to(path)), digests[file]) for file in files)
        digest = hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in listed).encode()).hexdigest()
        return PathHash(bytes=sum(sizes.values()), files=len(files), sha256=digest, listed=listed)
    except GivenUp:
        return PathHash(error=Coded(Remarked.CANCELLED_BEFORE_ASKED).neutral())
    except OSError as error:
        if error.errno in SCARCE:
            # That says nothing of the file.
            raise
        return PathHash(error=f"{error.filename or path}: {error.strerror}")


class GivenUp(Exception):
    """Nobody wants to know any more."""


def digest_of(path: Path, stop: Callable[[], bool]) -> str:
    """Raises GivenUp and OSError."""
    digest = hashlib.sha256()
    with os.fdopen(open_regular(path, follow=True), "rb", buffering=0) as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        buffer = memoryview(bytearray(_PIECE))
        while read := file.readinto(buffer):
            if stop():
                raise GivenUp
            digest.update(buffer[:read])
    return digest.hexdigest()
