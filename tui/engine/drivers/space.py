"""Free space where it counts: at a place of the database's host, by the plan's sources, and where a backup goes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

from tui.engine.target.access import TargetAccess
from tui.files import open_regular
from tui.journal.remarks import Coded, Remarked, coded, neutral
from tui.plan.model import HostSource
from tui.plan.scalars import ExpansionError, expand
from tui.postgres.errors import PostgresError
from tui.probes.local_host import disk_of, filesystem_of
from tui.probes.reading import ReadingSource, SourceFailed
from tui.probes.same_host import is_here
from tui.probes.sources import sources_of
from tui.probes.ssh import Ssh
from tui.probes.tasks import apart
from tui.runs.paths import RunPaths, list_runs
from tui.said import said_of

_HERE_S: Final = 5.0
"""Seconds that a filesystem of this host may take to answer."""
_RUNS: Final = 20
_LARGEST: Final = 64 << 20
"""Bytes of a journal that are looked through for its last backup."""


async def on_the_database(target: TargetAccess, path: str | None) -> dict[str, Any]:
    """Bytes free for ordinary accounts on the filesystem of `path`, by default the data directory, on the database's
    host: `free_bytes` and the `source` that told, or `error`. `tried`: the sources before it, with why each failed.

    This host is asked where the plan says that it is the one, or, where it names none, the backend is seen here.
    """
    session = await target.monitor()
    place = path
    if place is None:
        place = (await session.rows("host_place"))[0][0]
        if place is None:
            return _untold(Remarked.SPACE_DIRECTORY_HIDDEN)
    named: Sequence[HostSource] = target.target.host
    if not named:
        if not session.host.startswith(("/", "@")):
            return {"place": place, **_untold(Remarked.SPACE_UNNAMED)}
        if not is_here(session.backend.pid, session.backend.start, session.listener_pid):
            return {"place": place, **_untold(Remarked.SPACE_NOT_HERE)}
        named = (HostSource(local=True),)
    ssh = Ssh(target.environment)
    tried: list[dict[str, Any]] = []
    try:
        for source in sources_of(named, target.environment, ssh, session.rows, lambda: place):
            found = await _asked(source, place)
            if "error" not in found:
                return {"place": place, "tried": tried, **found} if tried else {"place": place, **found}
            tried.append({"source": source.kind, "where": neutral(source.where), "reason": found["error"]})
    finally:
        await ssh.close()
    reasons = [Coded(Remarked.SPACE_OF_SOURCE, **{name: coded(fact) for name, fact in one.items()}) for one in tried]
    error = reduce(lambda first, second: Coded(Remarked.REASONS, first=first, second=second), reasons)
    return {"place": place, "tried": tried, "error": neutral(error)}


async def _asked(source: ReadingSource, place: str) -> dict[str, Any]:
    """What one source says of a place; SQL has no way to tell."""
    try:
        if source.kind == "local":
            async with asyncio.timeout(_HERE_S):
                disk, filesystem = await apart(lambda: (disk_of(place), filesystem_of(place)))
            host = os.uname().nodename
            free = None if disk is None else disk[1]
        else:
            async with asyncio.timeout(source.patience):
                reading = await source.read()
            host, free, filesystem = reading.host, reading.disk_free, reading.filesystem
    except TimeoutError:
        return _untold(Remarked.SPACE_UNANSWERED)
    except SourceFailed as error:
        return {"error": neutral(said_of(error))}
    except PostgresError as error:
        return {"error": neutral(error.message)}
    finally:
        await source.close()
    if free is None:
        return _untold(Remarked.SPACE_NOT_TOLD)
    found = {"free_bytes": int(free), "source": f"{host} ({source.kind})"}
    return found if filesystem is None else found | {"filesystem": f"{host} {filesystem}"}


async def over_ssh(host: str, place: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """As `on_the_database`, of a place on another host as ssh knows it."""
    ssh = Ssh(environment)
    try:
        (source,) = sources_of((HostSource(ssh=host),), environment, ssh, _no_rows, lambda: place)
        return {"place": place, **await _asked(source, place)}
    finally:
        await ssh.close()


async def _no_rows(name: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    return []


def _untold(code: Remarked, **facts: object) -> dict[str, Any]:
    return {"error": Coded(code, **facts).neutral()}


async def on_this_host(path: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """As `on_the_database`, of a place on the host that the engine runs on; it may be made later."""
    try:
        place = expand(path, environment)
    except ExpansionError as error:
        return _untold(Remarked.VARIABLE_UNSET, name=error.name)
    if not Path(place).is_absolute():
        return {"place": place, **_untold(Remarked.PATH_RELATIVE)}
    try:
        async with asyncio.timeout(_HERE_S):
            free, filesystem = await apart(lambda: (_free(Path(place)), filesystem_of(place)))
    except TimeoutError:
        return {"place": place, **_untold(Remarked.FILESYSTEM_SILENT)}
    except OSError as error:
        return {"place": place, "error": f"{error.filename}: {error.strerror}"}
    here = os.uname().nodename
    found = {"place": place, "free_bytes": free, "source": f"{here} (local)"}
    return found if filesystem is None else found | {"filesystem": f"{here} {filesystem}"}


def _free(place: Path) -> int:
    """Of the place, or of the nearest one above it that there is. Raises OSError."""
    while True:
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            if place == place.parent:
                raise
            place = place.parent


def recorded_backups(identity: Mapping[str, Any], run: RunPaths | None = None) -> dict[str, str]:
    """The SHA-256 of each backup of this database that a run which can be read has recorded, by its path."""
    found: dict[str, str] = {}
    for _run, lines in _of_the_database(identity, run):
        for line in lines:
            if b'"type":"backup.recorded"' in line:
                told = _data(line)
                found[str(told.get("path"))] = str(told.get("sha256"))
    return found


def last_backup(identity: Mapping[str, Any], run: RunPaths | None = None) -> int | None:
    """Bytes of the last backup of this database in any run that can be read, `run`'s own first; None without one."""
    for _run, lines in _of_the_database(identity, run):
        for line in reversed(lines):
            if b'"type":"backup.recorded"' in line and isinstance(bytes_ := _data(line).get("bytes"), int):
                return bytes_
    return None


def last_restore(identity: Mapping[str, Any], run: RunPaths | None = None) -> dict[str, Any] | None:
    """The last trial restore of a backup of this database: `seconds`, `database_bytes` of the source then, the `run`;
    None where none is known."""
    for of, lines in _of_the_database(identity, run):
        for line in reversed(lines):
            if b'"type":"step.passed"' in line and b'"restore_s":' in line:
                evidence = _data(line).get("evidence") or {}
                if isinstance(evidence.get("restore_s"), int | float):
                    return {"run": of} | {name: evidence.get(name) for name in ("restore_s", "database_bytes", "bytes")}
    return None


def _data(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)["data"]
    except (ValueError, LookupError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}


def _of_the_database(identity: Mapping[str, Any], run: RunPaths | None) -> Iterator[tuple[str, list[bytes]]]:
    """The latest runs on this database that can be read, `run` first, with the lines of their journals."""
    runs = [] if run is None else [run]
    try:
        runs += list_runs()[:_RUNS]
    except OSError:
        pass
    for paths in runs:
        try:
            # Whose runs these are is open: a pipe in a journal's place would be read for ever.
            with os.fdopen(open_regular(paths.journal), "rb") as file:
                if os.fstat(file.fileno()).st_size > _LARGEST:
                    continue
                lines = file.read(_LARGEST).splitlines()
        except OSError:
            continue
        opened = (_data(lines[0]) if lines else {}).get("identity") or {}
        names = ("system_identifier", "database")
        if isinstance(opened, dict) and all(opened.get(name) == identity.get(name) for name in names):
            yield paths.id, lines
