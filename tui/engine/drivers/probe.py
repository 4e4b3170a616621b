"""Facts about the target, its host and this one: neutral dicts, with `error` in them where nothing is known."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins

from tui.engine.drivers import dumps, space
from tui.engine.drivers.hours import earlier_hours
from tui.engine.programs.client_tools import compresses, find_tool, tool_major
from tui.engine.target.access import TargetAccess
from tui.files import create_file
from tui.journal.events import RunOpened
from tui.journal.remarks import Coded, Remarked, neutral, neutral_of
from tui.plan.scalars import ExpansionError, disk_need, expand
from tui.postgres import database
from tui.postgres.errors import PostgresError
from tui.postgres.identity import OtherTarget, who
from tui.postgres.session import Session
from tui.runs.paths import RunPaths
from tui.steps.effects import Probe

_TRIED: Final = 4096
"""Bytes that are written to see whether that can be done."""
_REFUSED: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.ENOENT, errno.ELOOP,
     errno.EEXIST}
)  # fmt: skip
"""What a place says that cannot be written into; anything else says nothing of it."""


class ProbeDriver:
    """Carries out Probe."""

    def __init__(
        self, target: TargetAccess, opened: RunOpened, environment: Mapping[str, str], paths: RunPaths
    ) -> None:
        self._paths = paths
        self._target = target
        self._opened = opened
        self._environment = environment
        self.met: PostgresError | None = None
        """What the server's last answer of none was, with the server that the session was on."""

    async def probe(self, effect: Probe) -> dict[str, Any]:
        """The fact asked for. Raises OtherTarget."""
        try:
            match effect.name:
                case "identity":
                    return await self._identity()
                case "disk":
                    return await self._disk(effect.arguments)
                case "room":
                    return await self._room(effect.arguments)
                case "last_backup":
                    last = await asyncio.to_thread(space.last_backup, self._target.facts(), self._paths)
                    return {"last_bytes": last}
                case "encryption":
                    return await self._encryption()
                case "connections":
                    return await self._connections()
                case "database_size":
                    return {"bytes": await self._database_bytes()}
                case "epoch":
                    return {"epoch": list((await (await self._monitor()).rows("epoch"))[0])}
                case "database":
                    return await database.properties(await self._monitor(), effect.arguments.get("name"))
                case "written":
                    return await database.written(await self._monitor(), self._target.run, self._target.quiet())
                case "stranded":
                    return await database.stranded(await self._monitor())
                case "tools":
                    return await asyncio.to_thread(self._tools, list(effect.arguments["names"]))
                case "writable":
                    return await asyncio.to_thread(self._writable, str(effect.arguments["directory"]))
                case "dumps":
                    directory = str(effect.arguments["directory"])
                    facts = self._target.facts()
                    hashes = await asyncio.to_thread(space.recorded_backups, facts, self._paths)
                    recorded = dumps.Recorded(str(facts.get("database")), hashes)
                    return await asyncio.to_thread(dumps.dumps_in, directory, self._environment, recorded)
                case "path_prepare":
                    return await asyncio.to_thread(self._prepare, effect.arguments)
                case "path_make":
                    return await asyncio.to_thread(_make, Path(effect.arguments["path"]), effect.arguments["directory"])
                case "dump_methods":
                    return await asyncio.to_thread(self._dump_methods)
                case "earlier_hours":
                    return await asyncio.to_thread(earlier_hours, self._target.facts(), self._opened.id)
                case "backup_space":
                    return await self._backup_space(str(effect.arguments["path"]))
        except OtherTarget:
            raise
        except PostgresError as error:
            self.met = error
            return {"error": neutral(error.message), "sqlstate": error.sqlstate}
        except OSError as error:
            return {"error": f"{error.filename or ''}: {error.strerror}".lstrip(": ")}

    async def _identity(self) -> dict[str, Any]:
        """Who answers now: what was asked when the run was opened says nothing of the present."""
        now = to_builtins(await who(await self._target.renewed()))
        return dict(self._target.facts()) | {name: now[name] for name in now if name not in ("epoch", "pooler")}

    async def _encryption(self) -> dict[str, Any]:
        """How the connection is encrypted, as the server sees it, and what the target asks for."""
        session = await self._monitor()
        ssl, version, cipher, gss = (await session.rows("session_tls"))[0]
        mode = self._target.resolved().parameters.get("sslmode", "prefer")
        socket = session.host.startswith(("/", "@"))
        return {"ssl": ssl, "version": version, "cipher": cipher, "gss": gss, "sslmode": mode, "socket": socket}

    async def _monitor(self) -> Session:
        return await self._target.monitor()

    async def _database_bytes(self) -> int:
        session = await self._monitor()
        rows = (await session.execute("select pg_catalog.pg_database_size(pg_catalog.current_database())")).rows
        return int(rows[0][0]) if rows else 0

    async def _connections(self) -> dict[str, Any]:
        session = await self._monitor()
        rows = await session.rows("connections_free")
        usable, used, database, in_database, role, of_role = (int(value) for value in rows[0])
        found: dict[str, Any] = {"usable": usable, "used": used, "free": usable - used}
        for name, limit, taken in (("database", database, in_database), ("role", role, of_role)):
            # Less than nothing is no limit.
            if limit >= 0:
                found |= {f"{name}_limit": limit, f"{name}_used": taken}
                found["free"] = min(found["free"], limit - taken)
        return found

    async def _disk(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Free space where the database lies, or at another `path` `on` its host or this one, beside what is needed."""
        need, path = str(arguments["need"]), arguments.get("path")
        database = await self._database_bytes()
        wanted = disk_need(need, database)
        if path is not None and arguments.get("on") == "here":
            found = await space.on_this_host(str(path), self._environment)
        else:
            found = await space.on_the_database(self._target, None if path is None else str(path))
        found |= {"need": need, "need_bytes": wanted, "database_bytes": database}
        if "error" in found:
            return found
        return found | {"enough": wanted is not None and found["free_bytes"] >= wanted}

    async def _room(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Bytes free at a place of the database's host (by default where its data lie), `on` this one (`here`), or on
        one that `ssh` knows; `filesystem` tells which others share them."""
        path = arguments.get("path")
        if "ssh" in arguments:
            return await space.over_ssh(str(arguments["ssh"]), str(path), self._environment)
        if arguments.get("on") == "here":
            return await space.on_this_host(str(path), self._environment)
        return await space.on_the_database(self._target, None if path is None else str(path))

    async def _backup_space(self, path: str) -> dict[str, Any]:
        """Bytes free where a backup goes, and what a guess of its size can rest on."""
        found = await space.on_this_host(path, self._environment)
        last = await asyncio.to_thread(space.last_backup, self._target.facts(), self._paths)
        restored = await asyncio.to_thread(space.last_restore, self._target.facts(), self._paths)
        known = {"last_bytes": last, "database_bytes": await self._database_bytes()}
        return found | known | ({} if restored is None else {"last_restore": restored})

    def _dump_methods(self) -> dict[str, Any]:
        """What a dump can be compressed with here."""
        server = None if self._target.identity is None else self._target.identity.server_version // 10000
        path = find_tool("pg_dump", self._environment, server, self._opened.demo is not None)
        programs = [name for name in ("zstd",) if find_tool(name, self._environment, server, False)]
        own = path is not None and compresses(path, "zstd:1")
        return {"zstd": own, "programs": programs, "cpus": len(os.sched_getaffinity(0))}

    def _tools(self, names: list[str]) -> dict[str, Any]:
        identity = self._target.identity
        server = None if identity is None else identity.server_version // 10000
        found: dict[str, Any] = {}
        missing, too_old = [], []
        for name in names:
            path = find_tool(name, self._environment, server, self._opened.demo is not None)
            if path is None:
                missing.append(name)
                continue
            major = tool_major(path)
            found[name] = {"path": path, "major": major}
            if name in ("pg_dump", "pg_dumpall") and server is not None and major is not None and major < server:
                too_old.append(name)
        return {"found": found, "missing": missing, "too_old": too_old, "server_major": server}

    def _prepare(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The directory of a backup, made with 0700 where it is missing, and a name in it that is not taken."""
        try:
            directory = Path(expand(str(arguments["directory"]), self._environment))
        except ExpansionError as error:
            return {"error": Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral()}
        if not directory.is_absolute():
            return {"error": Coded(Remarked.BACKUP_RELATIVE, path=directory).neutral()}
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / str(arguments["name"])
        if path.exists() or path.is_symlink():
            return {"error": Coded(Remarked.BACKUP_EXISTS, path=path).neutral()}
        return {"path": str(path)}

    def _writable(self, directory: str) -> dict[str, Any]:
        """Whether a file can be written in a directory of this host, which is made with 0700 where it is missing, as a
        backup makes it; `reason` where it cannot. The file is gone again."""
        try:
            place = Path(expand(directory, self._environment))
        except ExpansionError as error:
            return {"error": Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral()}
        if not place.is_absolute():
            return {"error": Coded(Remarked.PATH_RELATIVE).neutral()}
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(bytes(_TRIED))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            return {"writable": False, "reason": neutral_of(error)}
        return {"writable": True}


def _make(path: Path, directory: bool) -> dict[str, Any]:
    """The place itself, closed to others before anything is written into it: whoever writes keeps its mode."""
    if directory:
        path.mkdir(mode=0o700)
        path.chmod(0o700)
    else:
        os.close(create_file(path, 0o600))
    return {}
