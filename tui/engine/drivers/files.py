"""Files of the run's artifacts, and hashes of what was written; read in threads, so that no disk is waited for."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from tui.engine.exceptions import SCARCE
from tui.files import create_file, open_regular
from tui.steps.effects import PathHash

_MODE = 0o640
"""Whatever the umask: who may read the journal may read these."""


async def load_artifact(directory: Path, name: str, encoding: str) -> str:
    """The text of a file of the run's artifacts, which a program wrote; 0640 from here on."""

    def read() -> str:
        with os.fdopen(open_regular(directory / _plain(name)), "rb") as file:
            os.fchmod(file.fileno(), _MODE)
            return file.read().decode(_codec(encoding), "replace")

    return await asyncio.to_thread(read)


async def store_artifact(directory: Path, name: str, text: str) -> None:
    """A file of the run's artifacts, 0640."""

    def write() -> None:
        path = directory / _plain(name)
        path.unlink(missing_ok=True)
        with os.fdopen(create_file(path, _MODE), "w", encoding="utf-8") as file:
            file.write(text)

    await asyncio.to_thread(write)


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
    with os.fdopen(open_regular(path, follow=True), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
