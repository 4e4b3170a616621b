"""libpq's service files: found and read as libpq does it, and one written for programs.

Read here and not left to libpq, because a session's libpq (that of the driver) and a program's (the system's) look for
the machine's file in different directories, and because what a service says has to be known before anything connects.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Mapping
from pathlib import Path

from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import ConnectFailed
from tui.sql.secrets import is_secret_name

LONGEST = 1000
"""Bytes of a line that every libpq takes: its buffer has 1,024."""
_FILE = "pg_service.conf"
_SYSTEM = ("/etc/postgresql-common", "/etc/sysconfig/pgsql", "/etc")


class HasLdap(Exception):
    """The service is looked up in a directory, which is left to libpq."""


def read_service(name: str, environment: Mapping[str, str], file: str | None, known: Iterable[str]) -> dict[str, str]:
    """The parameters of a service.

    `file`: where the connection string says that it is; `known`: libpq's keywords. Raises ConnectFailed, which names
    file and line and never a value, and HasLdap.
    """
    keywords = frozenset(known)
    for path in _places(environment, file):
        try:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            continue
        except OSError as error:
            said = Coded(Remarked.SERVICE_FILE_UNREADABLE, path=path, reason=error.strerror)
            raise ConnectFailed(said) from None
        found = _section(name, text, path, keywords)
        if found is not None:
            return found
    raise ConnectFailed(Coded(Remarked.SERVICE_UNKNOWN, name=name, places=_places(environment, file)))


def _places(environment: Mapping[str, str], file: str | None) -> list[Path]:
    own = file or environment.get("PGSERVICEFILE")
    found = [Path(in_directory(own, environment))] if own else [_home(environment) / f".{_FILE}"]
    system = environment.get("PGSYSCONFDIR")
    return found + [Path(place) / _FILE for place in ([system] if system else _SYSTEM)]


def in_directory(path: str, environment: Mapping[str, str]) -> str:
    """A file that is named relative to where a person stands: the engine and its programs stand elsewhere, and only the
    variable PWD tells where that was."""
    base = environment.get("PWD", "")
    word = path.partition(":")[0]
    if path == "system" or word in ("engine", "pkcs11") or not base.startswith("/"):
        return path
    return str(Path(base) / path)


def own_file(environment: Mapping[str, str]) -> Path:
    """The person's own service file, whether it is there or not."""
    return _places(environment, None)[0]


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir)


def _section(name: str, text: str, path: Path, known: frozenset[str]) -> dict[str, str] | None:
    """As libpq reads it: nothing outside the section is looked at, the first value of a keyword counts."""
    found: dict[str, str] | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r\v\f")
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if found is not None:
                return found
            if line[1:].startswith(f"{name}]"):
                found = {}
            continue
        if found is None:
            continue
        if line.startswith("ldap"):
            raise HasLdap
        keyword, equals, value = line.partition("=")
        if not equals or keyword not in known or keyword in ("service", "servicefile"):
            raise ConnectFailed(Coded(Remarked.SERVICE_FILE_LINE, line=number, path=path))
        found.setdefault(keyword, value)
    return found


def passwords_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Every password in the service files that libpq would look into, whatever service it belongs to."""
    found: dict[str, None] = {}
    for path in _places(environment, None):
        try:
            lines = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
        except OSError:
            continue
        for line in lines:
            keyword, _equals, value = line.strip(" \t\r\v\f").partition("=")
            if value and is_secret_name(keyword.strip()):
                found[value] = None
    return tuple(found)


def fits(value: str) -> bool:
    """Whether a value can stand in a service file: on one line that is not too long, with no blank at its end."""
    return value == value.rstrip() and "\n" not in value and len(value.encode("utf-8", "surrogateescape")) < LONGEST


def render(name: str, values: Mapping[str, str], others: str = "") -> bytes:
    """A service file with this section first; `others` is the text of another one, whose services stay known."""
    lines = [f"[{name}]", *(f"{keyword}={value}" for keyword, value in values.items()), ""]
    return ("\n".join(lines) + "\n" + others).encode("utf-8", "surrogateescape")
