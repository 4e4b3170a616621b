"""Files of the run's artifacts, and hashes of what was written; read in threads, so that no disk is waited for."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import stat
from pathlib import Path

from tui.engine.exceptions import SCARCE
from tui.steps.effects import PathHash

_CHUNK = 1 << 22
_MODE = 0o640
"""Whatever the umask: who may read the journal may read these."""


async def load_artifact(directory: Path, name: str, encoding: str) -> str:
    """The text of a file of the run's artifacts, which a program wrote; 0640 from here on."""

    def read() -> str:
        with os.fdopen(_regular(directory / _plain(name), os.O_NOFOLLOW), "rb") as file:
            os.fchmod(file.fileno(), _MODE)
            return file.read().decode(_codec(encoding), "replace")

    return await asyncio.to_thread(read)


async def store_artifact(directory: Path, name: str, text: str) -> None:
    """A file of the run's artifacts, 0640."""

    def write() -> None:
        path = directory / _plain(name)
        path.unlink(missing_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            os.fchmod(opened.fileno(), _MODE)
            opened.write(text)

    await asyncio.to_thread(write)


def _regular(path: Path, flags: int = 0) -> int:
    """A descriptor for reading: a pipe in a file's place is not waited for. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
    except BaseException:
        os.close(file)
        raise
    return file


def _plain(name: str) -> str:
    assert name == Path(name).name, name
    return name


def _codec(encoding: str) -> str:
    """Python's codec for a server's encoding; what it has none for is read as UTF-8."""
    from psycopg import _encodings

    try:
        return _encodings.pg2pyenc(encoding.encode())
    except Exception:
        return "utf-8"


async def hash_path(path: str) -> PathHash:
    """Length and SHA-256 of a file; of a directory, of its sorted sha256sum lines."""
    return await asyncio.to_thread(_hash, Path(path))


def _hash(path: Path) -> PathHash:
    try:
        if path.is_dir():
            lines, total = [], 0
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                lines.append(f"{_digest(file)}  {file.relative_to(path)}\n")
                total += file.stat().st_size
            digest = hashlib.sha256("".join(lines).encode()).hexdigest()
            return PathHash(bytes=total, files=len(lines), sha256=digest)
        digest = _digest(path)
        return PathHash(bytes=path.stat().st_size, files=1, sha256=digest)
    except OSError as error:
        if error.errno in SCARCE:
            # That says nothing of the file.
            raise
        return PathHash(error=f"{path}: {error.strerror}")


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with os.fdopen(_regular(path), "rb", buffering=0) as file:
        while block := file.read(_CHUNK):
            found.update(block)
    return found.hexdigest()
