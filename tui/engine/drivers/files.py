"""Files of the run's artifacts, read in threads, so that no disk is waited for."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tui.engine.exceptions import SCARCE
from tui.files import closing, create_file, open_regular, sync_directory, write_all

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
