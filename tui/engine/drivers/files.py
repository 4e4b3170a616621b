"""Files of the run's artifacts, read in threads, so that no disk is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path

from tui.engine.exceptions import SCARCE
from tui.files import closing, create_file, open_regular, sync_directory, write_all
from tui.steps.effects import OutputKept

_PIECE = 1 << 20
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


async def keep_artifact(directory: Path, name: str, text: str, private: bool) -> None:
    """A file of the run's artifacts, durable; 0600 where it is `private`, else 0640."""

    def write() -> None:
        path = directory / _plain(name)
        path.unlink(missing_ok=True)
        with closing(create_file(path, 0o600 if private else _MODE)) as file:
            write_all(file, text.encode("utf-8", "surrogateescape"))
            os.fsync(file)
        sync_directory(directory)

    await asyncio.to_thread(write)


async def kept_artifact(directory: Path, name: str, limit: int | None = None) -> str | None:
    """The text of such a file; None where there is none, or one of more bytes than `limit`."""

    def read() -> str | None:
        try:
            with os.fdopen(open_regular(directory / _plain(name)), "rb") as file:
                if limit is not None and os.fstat(file.fileno()).st_size > limit:
                    return None
                return file.read().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None

    return await asyncio.to_thread(read)


async def drop_artifact(directory: Path, name: str) -> None:
    """A file of the run's artifacts is taken away."""
    await asyncio.to_thread((directory / _plain(name)).unlink, missing_ok=True)


async def keep_output(output: Path, directory: Path, name: str, limit: int) -> OutputKept:
    """What a step has printed as a file of the run's artifacts, 0640 and durable, piece by piece."""

    def copy() -> OutputKept:
        target = directory / _plain(name)
        target.unlink(missing_ok=True)
        digest, left, size = hashlib.sha256(), limit, 0
        try:
            with closing(create_file(target, _MODE)) as writing:
                # A program that printed nothing has no file.
                with contextlib.suppress(FileNotFoundError), closing(open_regular(output)) as reading:
                    size = os.fstat(reading).st_size
                    while left > 0 and (piece := os.read(reading, min(left, _PIECE))):
                        digest.update(piece)
                        write_all(writing, piece)
                        left -= len(piece)
                os.fsync(writing)
            sync_directory(directory)
        except OSError as error:
            if error.errno in SCARCE:
                raise
            return OutputKept(error=f"{error.filename or target}: {error.strerror}")
        kept = limit - left
        return OutputKept(bytes=kept, sha256=digest.hexdigest(), left_out=max(0, size - kept))

    return await asyncio.to_thread(copy)


async def store_beside(path: str, text: str) -> str | None:
    """A new file beside what a step wrote, 0600 and durable; why it could not be written."""

    def write() -> str | None:
        place = Path(path)
        try:
            with closing(create_file(place, 0o600)) as file:
                write_all(file, text.encode("utf-8", "surrogateescape"))
                os.fsync(file)
            sync_directory(place.parent)
        except OSError as error:
            if error.errno in SCARCE:
                raise
            return f"{path}: {error.strerror}"
        return None

    return await asyncio.to_thread(write)


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
