"""The files of a frozen plan as they were sealed: each is opened once, without following a link, and hashed while it is
read; bytes that do not hash as they did when the plan was approved are handed to nobody.

The seal of a run stands in its journal. It is that of the file `SEAL`, which is read and compared like any other, and
says what every file hashes to.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Final

from tui.files import DIRECTORY, SAFE, closing, write_all
from tui.plan.files import SEAL_FILE
from tui.plan.replaced import beside, seal_in
from tui.said import Quoted, Said

CHUNK: Final = 1 << 20
LARGE: Final = 64 << 20
"""Bytes from which a file is hashed before it is taken in or copied: what lies in its place may fill memory or disk."""

LINK: Final = "link"
MISSING: Final = "missing"
NOT_REGULAR: Final = "not_regular"
NOT_SEALED: Final = "not_sealed"


class NotAsSealed(OSError):
    """A file of the frozen plan is not what was sealed. `expected`: its SHA-256 in lower-case hex, empty where nothing
    is known of it; `found`: that of what lies there, or `link`, `missing`, `not_regular`, `not_sealed`, or the name of
    the operating system's error (`EACCES`).
    """

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(f"{name} is not as it was sealed: {found}")
        self.name, self.expected, self.found = name, expected, found

    def facts(self) -> dict[str, str]:
        """As a journal has it."""
        return {"file": self.name, "expected": self.expected, "found": self.found}


def how_it_differs(name: str, found: str) -> Said:
    """What is wrong with a file of a frozen plan, as a sentence."""
    shown = Quoted(name)
    match found:
        case "link":
            return Said("{name} has become a link.", name=shown)
        case "missing":
            return Said("{name} is missing.", name=shown)
        case "not_regular":
            return Said("{name} is not a regular file any more.", name=shown)
        case "not_sealed":
            return Said("{name} is not under the seal.", name=shown)
    if found.startswith("E") and hasattr(errno, found):
        return Said("{name} cannot be read: {reason}.", name=shown, reason=os.strerror(getattr(errno, found)))
    return Said("{name} was changed.", name=shown)


class SealedPlan:
    """The frozen plan in `directory`, of which `seal` is journaled; or beside it, where another one has taken its place
    or will (`tui.plan.replaced`), but for `here`. Everything raises NotAsSealed, and other OSErrors where nobody could
    read it."""

    def __init__(self, directory: Path, seal: str, *, here: bool = False) -> None:
        self._written = self._directory = directory
        self._here = here
        self._seal = seal
        self._texts: dict[str, str] = {}

    @cached_property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of every file by its name, as it is under the seal."""
        text = self._sealed().decode("utf-8", "surrogateescape")
        found = (line.partition("  ") for line in text.removesuffix("\n").split("\n"))
        return {name: digest for digest, _blank, name in found}

    def _sealed(self) -> bytes:
        """The file `SEAL`; it says where the plan lies."""
        try:
            return self.read(SEAL_FILE)
        except NotAsSealed:
            if not self._found_elsewhere():
                raise
            return self.read(SEAL_FILE)

    def _found_elsewhere(self) -> bool:
        """Whether the plan lies under another name by now."""
        places = (path for path in (self._written, *beside(self._written)) if path != self._directory)
        found = None if self._here else next((path for path in places if seal_in(path) == self._seal), None)
        if found is not None:
            self._directory = found
        return found is not None

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        with self._opened(name) as file:
            return file.whole()

    def text(self, name: str) -> str:
        """The text of a file in UTF-8, read once: asked for again it is the same. Raises UnicodeDecodeError."""
        if name not in self._texts:
            self._texts[name] = self.read(name).decode("utf-8")
        return self._texts[name]

    def copy(self, name: str, target: int) -> int:
        """Write the bytes of a file to a descriptor; its mode. Where this raises, what was written is of something
        else. Raises OSError of writing as well."""
        with self._opened(name) as file:
            for chunk in file.chunks():
                write_all(target, chunk)
            return file.mode

    def differs(self, name: str) -> NotAsSealed | None:
        """How a file differs from what was sealed; None where it does not, or nobody can tell."""
        try:
            with self._opened(name) as file:
                file.check()
        except NotAsSealed as error:
            return None if error.name == SEAL_FILE else error
        except OSError:
            return None
        return None

    def changed(self) -> Iterator[NotAsSealed]:
        """Every file that is not as it was sealed, in the order of their names. What is not under the seal is not
        looked for."""
        for name in sorted(self.digests):
            try:
                with self._opened(name) as file:
                    file.check()
            except NotAsSealed as error:
                yield error
            except OSError as error:
                yield NotAsSealed(name, self.digests[name], errno.errorcode.get(error.errno or 0, "EIO"))

    @contextmanager
    def _opened(self, written: str) -> Iterator[_Opened]:
        name = posixpath.normpath(written)
        expected = self._seal if name == SEAL_FILE else self.digests.get(name)
        if expected is None:
            raise NotAsSealed(name, "", NOT_SEALED)
        try:
            descriptor = self._descriptor(name)
        except OSError as error:
            found = _found(error)
            if found is None:
                raise
            raise NotAsSealed(name, expected, found) from None
        with closing(descriptor):
            yield _Opened(descriptor, name, expected)

    def _descriptor(self, name: str) -> int:
        try:
            return _open_below(self._directory, name)
        except FileNotFoundError:
            if name == SEAL_FILE or not self._found_elsewhere():
                raise
            return _open_below(self._directory, name)


class _Opened:
    """A file of the plan that is open; nobody else can put another one in its place any more."""

    def __init__(self, descriptor: int, name: str, expected: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._expected = expected
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotAsSealed(name, expected, NOT_REGULAR)
        self.mode = stat.S_IMODE(status.st_mode)
        self._size = status.st_size

    def whole(self) -> bytes:
        """All of it, in memory once."""
        self._look_first()
        data = self._read(0, self._size + 1)
        if len(data) < self._size:
            # As much as the system gives at a time.
            return b"".join(self._hashed())
        self._compare(hashlib.sha256(data).hexdigest())
        return data

    def chunks(self) -> Iterator[bytes]:
        """Its bytes; behind the last one it is known whether they are what was sealed."""
        self._look_first()
        yield from self._hashed()

    def check(self) -> None:
        for _chunk in self._hashed():
            pass

    def _look_first(self) -> None:
        if self._size > LARGE:
            self.check()

    def _hashed(self) -> Iterator[bytes]:
        digest, at = hashlib.sha256(), 0
        while chunk := self._read(at, CHUNK):
            digest.update(chunk)
            at += len(chunk)
            yield chunk
        self._compare(digest.hexdigest())

    def _compare(self, found: str) -> None:
        if found != self._expected:
            raise NotAsSealed(self._name, self._expected, found)

    def _read(self, at: int, most: int) -> bytes:
        return os.pread(self._descriptor, most, at)


class _Link(OSError):
    """Where a file or a directory of the plan should be is a link."""


def _open_below(directory: Path, name: str) -> int:
    """A descriptor of a file below a directory; none of the names on the way to it is a link, nor is `directory`."""
    above = _open(str(directory), DIRECTORY)
    try:
        *parents, last = name.split("/")
        for parent in parents:
            inner = _open(parent, DIRECTORY, above)
            os.close(above)
            above = inner
        return _open(last, os.O_RDONLY, above)
    finally:
        os.close(above)


def _open(name: str, flags: int, above: int | None = None) -> int:
    try:
        return os.open(name, flags | SAFE, dir_fd=above)
    except OSError as error:
        # Of a directory the system does not tell a link from what is none.
        if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and _is_link(name, above)):
            raise _Link from None
        raise


def _is_link(name: str, above: int | None) -> bool:
    with suppress(OSError):
        return stat.S_ISLNK(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode)
    return False


def _found(error: OSError) -> str | None:
    """What lies there in place of the file; None where the error says nothing of that (no descriptor is free)."""
    if isinstance(error, _Link):
        return LINK
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return MISSING
    if error.errno == errno.ENXIO:
        # A socket.
        return NOT_REGULAR
    return errno.errorcode[error.errno] if error.errno in (errno.EACCES, errno.EPERM) else None
