"""Throwaway servers for tests: socket only, as an unprivileged account where we are root, crashed on
purpose.
"""

from __future__ import annotations

import asyncio
import functools
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from tests import cluster, ram
from tests.shared import template
from tui.demo.account import account
from tui.demo.binaries import Binaries
from tui.demo.server import Server as SharedServer
from tui.journal.remarks import Coded
from tui.postgres.connect import open_session
from tui.postgres.conninfo.parameters import WorkSettings
from tui.postgres.errors import PostgresError
from tui.postgres.session import Session

RUN = "20261122T060300Z-7f3a"


def awaited(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """An asynchronous test, with a minute to end in."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 15.0) -> Any:
    """Poll a condition until it holds and return its value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = await condition()
        if value:
            return value
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


@functools.cache
def _version(bindir: Path) -> int:
    told = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"\d+", told)[0])


class Server:
    """One cluster of a test's own, not started yet: `virada-pg-*/data` with its socket beside it.

    With `source` it is that data directory's copy, the same system identifier included; with `shared` it is that server
    instead, which all tests share and which runs.
    """

    def __init__(self, bindir: Path, source: Path | None = None, *, shared: SharedServer | None = None) -> None:
        self.bindir = bindir
        user = account()
        self.account = user.name if user.switch else None
        self._as_account = user.popen()
        if shared is not None:
            self.home, self.data = shared.socket, shared.data
        else:
            self.home = Path(tempfile.mkdtemp(prefix="virada-pg-", dir=ram.place()))
            self.data = self.home / "data"
            shutil.chown(self.home, user.uid, user.gid)
            self._call("cp", "-a", source or template(Binaries(bindir, _version(bindir))), self.data)
            if source is None:
                cluster.give_identity(self.data)
        self.settings: dict[str, str] = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.home}'",
            "fsync": "off",
            "dynamic_shared_memory_type": "mmap",
            "max_connections": "50",
            "max_prepared_transactions": "5",
            "log_line_prefix": "'%m [%p] %q%a '",
        }

    @property
    def version(self) -> int:
        """The major version."""
        return _version(self.bindir)

    def run(self, program: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """One of the server's own programs, as the server's account."""
        return self._call(self.bindir / program, *arguments, check=check)

    def _call(self, *command: object, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [str(part) for part in command],
            **self._as_account,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert not check or done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
        return done

    def start(self, **settings: str) -> Server:
        self.settings |= settings
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "-l", self.home / "server.log", "-o", options, "start")
        return self

    def stop(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "-m", "immediate", "stop", check=False)

    def crash(self) -> None:
        """kill -9 of the postmaster and of everything it started, which loses whatever WAL was not written."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        processes = [postmaster, *postmaster.children(recursive=True)]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in processes:
                # A backend whose client has gone may end meanwhile.
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
        psutil.wait_procs(processes, timeout=10)
        (self.data / "postmaster.pid").unlink()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"host={self.home} user={user} dbname={database}"


class Sessions:
    """Opens sessions to one database and closes them all."""

    def __init__(self, server: Server, database: str = "postgres") -> None:
        self.server = server
        self.database = database
        self._open: list[Session] = []

    async def __aenter__(self) -> Sessions:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._open:
            await session.close()

    def _kept(self, session: Session) -> Session:
        self._open.append(session)
        return session

    async def control(self, user: str = "postgres") -> Session:
        dsn = self.server.dsn(self.database, user)
        return self._kept(await open_session(dsn, purpose="control", run=RUN, step=None, settings=None))

    async def monitor(self, user: str = "postgres") -> Session:
        dsn = self.server.dsn(self.database, user)
        return self._kept(await open_session(dsn, purpose="monitor", run=RUN, step=None, settings=None))

    async def work(self, user: str = "postgres", step: str = "migrate", **settings: Any) -> Session:
        dsn = self.server.dsn(self.database, user)
        wanted = WorkSettings(**settings)
        return self._kept(await open_session(dsn, purpose="work", run=RUN, step=step, settings=wanted))


async def one(session: Session, sql: str) -> Any:
    """The first column of the first row."""
    rows = (await session.execute(sql)).rows
    assert rows
    return rows[0][0]


def coded_by(error: BaseException) -> str:
    """The code of what an error says."""
    said = error.args[0]
    return said.text if isinstance(said, Coded) else str(said)


async def refused(action: Awaitable[Any]) -> PostgresError:
    """The error that an action ends in."""
    try:
        await action
    except PostgresError as error:
        return error
    raise AssertionError("no error came")
