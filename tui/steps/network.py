"""What a step may ask of the network: effects and their results, beside those of `tui.steps.effects`.

In addresses, values of headers and bodies `${NAME}` is replaced by who carries an effect out, so that no secret is ever
in a kind's hands. Why there was no answer is a code with its facts (`tui.journal.remarks`).
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.steps.effects import Effect

Why = dict[str, Any] | str
"""A code with its facts, or the words of others."""


class Fetch(Effect, frozen=True, kw_only=True):
    """One request, without following a redirection, for at most `timeout` seconds -> Fetched."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012
    body: str | None = None
    timeout: float = 10.0


class Fetched(Struct, frozen=True, kw_only=True):
    """`error`: why there is no answer; `answers`: whether that says something of the service, and not only that it
    could not be asked. `seconds`: from the beginning of the connection to the last byte."""

    status: int | None = None
    body: bytes = b""
    seconds: float = 0.0
    error: Why | None = None
    answers: bool = True


class Connect(Effect, frozen=True, kw_only=True):
    """Open a connection to `host:port` and close it again, for at most `timeout` seconds -> Connected."""

    address: str
    timeout: float = 5.0


class Connected(Struct, frozen=True, kw_only=True):
    """`error` and `answers`: as of Fetched."""

    seconds: float = 0.0
    error: Why | None = None
    answers: bool = True


class LookAtCertificate(Effect, frozen=True, kw_only=True):
    """The certificate of who answers at an address: `https://host/...` or `host:port` -> CertificateSeen."""

    address: str
    timeout: float = 5.0


class CertificateSeen(Struct, frozen=True, kw_only=True):
    """`ends`: seconds since the epoch; None where there is none, for the reason in `error`. `untrusted`: why this host
    does not trust it, in the words of its TLS library; an expired one has both. `now`: when it was looked at."""

    ends: float | None = None
    now: float = 0.0
    untrusted: str = ""
    error: Why | None = None
    answers: bool = True


class RunFacts(Effect, frozen=True, kw_only=True):
    """What people may be told of the run now -> dict: text by name (`tui.plan.template.NAMES`)."""


class Notify(Effect, frozen=True, kw_only=True):
    """Tell people: to every address that `addresses` holds, for at most `timeout` seconds in all -> Notified."""

    addresses: str
    title: str
    text: str
    timeout: float = 60.0


class ServiceTold(Struct, frozen=True, kw_only=True):
    """One address: the service's name, its address without what is secret, how it ended.

    `delivered`: the service took it. `unconfirmed`: it was sent, and nobody confirms that (a datagram). `optional`: its
    owner said so. `reason`: why it was not, in the words of Apprise, or a code.
    """

    name: str
    url: str
    status: Literal["delivered", "failed", "unconfirmed"]
    optional: bool = False
    elapsed_s: float = 0.0
    reason: Why | None = None


class Notified(Struct, frozen=True, kw_only=True):
    """`error`: why nobody, or not everybody, was tried."""

    services: tuple[ServiceTold, ...] = ()
    seconds: float = 0.0
    error: Why | None = None
