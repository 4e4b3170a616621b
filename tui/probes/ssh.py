"""Shells on other hosts through the ssh program: without prompts, over one connection a host, gone with the engine.

A remote shell gets its script through its standard input and ends when that is closed, so nothing stays behind on the
other host, however the engine ends. Whatever keys, jump hosts and names the account's own configuration has are used.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from typing import Final

from tui.journal.remarks import Coded, Remarked
from tui.probes.reading import SourceFailed

CONNECT_S: Final = 10.0
"""Seconds that a connection may take, names and keys included."""
_OPTIONS: Final = (
    "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "ServerAliveInterval=2",
    "-o", "ServerAliveCountMax=3", "-o", "LogLevel=ERROR", "-o", "ClearAllForwardings=yes",
    "-o", "ControlMaster=auto", "-o", "ControlPersist=no",
)  # fmt: skip
_SAID: Final = 2000
_HOME_BYTES: Final = 60
"""A socket's path has at most 107 bytes, and ssh first makes one with 17 more than it was told."""


class Ssh:
    """Starts shells; all to the same host share one connection. `environment` tells where ssh lies (PATH)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {name: value for name, value in environment.items() if name != "PGPASSWORD"}
        self._directory: str | None = None
        self._sockets: dict[str, str] = {}

    async def shell(self, host: str) -> Shell:
        """A remote `sh` that reads its script from what is written to it. Raises SourceFailed."""
        program = shutil.which("ssh", path=self._environment.get("PATH"))
        if program is None:
            raise SourceFailed(Coded(Remarked.NO_SSH))
        try:
            process = await asyncio.create_subprocess_exec(
                program, *_OPTIONS, "-o", f"ControlPath={self._socket(host)}", "--", host, "exec sh",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env=self._environment, start_new_session=True, limit=1 << 20,
            )  # fmt: skip
        except OSError as error:
            raise SourceFailed(Coded(Remarked.SSH_NOT_STARTED, program=program, reason=error.strerror)) from None
        return Shell(process, host)

    def _socket(self, host: str) -> str:
        """Where the connection to a host is shared; "none" where every directory for it has too long a name."""
        if self._directory is None:
            homes = (tempfile.gettempdir(), "/tmp")
            short = next((home for home in homes if len(os.fsencode(home)) <= _HOME_BYTES), None)
            if short is None:
                return "none"
            self._directory = tempfile.mkdtemp(prefix="virada-ssh-", dir=short)
        # The host stands in no name: its name may be as long as it likes, and a percent sign means something to ssh.
        return self._sockets.setdefault(host, f"{self._directory}/{len(self._sockets)}".replace("%", "%%"))

    async def close(self) -> None:
        """Remove what connections left; shells are closed by those who opened them."""
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None


class Shell:
    """A running remote shell."""

    def __init__(self, process: asyncio.subprocess.Process, host: str) -> None:
        self._process = process
        self._host = host
        self._said = b""
        self._listening = asyncio.ensure_future(self._listen())

    async def write(self, text: str) -> None:
        """Raises SourceFailed when the shell is gone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text.encode())
            await self._process.stdin.drain()
        except (OSError, RuntimeError):
            raise SourceFailed(await self.reason()) from None

    async def line(self) -> str:
        """The next line without its newline. Raises SourceFailed when there is none any more, or it never ends."""
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except ValueError:
            raise SourceFailed(Coded(Remarked.SSH_NO_TEXT, host=self._host)) from None
        if not line.endswith(b"\n"):
            raise SourceFailed(await self.reason())
        return line[:-1].decode("utf-8", "replace")

    async def read(self, size: int) -> bytes:
        """Up to `size` bytes as soon as there are some; none at the end."""
        assert self._process.stdout is not None
        return await self._process.stdout.read(size)

    async def reason(self) -> Coded:
        """Why it ended: the last that ssh or the shell said of it."""
        await asyncio.wait({self._listening}, timeout=1.0)
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1].strip().rstrip(".") if lines else Coded(Remarked.SSH_ENDED)
        return Coded(Remarked.SSH_FAILED, host=self._host, reason=said)

    async def close(self) -> None:
        """End ssh and whatever it started here; bounded in time, and done where this is cancelled, too."""
        try:
            for number, patience in ((signal.SIGTERM, 0.5), (signal.SIGKILL, 1.0)):
                if self._process.returncode is not None:
                    break
                try:
                    # ssh is the leader of its session, and so of the group in which its proxy commands are.
                    os.killpg(self._process.pid, number)
                except ProcessLookupError:
                    pass
                await asyncio.wait({asyncio.ensure_future(self._process.wait())}, timeout=patience)
            self._listening.cancel()
            await asyncio.wait({self._listening}, timeout=1.0)
        finally:
            self._listening.cancel()
            # Otherwise pipes that nobody reads stay open until they are collected; it also kills what still runs.
            transport = getattr(self._process, "_transport", None)
            if transport is not None:
                transport.close()

    async def _listen(self) -> None:
        """Keep the end of what comes on standard error, and never let it fill up."""
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(4096):
            self._said = (self._said + piece)[-_SAID:]
