"""The end of a file on another host, as it grows: `tail -F` in a remote shell, ended with it."""

from __future__ import annotations

import asyncio
import re
import shlex

from tui.probes.reading import SourceFailed
from tui.probes.ssh import CONNECT_S, Shell, Ssh

_PIECE = 64 << 10
_KEPT = 1 << 20
_MARK = 64
_READY = re.compile(r"virada-ready (end|same|gap) (\d+) ((?:[0-9a-f]{2})*)$")
# Where to begin is noted before we are told that it is ready: tail itself starts a moment later. A file is known again
# by the last bytes that were read of it.
_SCRIPT = """
f={path} o={offset} w={mark}
if [ -d "$f" ]; then echo "$f is a directory" >&2; exit 4; fi
if [ ! -e "$f" ]; then echo "there is no $f that this account may see" >&2; exit 4; fi
if [ ! -f "$f" ]; then echo "$f is no regular file" >&2; exit 4; fi
if [ ! -r "$f" ]; then echo "this account may not read $f" >&2; exit 4; fi
mark() {{
  c={length}; if [ "$1" -lt "$c" ]; then c=$1; fi
  if [ "$c" -gt 0 ]; then tail -c +$(($1 - c + 1)) -- "$f" | head -c "$c" | od -An -v -tx1 | tr -d ' \\n'; fi
}}
n=$(wc -c <"$f") || exit 4
n=$((n)) k=end
if [ "$o" -ge 0 ]; then
  k=gap
  if [ "$n" -ge "$o" ] && [ "$(mark "$o")" = "$w" ]; then k=same n=$o; fi
fi
echo "virada-ready $k $n $(mark "$n")"
tail -c +$((n + 1)) -F -- "$f" </dev/null 2>/dev/null & p=$!
trap 'kill $p' EXIT
trap 'exit 0' HUP INT TERM PIPE
read -r end
"""


class RemoteTail:
    """Follows `path` on `host` from its end on, through rotation. Nothing more is fetched while 1 MiB lies here unread:
    then the other host waits. Opened again, it goes on after what was taken if the file is the same."""

    def __init__(self, host: str, path: str, ssh: Ssh) -> None:
        self.host = host
        self.path = path
        self._ssh = ssh
        self._shell: Shell | None = None
        self._data = bytearray()
        self._room = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._offset = -1
        self._mark = b""

    @property
    def waiting(self) -> int:
        """Bytes that have come and were not taken."""
        return len(self._data)

    @property
    def full(self) -> bool:
        """Whether the other host may have to wait for us."""
        return len(self._data) >= _KEPT

    async def open(self) -> str:
        """`end` at first, then `same` or, for another file, `gap`: then it goes on from the end.

        Raises SourceFailed with the reason, within CONNECT_S.
        """
        self._shell = await self._ssh.shell(self.host)
        try:
            async with asyncio.timeout(CONNECT_S):
                script = _SCRIPT.format(
                    path=shlex.quote(self.path), offset=self._offset, mark=shlex.quote(self._mark.hex()), length=_MARK
                )
                await self._shell.write(script)
                # A shell may print what it likes before.
                while (ready := _READY.search(await self._shell.line())) is None:
                    pass
        except TimeoutError:
            reason = await self._shell.reason()
            await self.close()
            raise SourceFailed(reason) from None
        except BaseException:
            await self.close()
            raise
        self._offset, self._mark = int(ready[2]), bytes.fromhex(ready[3])
        self._pump = asyncio.ensure_future(self._fetch(self._shell))
        return ready[1]

    async def take(self, size: int) -> bytes:
        """What has come since the last call, at most `size` bytes. Raises SourceFailed when the connection ended."""
        if not self._data and self._pump is not None and self._pump.done() and self._shell is not None:
            reason = await self._shell.reason()
            await self.close()
            raise SourceFailed(reason)
        data = bytes(self._data[:size])
        del self._data[: len(data)]
        self._offset += len(data)
        self._mark = (self._mark + data)[-_MARK:]
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
