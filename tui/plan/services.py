"""A service that is asked, as a plan says it, and what can be wrong with that: of `http` steps and of dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tui.plan import json_path
from tui.plan.kinds import Finding
from tui.plan.model import Dependency
from tui.said import Quoted, Said


class Service(Struct, frozen=True, kw_only=True):
    """What is asked and what is expected; spans in seconds. Exactly one of `tcp` and `http` is there."""

    tcp: str | None = None
    http: str | None = None
    method: str = "GET"
    headers: dict[str, str] = {}
    body: str | None = None
    status: int | None = None
    json: dict[str, Any] = {}
    certificate: float | None = None
    within: float = 10.0


def service_of(dependency: Dependency) -> Service:
    """What a plan calls a dependency."""
    return Service(
        tcp=dependency.tcp, http=dependency.http, status=dependency.status, json=dependency.json,
        certificate=dependency.certificate, within=dependency.within,
    )  # fmt: skip


def called(dependency: Dependency) -> str:
    """What people are shown: its name, else its address as the plan has it, without what may be secret in it."""
    if dependency.name or dependency.tcp is not None:
        return dependency.name or dependency.tcp or ""
    address = (dependency.http or "").partition("://")[2].partition("?")[0].partition("#")[0]
    return address.rpartition("@")[2]


def mistakes(service: Service, address: str = "http") -> Iterator[Finding]:
    """What is wrong with it, each with its key; `address`: the key that its address stands under."""
    if service.tcp is None and service.http is None:
        # That one of them must be written is said by who reads the plan.
        return
    if service.tcp is not None:
        if not is_address(service.tcp):
            said = Said("{address} is no address such as cache.internal:6379", address=Quoted(service.tcp))
            yield Finding(code="bad-address", said=said, key="tcp")
        for key, value in (("status", service.status), ("json", service.json or None)):
            if value is not None:
                said = Said("{key} is told by an answer over http; a tcp connection has none.", key=Quoted(key))
                yield Finding(code="tcp-only", said=said, key=key)
    else:
        yield from _of_http(service, address)
    for path in service.json:
        if json_path.parts(path) is None:
            said = Said("{path} is no place in an answer such as $.status or $.replicas[0].lag", path=Quoted(path))
            yield Finding(code="bad-json-path", said=said, key="json")
    if service.status is not None and not 100 <= service.status <= 599:
        said = Said("{status} is no status of an answer over http.", status=service.status)
        yield Finding(code="bad-value", said=said, key="status")
    if service.within <= 0:
        yield Finding(code="bad-value", said=Said("Nothing is answered in no time; write 5s."), key="within")


def _of_http(service: Service, address: str) -> Iterator[Finding]:
    url = (service.http or "").lower()
    if not url.startswith(("http://", "https://", "${")):
        said = Said(
            "{address} is no address such as https://billing.internal/health", address=Quoted(service.http or "")
        )
        yield Finding(code="bad-address", said=said, key=address)
    elif service.certificate is not None and url.startswith("http://"):
        said = Said("Nothing at an address that begins with http:// has a certificate.")
        yield Finding(code="no-certificate", said=said, key="certificate")


def is_address(text: str) -> bool:
    """Whether it is `host:port`; an address of IPv6 stands in brackets."""
    host, _colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    return bool(bare and port.isdecimal() and 0 < int(port) < 65536 and (bare != host or ":" not in host))
