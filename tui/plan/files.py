"""The files a plan names: inside its own directory, regular, readable, read once, hashed as they are read."""

from __future__ import annotations

import codecs
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tui.plan.problems import ProblemReport
from tui.said import N_, Quoted, Said

PLAN_FILE = "plan.yaml"
"""What the plan itself is called once it is frozen."""
SEAL_FILE = "SEAL"
_CHUNK = 1 << 20


def open_regular(path: Path) -> int:
    """A descriptor to read a regular file; never waits for a pipe. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, Said("it is not a regular file"))
    return descriptor


def why(error: OSError) -> str | Said:
    """The reason of an OSError in its own words, without number and path."""
    return error.strerror or str(error)


class Undecodable(ValueError):
    """A file that is not UTF-8, by its name in the plan; `line` is the line of the first wrong byte."""

    def __init__(self, line: int, name: str = "") -> None:
        super().__init__(f"line {line} is not UTF-8")
        self.line = line
        self.name = name


def digest_of(path: Path, utf8: bool = False, also: Callable[[bytes], object] | None = None) -> str:
    """The SHA-256 of a regular file in lower-case hex, each chunk handed to `also`.

    Raises OSError, and Undecodable where `utf8` is asked for and not found.
    """
    digest, decoder, line = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 1
    with os.fdopen(open_regular(path), "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if also is not None:
                also(chunk)
            if utf8:
                line = _decode(decoder, chunk, line, final=False)
    if utf8:
        _decode(decoder, b"", line, final=True)
    return digest.hexdigest()


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, line: int, final: bool) -> int:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise Undecodable(line + error.object[: error.start].count(b"\n")) from None
    return line + chunk.count(b"\n")


class UnusableFile(Exception):
    """Why a file cannot be part of the plan; `line` where the fault lies inside that file."""

    def __init__(self, code: str, message: str | Said, line: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.line = code, message, line


def not_utf8(name: str) -> Said:
    """What is said of a script that is not UTF-8, in the line where that shows."""
    return Said("{name} is not UTF-8 in this line; save it as UTF-8.", name=Quoted(name))


class Files:
    """Checks the files of one plan. `digests` holds the SHA-256 of every sound one by its relative name."""

    def __init__(self, directory: Path, report: ProblemReport, shown: Path) -> None:
        self.directory = directory
        self.digests: dict[str, str] = {}
        self._report = report
        self._shown = shown
        self._faults: dict[str, UnusableFile] = {}
        self._texts: dict[str, str] = {}

    def claim(self, written: str, at: tuple[int, int]) -> str | None:
        """The relative name of a file the plan names at this place; None with a problem when it cannot be used."""
        try:
            return self.include(written)
        except UnusableFile as fault:
            known, name = fault, str(PurePosixPath(written))
        if known.line is not None:
            self._report.add(known.code, (known.line, 1), known.message, file=self.shown(name))
        else:
            self._report.add(known.code, at, known.message)
        return None

    def include(self, written: str) -> str:
        """The relative name of a file that belongs to the plan from now on. Raises UnusableFile."""
        name = str(PurePosixPath(written))
        if name not in self.digests and name not in self._faults:
            try:
                self.digests[name] = self._check(written, name)
            except UnusableFile as fault:
                self._faults[name] = fault
        if name in self._faults:
            raise self._faults[name]
        return name

    def shown(self, name: str) -> str:
        """A file of the plan as problems name it: beside the plan as the person named that."""
        return str(self._shown.parent / name)

    def text(self, name: str) -> str:
        """The text of a file that was claimed. Raises OSError, and Undecodable for one that is not UTF-8."""
        if name not in self._texts:
            with os.fdopen(open_regular(self.directory / name), "rb") as file:
                raw = file.read()
            if name in self.digests:
                # What was looked at is what is sealed, should it have become another since it was claimed.
                self.digests[name] = hashlib.sha256(raw).hexdigest()
            try:
                self._texts[name] = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise Undecodable(1 + raw.count(b"\n", 0, error.start), name) from None
        return self._texts[name]

    def script(self, name: str) -> str | None:
        """The text of a file that is a script by its name, or was read as one; None for any other."""
        if name not in self._texts and not name.lower().endswith(".sql"):
            return None
        try:
            return self.text(name)
        except (OSError, ValueError):
            return None

    def beginning(self, name: str, most: int) -> str:
        """The first `most` bytes of a file as text; empty for one that is not text, or cannot be read."""
        try:
            with os.fdopen(open_regular(self.directory / name), "rb") as file:
                raw = file.read(most)
        except OSError:
            return ""
        return "" if b"\0" in raw else raw.decode("utf-8", "replace")

    def _check(self, written: str, name: str) -> str:
        if not written or not name.isprintable() or "\\" in name or name == ".":
            message = N_("{name} is not the name of a file; use printable characters and no backslash.")
            raise UnusableFile("bad-file-name", Said(message, name=Quoted(written)))
        if name.startswith("/") or ".." in PurePosixPath(name).parts:
            message = N_(
                "{name} lies outside the plan's directory; files are named relative to the plan, without '..'."
            )
            raise UnusableFile("file-outside", Said(message, name=Quoted(written)))
        if name in (PLAN_FILE, SEAL_FILE):
            said = Said("{name} is reserved for the frozen plan; give the file another name.", name=Quoted(written))
            raise UnusableFile("bad-file-name", said)
        path = self.directory / name
        try:
            resolved = path.resolve(strict=True)
            if not resolved.is_relative_to(self.directory.resolve()):
                message = N_("{name} is a link out of the plan's directory; copy the file beside the plan.")
                raise UnusableFile("file-outside", Said(message, name=Quoted(written)))
            return digest_of(resolved, utf8=name.lower().endswith(".sql"))
        except FileNotFoundError:
            raise UnusableFile("missing-file", self._missing(name)) from None
        except Undecodable as error:
            raise UnusableFile("not-utf8", not_utf8(name), error.line) from None
        except (OSError, RuntimeError) as error:
            reason = why(error) if isinstance(error, OSError) else error
            said = Said("{name} cannot be read: {reason}.", name=Quoted(written), reason=reason)
            raise UnusableFile("unreadable-file", said) from None

    def _missing(self, name: str) -> Said:
        try:
            beside = [entry.name for entry in (self.directory / name).parent.iterdir()]
        except OSError:
            beside = []
        guess = self._report.guess(PurePosixPath(name).name, beside)
        if guess is None:
            return Said("There is no file {name} in the plan's directory.", name=Quoted(name))
        found = str(PurePosixPath(name).with_name(guess))
        message = N_("There is no file {name} in the plan's directory; did you mean {guess}?")
        return Said(message, name=Quoted(name), guess=Quoted(found))
