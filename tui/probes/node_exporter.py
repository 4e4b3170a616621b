"""A host's figures from its node_exporter."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlencode

from tui.journal.remarks import Coded, Remarked
from tui.probes.http import HttpClient, HttpFailed, address_of, host_of
from tui.probes.reading import HostReading, SourceFailed
from tui.said import said_of

COLLECTORS: Final = ("cpu", "meminfo", "filesystem", "loadavg", "pressure", "uname")
"""node_exporter's collectors behind the families below: with only these asked for, a page costs the host little."""
_SAMPLE: Final = re.compile(
    rb"^(node_(?:cpu_seconds_total|memory_MemTotal_bytes|memory_MemAvailable_bytes|filesystem_(?:size|free|avail)_bytes"
    rb"|load1|pressure_io_waiting_seconds_total|uname_info))(?:\{(.*)\})? +(\S+)",
    re.MULTILINE,
)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(.)")


def parse(page: bytes, at: float, host: str, directory: str | None) -> HostReading:
    """The reading on this page. `host` is its name where the page does not tell it, `directory` the absolute path whose
    filesystem is meant: the one with the longest mount point above it. Raises SourceFailed for another kind of page.
    """
    busy = total = 0.0
    single: dict[str, float] = {}
    mounts: dict[str, dict[str, float]] = {}
    for name, labels, value in _samples(page):
        if name == "node_cpu_seconds_total":
            total += value
            busy += 0.0 if labels.get("mode") in ("idle", "iowait") else value
        elif name.startswith("node_filesystem_"):
            mounts.setdefault(labels.get("mountpoint", ""), {})[name.split("_")[2]] = value
        elif name == "node_uname_info":
            host = labels.get("nodename") or host
        else:
            single[name] = value
    if not total:
        raise SourceFailed(Coded(Remarked.EXPORTER_FOREIGN))
    memory, available = single.get("node_memory_MemTotal_bytes"), single.get("node_memory_MemAvailable_bytes")
    mount = _mount_of(directory, mounts)
    disk = mounts.get(mount or "", {})
    return HostReading(
        at=at, host=host, cpu_busy=busy, cpu_total=total,
        memory=None if not memory or available is None else 1 - available / memory,
        disk_used=disk["size"] - disk["free"] if {"size", "free"} <= set(disk) else None,
        disk_free=disk.get("avail"), filesystem=mount,
        load=single.get("node_load1"),
        io_stalled=single.get("node_pressure_io_waiting_seconds_total"),
    )  # fmt: skip


def _samples(page: bytes) -> Iterator[tuple[str, dict[str, str], float]]:
    for match in _SAMPLE.finditer(page):
        try:
            value = float(match[3])
        except ValueError:
            continue
        # A figure that is no number says nothing; so do the infinities.
        if value - value == 0.0:
            labels = _LABEL.findall((match[2] or b"").decode("utf-8", "replace"))
            yield match[1].decode(), {name: _ESCAPE.sub(_unescaped, text) for name, text in labels}, value


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def _mount_of(directory: str | None, mounts: dict[str, dict[str, float]]) -> str | None:
    if directory is None:
        return None
    above = [mount for mount in mounts if mount and (directory + "/").startswith(mount.rstrip("/") + "/")]
    return max(above, key=len, default=None)


class NodeExporter:
    """Asks `url`, with its variables expanded. `directory()`: the data directory on the host, or None while unknown."""

    kind = "node_exporter"

    def __init__(self, url: str, directory: Callable[[], str | None]) -> None:
        self.where = address_of(url)
        self._url = url
        self._directory = directory
        self._client = HttpClient()
        # Without a filter of the plan's own, only the collectors we need are asked to work.
        self._filter = "" if "?" in url else "?" + urlencode([("collect[]", name) for name in COLLECTORS])

    @property
    def patience(self) -> float:
        return 2.0

    async def read(self) -> HostReading:
        """See Source."""
        try:
            status, page = await self._client.get(self._url + self._filter)
            if status == 400 and self._filter:
                # One of the collectors is switched off there, or something in between knows no filters.
                self._filter = ""
                status, page = await self._client.get(self._url)
        except HttpFailed as error:
            raise SourceFailed(Coded(Remarked.HTTP_UNANSWERED, where=self.where, reason=said_of(error))) from None
        if status != 200:
            raise SourceFailed(Coded(Remarked.HTTP_STATUS, where=self.where, status=status))
        return parse(page, time.monotonic(), host_of(self._url), self._directory())

    async def close(self) -> None:
        """See Source."""
        await self._client.close()
