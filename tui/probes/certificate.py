"""The certificate of who answers at an address: until when it is valid, and whether this host trusts it."""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import UTC, datetime

from msgspec import Struct

from tui.journal.remarks import Coded, Remarked
from tui.probes.unreached import Unreached, unreached


class Certificate(Struct, frozen=True, kw_only=True):
    """`ends`: seconds since the epoch. `untrusted`: why this host does not trust it, in its TLS library's words."""

    ends: float
    now: float
    untrusted: str = ""


async def certificate_of(host: str, port: int) -> Certificate:
    """One handshake that trusts nobody who is not trusted; where it fails for that, another one that only looks.

    The caller limits the time. Raises Unreached.
    """
    untrusted = ""
    try:
        encoded = await _shown(host, port, await asyncio.to_thread(ssl.create_default_context))
    except ssl.SSLCertVerificationError as error:
        untrusted = error.verify_message or error.reason or type(error).__name__
        looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        looking.check_hostname = False
        looking.verify_mode = ssl.CERT_NONE
        try:
            encoded = await _shown(host, port, looking)
        except OSError as again:
            raise unreached(again, f"{host}:{port}") from None
    except OSError as error:
        raise unreached(error, f"{host}:{port}") from None
    try:
        ends = end_of(encoded)
    except (ValueError, IndexError):
        raise Unreached(Coded(Remarked.CERTIFICATE_UNREADABLE)) from None
    return Certificate(ends=ends, now=time.time(), untrusted=untrusted)


async def _shown(host: str, port: int, context: ssl.SSLContext) -> bytes:
    _reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if not shown:
        raise ssl.SSLError("no certificate")
    return bytes(shown)


def end_of(encoded: bytes) -> float:
    """Until when a certificate (X.509, DER) is valid, in seconds since the epoch. Raises ValueError and IndexError.

    The standard library reads none that it does not trust, and this is all that is wanted of one.
    """
    _tag, begin, _end = _element(encoded, 0)  # Certificate
    _tag, at, _end = _element(encoded, begin)  # tbsCertificate
    tag, _begin, end = _element(encoded, at)
    if tag == 0xA0:  # version
        tag, _begin, end = _element(encoded, end)
    for _part in ("signature", "issuer"):
        _tag, _begin, end = _element(encoded, end)
    _tag, begin, _end = _element(encoded, end)  # validity
    _tag, _begin, end = _element(encoded, begin)  # notBefore
    tag, begin, end = _element(encoded, end)  # notAfter
    text = encoded[begin:end].decode("ascii")
    if tag == 0x17:
        # Two digits of the year: from 1950 to 2049.
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _element(encoded: bytes, at: int) -> tuple[int, int, int]:
    """Tag of the element there, where its content begins and where it ends."""
    tag, length, at = encoded[at], encoded[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, at = int.from_bytes(encoded[at : at + size], "big"), at + size
    if at + length > len(encoded):
        raise ValueError("cut short")
    return tag, at, at + length
