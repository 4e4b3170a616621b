"""A host's figures from its node_exporter."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlencode

from tui.journal.remarks import Coded, Remarked
from tui.probes.exporter_page import COLLECTORS, parse
from tui.probes.http import HttpClient, HttpFailed, address_of, host_of
from tui.probes.reading import HostReading, SourceFailed
from tui.said import said_of


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
