"""An archive's content as files: made once in a place of this account, looked through, and mended.

The file holds one archive with everything in it. A build's directory is made under another name and then renamed, so
that two that begin at once do not disturb each other, and what was interrupted is never taken for whole. The file
itself lies in it as well: whoever replaces the one that was started changes nothing of what runs, and what somebody
clears away can be made again from there.
"""

from __future__ import annotations

import calendar
import errno
import fcntl
import os
import re
import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tui.onefile import places

PROGRAM = "program.zip"
"""The archive within the file, not compressed once more."""
KEPT = ".file"
"""The file itself, in its build's directory."""
_UNUSED_S = 30 * 86400.0
_OURS = re.compile(r"\.?[0-9a-f]{16}(\.[0-9a-f]{8})?")
"""A build, and one that is being made."""


class NoPlace(Exception):
    """It cannot be unpacked anywhere; `tried` says where, and what was in the way."""

    def __init__(self, tried: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place} {reason}" for place, reason in tried))
        self.tried = tried


class Damaged(Exception):
    """The file is not what was built: a copy that was cut short, or changed."""


def obtain(file: str | os.PathLike[str] | int, build: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory in which all of the build lies, made or mended. Raises NoPlace, Damaged, OSError for the file."""
    with _opened(file) as source:
        tried: list[tuple[str, str]] = []
        for place in places.places(environ):
            base = Path(place.base)
            try:
                root = base / build
                reason = places.untrusted(place.base)
                if reason is None:
                    _make(base)
                    there = os.path.lexists(root)
                    reason = places.objection(place.base, str(root)) if there else places.objection(place.base)
                    if reason is None and not there:
                        _unpack(source, root)
                        _forget_unused(base, root)
                    elif reason is None:
                        restore(source, root)
                if reason is None:
                    _seen(root, place.temporary)
                    return root
            except OSError as error:
                reason = f"cannot be written ({error.strerror or error})"
            tried.append((place.base, reason))
        raise NoPlace(tried)


def restore(source: IO[bytes], root: Path) -> None:
    """Make again whatever of `root` is missing or other than in the archive of `source`. Raises Damaged, OSError."""
    _make(root)
    kept = root / KEPT
    if not kept.is_file() or kept.stat().st_size != _size(source):
        _put(kept, lambda made: _copy(source, made), 0o444)
    with _archive(source) as archive:
        for entry in archive.infolist():
            path = root / entry.filename
            if not _same(path, entry):
                _make(path.parent)
                _put(path, lambda made, one=entry: made.write(archive.read(one)), _mode(entry))  # type: ignore[misc]
                _date(path, entry)


def _unpack(source: IO[bytes], root: Path) -> None:
    made = root.with_name(f".{root.name}.{os.urandom(4).hex()}")
    try:
        made.mkdir(mode=0o700)
        with _archive(source) as archive:
            last = ""
            for entry in archive.infolist():
                path = made / entry.filename
                above, _, _name = entry.filename.rpartition("/")
                if above != last:
                    _make(path.parent)
                    last = above
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                with os.fdopen(file, "wb") as written:
                    written.write(archive.read(entry))
                    os.fchmod(file, _mode(entry))
                _date(path, entry)
        _put(made / KEPT, lambda kept: _copy(source, kept), 0o444)
        try:
            made.rename(root)
        except OSError as error:
            # Another start was faster, with the same.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _make(directory: Path) -> None:
    """With what is missing above it; all of that is this account's alone, whatever the umask."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)


def _same(path: Path, entry: zipfile.ZipInfo) -> bool:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size != entry.file_size:
            return False
        return zlib.crc32(path.read_bytes()) == entry.CRC
    except OSError:
        return False


def _put(path: Path, write: Callable[[IO[bytes]], object], mode: int) -> None:
    """The file at once, in the place of any other of its name."""
    new = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(file, "wb") as made:
            write(made)
            os.fchmod(file, mode)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _date(path: Path, entry: zipfile.ZipInfo) -> None:
    """Compiled modules are compared with their source's time: the same wherever the same was unpacked."""
    moment = calendar.timegm((*entry.date_time, 0, 0, -1))
    os.utime(path, (moment, moment))


def _mode(entry: zipfile.ZipInfo) -> int:
    return 0o700 if entry.external_attr >> 16 & stat.S_IXUSR else 0o600


def _size(source: IO[bytes]) -> int:
    return source.seek(0, os.SEEK_END)


def _copy(source: IO[bytes], made: IO[bytes]) -> None:
    source.seek(0)
    shutil.copyfileobj(source, made, 1 << 20)


def _seen(root: Path, temporary: bool) -> None:
    """Note that all of it is there. Where others clear away by age, it is made young again."""
    mark = root / (places.WHOLE + places.boot())
    mark.touch(mode=0o600)
    os.utime(mark)
    if temporary:
        for directory, _names, files in os.walk(root):
            for name in files:
                with suppress(OSError):
                    path = Path(directory, name)
                    found = path.stat()
                    os.utime(path, (time.time(), found.st_mtime))


def _forget_unused(base: Path, root: Path) -> None:
    """Remove builds that no process has and that were not started for a month, and what was never finished."""
    for other in base.iterdir():
        # Whatever else lies there is not ours: the directory may be one that somebody has named.
        if other == root or not _OURS.fullmatch(other.name) or not os.path.lexists(other / KEPT):
            continue
        try:
            marks = [mark.stat().st_mtime for mark in other.glob(places.WHOLE + "*")] or [other.stat().st_mtime]
            if time.time() - max(marks) > _UNUSED_S and not _used(other / KEPT):
                shutil.rmtree(other, ignore_errors=True)
        except OSError:
            continue


def _used(kept: Path) -> bool:
    try:
        file = os.open(kept, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def _opened(file: str | os.PathLike[str] | int) -> Iterator[IO[bytes]]:
    if isinstance(file, int):
        # Opened anew, because a descriptor that was handed on has its place in the file in common.
        file = f"/proc/self/fd/{file}"
    with open(file, "rb") as source:
        yield source


@contextmanager
def _archive(source: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """What is in the file. Raises Damaged."""
    import io

    try:
        source.seek(0)
        with zipfile.ZipFile(source) as outer:
            inner = outer.read(PROGRAM)
        with zipfile.ZipFile(io.BytesIO(inner)) as archive:
            yield archive
    except (zipfile.BadZipFile, KeyError, zlib.error, EOFError) as error:
        raise Damaged(str(error)) from error
