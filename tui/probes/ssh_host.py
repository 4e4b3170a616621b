"""A host's figures from a shell on it that stays open: no agent is installed, a beat costs it two short programs."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

from tui.probes.proc_files import parse
from tui.probes.reading import HostReading
from tui.probes.ssh import CONNECT_S, Shell, Ssh

DISK_EVERY = 10
"""Readings from one look at the disk to the next."""
# The name of the host, the answer's number, a directory or nothing. A directory that may not be looked at is on the
# same filesystem as the one above it more often than not.
_SCRIPT = """
LC_ALL=C; export LC_ALL
virada_host=$(uname -n)
virada() {
  echo "virada-begin $1 $virada_host"
  head -n 1 /proc/stat
  cat /proc/meminfo /proc/loadavg /proc/pressure/io 2>/dev/null
  if [ -n "$2" ]; then
    d=$2
    until df -Pk "$d" 2>/dev/null || [ "$d" = / ] || [ "$d" = . ]; do d=$(dirname "$d"); done
  fi
  echo "virada-end $1"
}
"""


class SshHost:
    """`host` as ssh understands it: a name of its configuration, user@host, ssh://user@host:port."""

    kind = "ssh"

    def __init__(self, host: str, ssh: Ssh, directory: Callable[[], str | None]) -> None:
        self.where = host
        self._ssh = ssh
        self._directory = directory
        self._shell: Shell | None = None
        self._number = 0
        self._pending: int | None = None
        self._disk: tuple[float, float] | None = None
        self._disk_asked: tuple[int, str] | None = None

    @property
    def patience(self) -> float:
        return 2.0 if self._shell is not None and self._pending != 1 else CONNECT_S

    async def read(self) -> HostReading:
        """See Source. A question that was not answered in time is not asked again: its answer is still waited for."""
        if self._shell is None:
            self._number, self._pending, self._disk_asked = 0, None, None
            self._shell = await self._ssh.shell(self.where)
            await self._shell.write(_SCRIPT)
        if self._pending is None:
            self._number += 1
            self._pending = self._number
            await self._shell.write(f"virada {self._number} {shlex.quote(self._place())}\n")
        host, text = await self._answer(self._shell, self._pending)
        self._pending = None
        reading = parse(text, time.monotonic(), host)
        if reading.disk_free is not None and reading.disk_used is not None:
            self._disk = (reading.disk_used, reading.disk_free)
        elif self._disk is not None:
            from msgspec.structs import replace

            reading = replace(reading, disk_used=self._disk[0], disk_free=self._disk[1])
        return reading

    async def close(self) -> None:
        """See Source."""
        self._disk = None
        if self._shell is not None:
            # Forgotten only when it has ended: who is cancelled on the way closes again.
            await self._shell.close()
            self._shell = None

    def _place(self) -> str:
        """The directory, when it is time to look at its filesystem again."""
        place = self._directory()
        if place is None:
            return ""
        last = self._disk_asked
        if last is not None and last[1] == place and self._number - last[0] < DISK_EVERY:
            return ""
        self._disk_asked = (self._number, place)
        return place

    @staticmethod
    async def _answer(shell: Shell, number: int) -> tuple[str, str]:
        """The host's name and the files of this answer; what was printed before it (greetings) is passed over."""
        # What was printed without a newline stands before it on its line.
        begin = f"virada-begin {number} "
        while begin not in (line := await shell.line()):
            pass
        host = line.rpartition(begin)[2]
        lines = []
        while (line := await shell.line()) != f"virada-end {number}":
            lines.append(line)
        return host, "\n".join(lines) + "\n"
