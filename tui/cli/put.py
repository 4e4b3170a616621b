"""A plan that was made, and its files, put where nothing is yet: looked through by the loader first, written whole."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.cli.exit import Exit, Stop
from tui.cli.output import tell
from tui.files import OPEN, permissions, reading
from tui.said import N_, Said

if TYPE_CHECKING:
    from tui.importer.imported import Imported


IN_THE_WAY = N_("{file} is there already and is not written over; name another place with -o, or say --force.")
_LED_OUT = N_(
    "{file} would be written to {place}, for a link leads there, out of the plan's directory; nothing was written. "
    "Take the link away, or name another place with -o."
)


def free(plan: Path, *, force: bool) -> None:
    """Raises Stop where a plan is there already, before anything is asked or read."""
    if os.path.lexists(plan) and not force:
        raise Stop(Said(IN_THE_WAY, file=str(plan)), Exit.USAGE)


def put_files(made: Imported, plan: Path, *, force: bool) -> list[Path]:
    """Write what was made, all of it or nothing; returns what was written, the plan first. Raises Stop: a file is in
    the way, a link leads elsewhere, or the loader refuses the plan."""
    place = Path(os.path.realpath(plan.parent))
    files = [_File(plan.parent / name, content, made.modes.get(name, OPEN)) for name, content in made.files.items()]
    wanted = [file for file in files if not _holds(file.path, file.content, place)]
    for file in wanted:
        if not (there := Path(os.path.realpath(file.path.parent))).is_relative_to(place):
            raise Stop(Said(_LED_OUT, file=str(file.path), place=str(there)), Exit.USAGE)
    # The plan comes last: whoever sees it sees its files.
    wanted.append(_File(plan, made.plan.encode(), made.mode))
    for file in wanted:
        if os.path.lexists(file.path) and not force:
            raise Stop(Said(IN_THE_WAY, file=str(file.path)), Exit.USAGE)
    look_through(made, plan)
    putting = _Putting(force)
    try:
        putting.put(wanted)
    except OSError as error:
        said = Said("{file} cannot be written: {reason}.", file=str(putting.at), reason=error.strerror or str(error))
        raise Stop(said, Exit.FAILED) from error
    return [plan, *(file.path for file in wanted[:-1])]


def look_through(made: Imported, plan: Path) -> None:
    """Have the loader read it before anything is written. Raises Stop with every error."""
    from tui.plan.loader import load
    from tui.steps.registry import KINDS

    with tempfile.TemporaryDirectory(prefix="virada-init-") as name:
        place = Path(name, plan.name)
        place.write_bytes(made.plan.encode())
        for file, content in made.files.items():
            path = Path(name, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        loaded = load(place, KINDS)
    if loaded.plan is None:
        for problem in loaded.errors:
            tell(replace(problem, file=_shown(problem.file, Path(name), plan)).said)
        raise Stop(Said("The plan that comes of it is not valid, and nothing was written."), Exit.USAGE)


def _shown(file: str, there: Path, plan: Path) -> str:
    """The name that a file will have, of the one that was looked through."""
    path = Path(file)
    return str(plan.parent / path.relative_to(there)) if path.is_relative_to(there) else file


@dataclass(frozen=True, slots=True)
class _File:
    """`mode`: the permissions that it does not go beyond."""

    path: Path
    content: bytes
    mode: int


def _holds(path: Path, content: bytes, place: Path) -> bool:
    """Whether it lies there already, where the plan may name it: a link out of the directory is no file of a plan's."""
    try:
        found = path.resolve(strict=True)
        if not found.is_relative_to(place):
            return False
        with reading(found) as fd, os.fdopen(os.dup(fd), "rb") as file:
            return os.fstat(fd).st_size == len(content) and file.read() == content
    except (OSError, RuntimeError):
        return False


class _Putting:
    """Files that come to stand all of them, or none: written beside their places first, put there when all are whole,
    and taken back where one cannot be. What came meanwhile is not written over without `force`."""

    def __init__(self, force: bool) -> None:
        self._force = force
        self.at = Path()
        """What was begun last."""
        self._made: list[Path] = []
        """Directories that were not there."""
        self._aside: list[Path] = []
        """What goes away in any case."""
        self._put: list[tuple[Path, Path | None]] = []
        """What was put, and what was there before."""

    def put(self, files: list[_File]) -> None:
        """Raises OSError, with everything as it was before."""
        try:
            for file, half in [(file, self._half(file)) for file in files]:
                self._place(file.path, half)
        except BaseException:
            self._back()
            raise
        finally:
            for path in self._aside:
                path.unlink(missing_ok=True)

    def _half(self, file: _File) -> Path:
        mode, self.at = file.mode, file.path
        with suppress(OSError):
            # What is written over is read by nobody whom it was kept from.
            mode &= permissions(file.path.lstat()) if not file.path.is_symlink() else OPEN
        self._directory(file.path.parent)
        half = self._beside(file.path)
        fd = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(fd, "wb") as opened:
            opened.write(file.content)
        return half

    def _place(self, path: Path, half: Path) -> None:
        self.at = path
        if not self._force:
            os.link(half, path)
            self._put.append((path, None))
            return
        if path.is_dir() and not path.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        before = self._beside(path)
        there = os.path.lexists(path)
        if there:
            # Where a file system has no second names what is written over cannot be put back.
            with suppress(OSError):
                os.link(path, before, follow_symlinks=False)
        half.replace(path)
        if not there or os.path.lexists(before):
            self._put.append((path, before if there else None))

    def _back(self) -> None:
        for path, before in reversed(self._put):
            with suppress(OSError):
                path.unlink() if before is None else before.replace(path)
        for directory in reversed(self._made):
            with suppress(OSError):
                # Nothing is in it but what goes away.
                for aside in self._aside:
                    if aside.parent == directory:
                        aside.unlink(missing_ok=True)
                directory.rmdir()

    def _directory(self, path: Path) -> None:
        missing = []
        while not path.is_dir():
            missing.append(path)
            if path.parent == path:
                break
            path = path.parent
        for directory in reversed(missing):
            directory.mkdir()
            self._made.append(directory)

    def _beside(self, path: Path) -> Path:
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        self._aside.append(aside)
        return aside
