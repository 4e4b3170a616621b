"""Requests, connections and certificates: one of each, with an end, and what came of it as a result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tui.journal.remarks import Coded, Remarked, neutral
from tui.plan.scalars import ExpansionError, expand
from tui.probes.certificate import certificate_of
from tui.probes.http import HttpClient, HttpFailed
from tui.probes.unreached import Unreached, unreached
from tui.said import said_of
from tui.steps.network import CertificateSeen, Connect, Connected, Fetch, Fetched, LookAtCertificate

T = TypeVar("T")
_UNASKED = Coded(Remarked.NOT_AWAITED).neutral()


class NetworkDriver:
    """Carries out Fetch, Connect and LookAtCertificate for one attempt, until its `stop`."""

    def __init__(self, environment: Mapping[str, str], stop: asyncio.Event) -> None:
        self._environment = environment
        self._stop = stop

    async def fetch(self, effect: Fetch) -> Fetched:
        """See Fetch."""
        try:
            url = expand(effect.url, self._environment)
            headers = {name: expand(value, self._environment) for name, value in effect.headers.items()}
            body = None if effect.body is None else expand(effect.body, self._environment).encode()
        except ExpansionError as error:
            return Fetched(error=Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral(), answers=False)
        client = HttpClient()
        began = time.monotonic()
        try:
            found = await self._in_time(client.ask(effect.method, url, headers, body), effect.timeout)
        except Unreached as error:
            return Fetched(seconds=time.monotonic() - began, error=neutral(error.why), answers=error.answers)
        except HttpFailed as error:
            return Fetched(seconds=time.monotonic() - began, error=neutral(said_of(error)))
        finally:
            await client.close()
        if found is None:
            return Fetched(error=_UNASKED, answers=False)
        status, content = found
        return Fetched(status=status, body=content, seconds=time.monotonic() - began)

    async def connect(self, effect: Connect) -> Connected:
        """See Connect."""
        began = time.monotonic()
        try:
            address = expand(effect.address, self._environment)
            found = await self._in_time(_opened(address), effect.timeout)
        except ExpansionError as error:
            return Connected(error=Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral(), answers=False)
        except Unreached as error:
            return Connected(seconds=time.monotonic() - began, error=neutral(error.why), answers=error.answers)
        if found is None:
            return Connected(error=_UNASKED, answers=False)
        return Connected(seconds=time.monotonic() - began)

    async def certificate(self, effect: LookAtCertificate) -> CertificateSeen:
        """See LookAtCertificate."""
        try:
            host, port = _host_and_port(expand(effect.address, self._environment))
            found = await self._in_time(certificate_of(host, port), effect.timeout)
        except ExpansionError as error:
            return CertificateSeen(error=Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral(), answers=False)
        except Unreached as error:
            return CertificateSeen(error=neutral(error.why), answers=error.answers)
        if found is None:
            return CertificateSeen(error=_UNASKED, answers=False)
        return CertificateSeen(ends=found.ends, now=found.now, untrusted=found.untrusted)

    async def _in_time(self, asking: Awaitable[T], within: float) -> T | None:
        """Its result; None where the attempt was asked to end meanwhile. Raises Unreached when the time is over."""
        task = asyncio.ensure_future(asking)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            done, _left = await asyncio.wait({task, stopped}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if task in done:
                return await task
            if stopped in done:
                return None
            raise Unreached(Coded(Remarked.NO_ANSWER_IN_TIME))
        finally:
            for left in (task, stopped):
                left.cancel()
            await asyncio.gather(task, stopped, return_exceptions=True)


async def _opened(address: str) -> bool:
    host, port = _host_and_port(address)
    try:
        _reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        raise unreached(error, address) from None
    writer.transport.abort()
    return True


def _host_and_port(address: str) -> tuple[str, int]:
    """Of an address over http or of `host:port`. Raises Unreached for what is none."""
    try:
        parts: Any = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else None)
    except ValueError:
        host = port = None
    if not host or port is None:
        raise Unreached(Coded(Remarked.NOT_AN_ADDRESS), answers=False)
    return host, port
