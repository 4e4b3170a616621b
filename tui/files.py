"""Files as all of this opens them: no link is followed, no pipe waited for, and what is opened is a regular file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tui.said import Said

SAFE: Final = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
OPEN: Final = 0o666
"""The permissions of a file that nothing but the umask keeps from anybody."""


@contextmanager
def closing(fd: int) -> Iterator[int]:
    """A descriptor that is closed at the end of the block."""
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def closing_on_error(fd: int) -> Iterator[int]:
    """A descriptor that is closed where the block fails, and the caller's otherwise."""
    try:
        yield fd
    except BaseException:
        os.close(fd)
        raise


def open_regular(path: Path, flags: int = os.O_RDONLY, mode: int = 0o600, *, follow: bool = False) -> int:
    """A descriptor of a regular file; OSError otherwise."""
    fd = os.open(path, flags | (SAFE & ~os.O_NOFOLLOW if follow else SAFE), mode)
    with closing_on_error(fd):
        require_regular(fd, path)
    return fd


def require_regular(fd: int, path: Path) -> None:
    """OSError unless the descriptor is a regular file."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise OSError(errno.EINVAL, Said("not a regular file"), str(path))


def permissions(found: os.stat_result) -> int:
    """The permissions of a copy that nobody reads or writes who may not do that to the file: its owner's, and the
    group's only where the copy will be of the same group."""
    others = found.st_mode & 0o006
    group = found.st_mode & 0o060 if found.st_gid == os.getegid() else found.st_mode & others << 3
    return 0o600 | group | others


@contextmanager
def reading(path: Path) -> Iterator[int]:
    """A descriptor to read a regular file, for the length of a block."""
    with closing(open_regular(path)) as fd:
        yield fd


def create_file(path: Path, mode: int, flags: int = os.O_WRONLY) -> int:
    """A descriptor of a new file with exactly `mode`, whatever the umask; FileExistsError where something is there."""
    fd = os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with closing_on_error(fd):
        os.fchmod(fd, mode)
    return fd


def open_or_create(path: Path, mode: int, flags: int = os.O_WRONLY | os.O_APPEND) -> int:
    """A descriptor of a regular file, made with exactly `mode` where it is missing; one that is there keeps its own."""
    try:
        return create_file(path, mode, flags)
    except FileExistsError:
        return open_regular(path, flags)


def write_all(fd: int, data: bytes) -> None:
    """However few bytes each write takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable; a file system that cannot is passed over."""
    with closing(os.open(path, DIRECTORY)) as fd:
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
