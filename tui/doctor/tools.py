"""The programs that steps may need: where they are, their version, and for which servers that is enough."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Final

from tui.doctor.closing import typed
from tui.doctor.examined import Examined, examined
from tui.engine.programs.client_tools import find_tool, tool_major
from tui.said import N_, Said

NEWEST: Final = 18
"""The newest server that virada is tried with."""
_POSTGRES: Final = {
    "psql": N_("steps of the kind `psql`"),
    "pg_dump": N_("`backup`"),
    "pg_restore": N_("`verify_backup` and `restore`"),
    "pg_dumpall": N_("`backup` with `globals`"),
    "pg_basebackup": N_("base backups by a command of the plan"),
    "pgbench": N_("`load`"),
}
_OTHERS: Final = {
    "zstd": (N_("`backup` with `prefer`, where pg_dump has no zstd of its own"), "apt-get install zstd"),
    "ssh": (N_("hosts, logs and backups that are reached by ssh"), "apt-get install openssh-client"),
}
_NOT_NEWER: Final = ("pg_dump", "pg_dumpall", "pg_basebackup")
"""They refuse a server that is newer than they are."""


def look(environment: Mapping[str, str]) -> Iterator[Examined]:
    """Each program as a run would choose it for the newest server."""
    for name, used in _POSTGRES.items():
        yield _of_postgres(name, Said(used), find_tool(name, environment, NEWEST, demo=False))
    for name, (used, install) in _OTHERS.items():
        path = shutil.which(name, path=environment.get("PATH"))
        if path is not None:
            version = _says(path, "-V" if name == "ssh" else "--version").splitlines()[0].strip(" *")[:60]
            yield examined(f"tools.{name}", "ok", "there", N_("{path}: {version}"), path=path, version=version)
            continue
        yield examined(
            f"tools.{name}", "warn", "missing", N_("not on the PATH; needed for: {used}"),
            N_("Where a plan needs it: {install}"), used=Said(used), install=install,
        )  # fmt: skip


def _of_postgres(name: str, used: object, path: str | None) -> Examined:
    package = "postgresql-client" if name != "pgbench" else "postgresql-contrib"
    if path is None:
        return examined(
            f"tools.{name}", "warn", "missing", N_("not on the PATH; needed for: {used}"),
            N_("Where a plan needs it: install PostgreSQL's client programs (Debian: {package})."), used=used,
            package=package,
        )  # fmt: skip
    major = tool_major(path)
    if major is None:
        return examined(
            f"tools.{name}", "unknown", "no_version", N_("{path} does not tell its version: {reason}"),
            Said(N_("Call it by hand: {path} --version"), path=typed(path)), path=path, reason=_says(path),
        )  # fmt: skip
    if major >= NEWEST or name not in _NOT_NEWER:
        return examined(f"tools.{name}", "ok", "there", N_("{path}, version {major}"), path=path, major=major)
    return examined(
        f"tools.{name}", "warn", "older", N_("{path}, version {major}: it refuses servers that are newer"),
        N_("For a newer server install its own client programs, beside these."), path=path, major=major,
    )  # fmt: skip


def _says(path: str, option: str = "--version") -> str:
    try:
        done = subprocess.run([path, option], capture_output=True, text=True, errors="replace", timeout=5, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return (done.stderr or done.stdout).strip()[:200] or f"exit {done.returncode}"
