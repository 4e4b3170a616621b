"""Following the server's log in files on this machine: one that is rotated, or the newest of several."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tui.journal.remarks import Coded, Remarked
from tui.postgres.logs.parser import PIECE, LogUnavailable, cut_short, parser_for
from tui.postgres.logs.record import LogRecord

_FORMS: Final = {".csv": "csvlog", ".json": "jsonlog"}
_BEST_FIRST: Final = (".json", ".csv", ".log")
_TOGETHER_NS: Final = 60 * 10**9
"""Files of several formats that the server writes side by side differ by less in their age."""


def form_of(path: str | Path) -> str:
    """The format is told by the name."""
    return _FORMS.get(Path(path).suffix, "stderr")


class FileLog:
    """`path` names a file, a directory or a pattern, of which the newest is taken. Read from its end on.

    Closed and opened again it goes on where it was, or `remarks` tells of a gap.
    """

    def __init__(self, path: Path, prefix: str = "%m [%p] ") -> None:
        self._wanted = path
        self._prefix = prefix
        self._file = -1
        self._place: tuple[int, int, int] | None = None
        self._skipped = 0
        self._warned: set[str] = set()
        self._parser = parser_for(form_of(path), prefix)
        self.path = path
        self.more = False
        self.remarks: list[Coded] = []

    @property
    def skipped(self) -> int:
        """Records so far that could not be read."""
        return self._skipped + self._parser.skipped

    def open(self, prefix: str | None = None) -> str:
        """Find the file and go to where we were, at first to its end; returns its path. Raises LogUnavailable."""
        if prefix is not None and prefix != self._prefix:
            self._prefix = prefix
            self._begin_parser()
        place = self._place
        if place is None:
            self._open(self._find())
            os.lseek(self._file, 0, os.SEEK_END)
        elif not self._go_on(place):
            self._open(self._find())
            self.remarks.append(Coded(Remarked.LOG_OTHER_FILE, path=self.path))
        self._place = (*_identity(os.fstat(self._file)), os.lseek(self._file, 0, os.SEEK_CUR))
        return str(self.path)

    def read(self) -> list[LogRecord]:
        """The records written since the last call, at most 256 KiB of them; `more` says that there is more. Follows a
        file put in its place, or a newer one.
        """
        if self._file < 0:
            self.open()
        data = os.read(self._file, PIECE) or self._elsewhere()
        self._place = (*_identity(os.fstat(self._file)), os.lseek(self._file, 0, os.SEEK_CUR))
        self.more = len(data) >= PIECE
        return self._parser.feed(data)

    def adopt(self, prefix: str) -> None:
        """The server's log_line_prefix is another one now."""
        self._prefix = prefix
        self._parser.adopt(prefix)

    def behind(self) -> int:
        """Bytes that were written and not yet read."""
        return 0 if self._file < 0 else max(0, os.fstat(self._file).st_size - os.lseek(self._file, 0, os.SEEK_CUR))

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _elsewhere(self) -> bytes:
        """What there is when nothing follows where we stand."""
        mine = os.fstat(self._file)
        try:
            there = self.path.stat()
        except OSError:
            there = mine
        if _identity(there) != _identity(mine):
            following = self.path
        elif there.st_size < os.lseek(self._file, 0, os.SEEK_CUR):
            self.remarks.append(cut_short(self.path))
            os.lseek(self._file, 0, os.SEEK_SET)
            self._begin_parser()
            return os.read(self._file, PIECE)
        elif (newer := self._newer(mine)) is not None:
            following = newer
        else:
            return b""
        # Its last words may have come in between.
        data = os.read(self._file, PIECE)
        if data:
            return data
        self._open(following)
        return os.read(self._file, PIECE)

    def _go_on(self, place: tuple[int, int, int]) -> bool:
        try:
            found = self.path.stat()
        except OSError:
            return False
        if _identity(found) != place[:2] or found.st_size < place[2]:
            return False
        parser, skipped = self._parser, self._skipped
        self._open(self.path)
        os.lseek(self._file, place[2], os.SEEK_SET)
        self._parser, self._skipped = parser, skipped
        return True

    def _find(self) -> Path:
        found = self._several()
        if found is None:
            return self._wanted
        if not found:
            raise LogUnavailable(Coded(Remarked.LOG_MISSING, path=self._wanted))
        newest = max(at for at, _path in found)
        together = [x for x in found if newest - x[0] < _TOGETHER_NS]
        known = [x for form in _BEST_FIRST for x in together if x[1].suffix == form]
        suffix = (known or together)[0][1].suffix
        return max(x for x in together if x[1].suffix == suffix)[1]

    def _several(self) -> list[tuple[int, Path]] | None:
        """The files of a directory or a pattern; None when one file is named."""
        if self._wanted.is_dir():
            return [x for x in _regular(self._wanted.iterdir) if x[1].suffix in _BEST_FIRST]
        if self._wanted.exists() or not re.search(r"[*?\[]", str(self._wanted)):
            return None
        anchor = self._wanted.anchor
        return _regular(lambda: Path(anchor).glob(str(self._wanted.relative_to(anchor))))

    def _newer(self, mine: os.stat_result) -> Path | None:
        """The file that the log goes on in, by the server's own word where it can be had."""
        among = self._several()
        if among is None:
            named = self._named(mine)
            if named is None:
                self._warn(mine)
            return named
        later = [x for x in among if x[0] > mine.st_mtime_ns and x[1].suffix == self.path.suffix]
        return min(later)[1] if later else None

    def _named(self, mine: os.stat_result) -> Path | None:
        """What `current_logfiles` says, in the data directory above a log directory."""
        for above in (self.path.parent, self.path.parent.parent):
            try:
                lines = (above / "current_logfiles").read_text("utf-8", "replace").splitlines()
            except OSError:
                continue
            for form, _space, name in (line.partition(" ") for line in lines):
                file = above / name
                try:
                    if form == form_of(self.path) and file.parent.samefile(self.path.parent):
                        return None if _identity(file.stat()) == _identity(mine) else file
                except OSError:
                    continue
        return None

    def _warn(self, mine: os.stat_result) -> None:
        """A newer file whose name differs in its numbers only may be where the log goes on, or another server's."""
        shape = re.sub(r"\d+", "#", self.path.name)
        if len(re.findall(r"\d", self.path.name)) < 4:
            return
        for at, path in _regular(self.path.parent.iterdir):
            alike = path.name != self.path.name and re.sub(r"\d+", "#", path.name) == shape
            if alike and at > mine.st_mtime_ns and path.name not in self._warned:
                if not self._warned:
                    self.remarks.append(Coded(Remarked.LOG_NEWER_BESIDE, path=self.path, newer=path.name))
                self._warned.add(path.name)

    def _open(self, path: Path) -> None:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise LogUnavailable(Coded(Remarked.LOG_FILE_UNREADABLE, path=path, reason=error.strerror)) from None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise LogUnavailable(Coded(Remarked.LOG_IRREGULAR, path=path))
        self.close()
        self._file, self.path = file, path
        self._begin_parser()

    def _begin_parser(self) -> None:
        self._skipped = self.skipped
        self._parser = parser_for(form_of(self.path), self._prefix)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _regular(listed: Callable[[], Iterable[Path]]) -> list[tuple[int, Path]]:
    """Regular files with the time of their last change."""
    found = []
    try:
        for path in listed():
            try:
                status = path.stat()
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime_ns, path))
    except OSError:
        pass
    return found
