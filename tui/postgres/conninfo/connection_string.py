"""Connection strings read so that nothing of a password is ever told: a mistake is named by its parameter, never by a
value, and what libpq says of a failed connection loses every piece that may have been part of a password.

An unescaped `@`, `/` or blank in a password makes libpq take a part of it for a host, a port or a parameter's name.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import unquote

from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import ConnectFailed

MARK = "[redacted]"
_SCHEMES = ("postgresql://", "postgres://")
_SECRET = re.compile(r"\b(?:password|sslpassword|oauth_client_secret)\s*=\s*", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"\n]{1,2000})"|\'([^\'\n]{1,2000})\'')
_NUMBERS = (
    "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
)  # fmt: skip
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "gssencmode": ("disable", "prefer", "require"),
    "channel_binding": ("disable", "prefer", "require"),
    "load_balance_hosts": ("disable", "random"),
    "sslnegotiation": ("postgres", "direct"),
    "sslcertmode": ("disable", "allow", "require"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
}
_SAID = re.compile(r'for connection option "([a-z_]+)"|invalid "?([a-z_]+)"? value|bad value for ([a-z_]+)')


@cache
def keywords() -> Mapping[str, str | None]:
    """libpq's parameters, each with the environment variable that stands in for it."""
    from psycopg import pq

    return {
        option.keyword.decode(): None if option.envvar is None else option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
    }


def parse(dsn: str) -> dict[str, str]:
    """The parameters that a connection string names. Raises ConnectFailed, whose text holds nothing of a value."""
    import psycopg

    try:
        found = psycopg.conninfo.conninfo_to_dict(dsn)
    except (psycopg.Error, UnicodeError) as error:
        raise ConnectFailed(_unreadable(dsn, str(error))) from None
    return {keyword: str(value) for keyword, value in found.items() if value is not None}


def refuse_mistakes(parameters: Mapping[str, str], sources: Mapping[str, str], dsn: str) -> None:
    """Raise ConnectFailed for a parameter whose value libpq cannot take, before any of it is sent to anybody.

    `sources`: of each parameter the environment variable or the service that it is from.
    """
    bad = next((keyword for keyword, value in parameters.items() if not _sound(keyword, value)), None)
    if bad is None:
        return
    if bad in sources:
        raise ConnectFailed(Coded(Remarked.DSN_VALUE_OF_SOURCE, parameter=bad, source=sources[bad]))
    raise ConnectFailed(_with_hint(Coded(Remarked.DSN_VALUE_WRITTEN, parameter=bad), dsn))


def _sound(keyword: str, value: str) -> bool:
    if keyword == "port":
        return all(not p.strip() or (p.strip().isdecimal() and 0 < int(p) < 65536) for p in value.split(","))
    if keyword == "host":
        # A name with an @ in it is the rest of a password and a host; at its beginning it is an abstract socket.
        return not any("@" in name[1:] and not name.startswith("/") for name in value.split(","))
    if keyword == "hostaddr":
        return all(not address.strip() or _is_address(address.strip()) for address in value.split(","))
    if keyword in _NUMBERS:
        return re.fullmatch(r"\s*[+-]?\d{1,9}\s*", value) is not None or not value
    return not value or keyword not in _CHOICES or value in _CHOICES[keyword]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _unreadable(dsn: str, said: str) -> Coded:
    """Why libpq cannot read it, as far as that can be told without telling what is in it."""
    of_address = re.search(r"invalid percent-encoded|forbidden value %00|unexpected spaces", said)
    if of_address is not None:
        return _with_hint(Coded(Remarked.DSN_ADDRESS), dsn)
    named = re.search(r'(?:connection option|URI query parameter:?) "([^"]*)"', said)
    if named is not None:
        known = named[1] if named[1] in keywords() else None
        close = difflib.get_close_matches(named[1], list(keywords()), 1, 0.75)
        if known is not None:
            return Coded(Remarked.DSN_PARAMETER_EMPTY, parameter=known)
        if close:
            # So near to one of libpq's own it is a slip of the keys and no part of a password.
            return Coded(Remarked.DSN_PARAMETER_MISTYPED, parameter=named[1], known=close[0])
        return _with_hint(Coded(Remarked.DSN_PARAMETER_UNKNOWN), dsn)
    return _with_hint(Coded(Remarked.DSN_UNREADABLE), dsn)


def _with_hint(said: Coded, dsn: str) -> Coded:
    if dsn.startswith(_SCHEMES):
        hint = Coded(Remarked.DSN_HINT_ADDRESS)
    elif _SECRET.search(dsn) is not None:
        hint = Coded(Remarked.DSN_HINT_QUOTES)
    else:
        return said
    return Coded(Remarked.WITH_HINT, said=said, hint=hint)


def masked(text: str, dsn: str, secrets: tuple[str, ...] = ()) -> str:
    """What a connection failed by, without any piece of a password: of `secrets`, and of what in `dsn` may be one."""
    spans = _spans(dsn)

    def piece(match: re.Match[str]) -> str:
        token = match[1] or match[2]
        return match[0].replace(token, _uncovered(token, dsn, spans))

    text = _QUOTED.sub(piece, text)
    known = {dsn[start:end] for start, end in spans} | set(secrets)
    for secret in sorted(known | {unquote(secret) for secret in known}, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MARK)
    return text


def bad_value(text: str) -> Coded | None:
    """libpq's complaint about a parameter's value, as ours, which does not repeat it; None for any other text."""
    match = _SAID.search(text)
    name = None if match is None else match[1] or match[2] or match[3]
    if name not in keywords():
        return None
    return Coded(Remarked.DSN_VALUE, parameter=name)


def _spans(dsn: str) -> list[tuple[int, int]]:
    """Where in the connection string a password may stand, however it is mistyped."""
    scheme = next((s for s in _SCHEMES if dsn.startswith(s)), None)
    if scheme is None:
        found = _SECRET.search(dsn)
        return [] if found is None else [(found.end(), _end_of_value(dsn, found.end()))]
    spans = []
    query = dsn.find("?", dsn.rfind("@") + 1)
    rest = len(dsn) if query < 0 else query
    last = dsn.rfind("@", 0, rest)
    colon = dsn.find(":", len(scheme))
    if 0 <= colon < last:
        spans.append((colon + 1, last))
    for found in _SECRET.finditer(dsn, rest):
        end = re.compile(r"&[a-z_]+=|$").search(dsn, found.end())
        spans.append((found.end(), len(dsn) if end is None else end.start()))
    return spans


def _end_of_value(dsn: str, start: int) -> int:
    """A value without quotes may hold blanks that its author forgot about: it ends where a known parameter begins."""
    for found in re.compile(r"\s+([a-z_]+)\s*=").finditer(dsn, start):
        if found[1] in keywords():
            return found.start()
    return len(dsn)


def _uncovered(token: str, dsn: str, spans: list[tuple[int, int]]) -> str:
    """A token of a message, without what of it stands in the connection string where a password may."""
    places = [found.start() for found in re.finditer(re.escape(token), dsn)]
    hidden = [(at, *span) for at in places for span in spans if at < span[1] and at + len(token) > span[0]]
    if not hidden or len({at for at, *_span in hidden}) < len(places):
        return token
    at, start, end = hidden[0]
    return token[: max(0, start - at)] + MARK + (token[end - at :] if at + len(token) > end else "")
