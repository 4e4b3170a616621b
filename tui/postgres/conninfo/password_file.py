"""libpq's password file, as far as what is in it must not be written down anywhere else."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from tui.postgres.conninfo.service_file import in_directory

_LONGEST = 1 << 20


def passwords_of(environment: Mapping[str, str], named: str | None = None) -> tuple[str, ...]:
    """Every password in the file that libpq looks them up in. `named`: what the connection says that it is."""
    try:
        with _place(environment, named).open("rb") as file:
            text = file.read(_LONGEST).decode("utf-8", "surrogateescape")
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(dict.fromkeys(password for line in text.split("\n") if (password := _password(line))))


def _place(environment: Mapping[str, str], named: str | None) -> Path:
    own = named or environment.get("PGPASSFILE")
    if own:
        return Path(in_directory(own, environment))
    return Path(environment.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir) / ".pgpass"


def _password(line: str) -> str:
    """What stands behind the fourth colon, with its escapes resolved."""
    line = line.rstrip("\r")
    if line.startswith("#"):
        return ""
    fields, field, position = 0, "", 0
    while position < len(line):
        character = line[position]
        if character == "\\" and position + 1 < len(line):
            position += 1
            field += line[position]
        elif character == ":" and fields < 4:
            fields, field = fields + 1, ""
        else:
            field += character
        position += 1
    return field if fields == 4 else ""
