"""The end of a file on another host, as it grows: `tail -F` in a remote shell, ended with it."""

from __future__ import annotations

import asyncio
import shlex

from tui.probes.reading import SourceFailed
from tui.probes.ssh import CONNECT_S, Shell, Ssh

_PIECE = 64 << 10
_KEPT = 1 << 20
# The end is noted before we are told that it is ready: tail itself starts a moment later.
_SCRIPT = """
f={path}
if [ -d "$f" ]; then echo "$f is a directory" >&2; exit 4; fi
if [ ! -e "$f" ]; then echo "there is no $f that this account may see" >&2; exit 4; fi
if [ ! -f "$f" ]; then echo "$f is no regular file" >&2; exit 4; fi
if [ ! -r "$f" ]; then echo "this account may not read $f" >&2; exit 4; fi
n=$(wc -c <"$f") || exit 4
echo virada-ready
tail -c +$((n + 1)) -F -- "$f" </dev/null 2>/dev/null & p=$!
trap 'kill $p' EXIT
trap 'exit 0' HUP INT TERM PIPE
read -r end
"""


class RemoteTail:
    """Follows `path` on `host` from its end on, through rotation. Nothing more is fetched while 1 MiB lies here unread:
    then the other host waits."""

    def __init__(self, host: str, path: str, ssh: Ssh) -> None:
        self.host = host
        self.path = path
        self._ssh = ssh
        self._shell: Shell | None = None
        self._data = bytearray()
        self._room = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Raises SourceFailed with the reason, within CONNECT_S."""
        self._shell = await self._ssh.shell(self.host)
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._shell.write(_SCRIPT.format(path=shlex.quote(self.path)))
                # What a greeting printed without a newline stands before it on its line.
                while not (await self._shell.line()).endswith("virada-ready"):
                    pass
        except TimeoutError:
            reason = await self._shell.reason()
            await self.close()
            raise SourceFailed(reason) from None
        except BaseException:
            await self.close()
            raise
        self._pump = asyncio.ensure_future(self._fetch(self._shell))

    async def take(self, size: int) -> bytes:
        """What has come since the last call, at most `size` bytes. Raises SourceFailed when the connection ended."""
        if not self._data and self._pump is not None and self._pump.done() and self._shell is not None:
            reason = await self._shell.reason()
            await self.close()
            raise SourceFailed(reason)
        data = bytes(self._data[:size])
        del self._data[: len(data)]
        self._room.set()
        return data

    async def close(self) -> None:
        """End it, here and there."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait({self._pump}, timeout=1.0)
            self._pump = None
        self._data.clear()
        if self._shell is not None:
            # Forgotten only when it has ended: who is cancelled on the way closes again.
            await self._shell.close()
            self._shell = None

    async def _fetch(self, shell: Shell) -> None:
        while piece := await shell.read(_PIECE):
            self._data += piece
            while len(self._data) >= _KEPT:
                self._room.clear()
                await self._room.wait()
