"""One request, with an end: whatever the other side does, nothing here takes longer than it may."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tui.journal.remarks import Coded, Remarked
from tui.probes.unreached import Unreached, unreached

if TYPE_CHECKING:
    import httpx

_LARGEST: Final = 8 << 20


class HttpFailed(Exception):
    """No usable answer: a text such as `connection refused`, without the address, or a `Coded`."""


class HttpClient:
    """A kept connection to one address. No proxies, cookies or credentials of the environment are used, and no
    redirection is followed: what is measured is what the plan names."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def get(self, url: str) -> tuple[int, bytes]:
        """Status and body of the answer. The caller limits the time. Raises HttpFailed."""
        try:
            return await self.ask("GET", url)
        except Unreached as error:
            raise HttpFailed(error.why) from None

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] = {}, body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer to any request. The caller limits the time. Raises HttpFailed, and Unreached
        where nobody answered."""
        # Loading the library takes a tenth of a second, in which the engine's loop must not stand still.
        if "httpx" not in sys.modules:
            await asyncio.to_thread(_load)
        import httpx

        try:
            if self._client is None:
                self._client = await self._open(url)
            async with self._client.stream(method, url, headers=dict(headers), content=body) as answer:
                parts, size = [], 0
                async for part in answer.aiter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > _LARGEST:
                        raise HttpFailed(Coded(Remarked.HTTP_TOO_LARGE))
                return answer.status_code, b"".join(parts)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError):
            # What it says may show a key that stands in a header or an address.
            raise Unreached(Coded(Remarked.NOTHING_TO_SEND), answers=False) from None
        except httpx.TimeoutException:
            raise Unreached(Coded(Remarked.NO_ANSWER_IN_TIME)) from None
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise unreached(error, netloc_of(url)) from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise HttpFailed(str(error) or type(error).__name__) from None

    async def close(self) -> None:
        """Close the connection; the next `get` opens another."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @staticmethod
    async def _open(url: str) -> httpx.AsyncClient:
        import ssl

        import httpx

        # The system's own certificates, so that a company's authority counts; reading them takes a while, too.
        secure = urlsplit(url).scheme == "https"
        context = await asyncio.to_thread(ssl.create_default_context) if secure else ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT
        )  # fmt: skip
        return httpx.AsyncClient(
            verify=context, trust_env=False, follow_redirects=False, timeout=None,
            headers={"User-Agent": "virada", "Accept": "*/*"},
        )  # fmt: skip


def address_of(url: str) -> str:
    """Host and port of an address, and its path: what may be shown of it, for the rest can hold secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port is not None else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
    except ValueError:
        return "?"


def netloc_of(url: str) -> str:
    """Host and port of an address, the port also where it is the scheme's own."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or '?'}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError:
        return "?"


def host_of(url: str) -> str:
    """The name of the host in an address."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _load() -> None:
    import httpx  # noqa: F401
