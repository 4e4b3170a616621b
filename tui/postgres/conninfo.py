"""Where to connect, and with which safety: libpq's parameters and the session's own settings, as plain
mappings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tui.locale import _
from tui.postgres.errors import ConnectFailed

Purpose = Literal["control", "work", "monitor"]
_NAME_BYTES = 63


class WorkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a step asks of the session that does its work. Times in milliseconds; 0 switches a limit off."""

    lock_timeout_ms: int = 500
    statement_timeout_ms: int = 0
    idle_in_transaction_ms: int = 60_000
    row_security: bool = False
    role: str | None = None
    search_path: str | None = None


def application_name(run: str, what: str) -> str:
    """`virada <run> <what>` in printable ASCII and at most 63 bytes: longer names the server would cut
    silently.

    A shortened or transliterated name ends in eight hex digits of the whole, so that two steps never share
    one.
    """
    whole = f"virada {run} {what}"
    plain = re.sub(r"[^\x20-\x7e]", "_", whole)
    if plain == whole and len(whole) <= _NAME_BYTES:
        return whole
    digest = hashlib.sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain[: _NAME_BYTES - 9]}~{digest}"


def connection_parameters(
    dsn: str, *, purpose: Purpose, name: str, environment: Mapping[str, str] | None
) -> dict[str, Any]:
    """libpq's parameters for a session: the target's own, then ours where it is silent or where ours
    protect.

    `environment`, when given, stands in for libpq's PG* variables; a service named in the dsn keeps its own
    values except for the password, which a service file rarely has. Raises ConnectFailed for a dsn that
    cannot be read; its text is not repeated, because it may hold a password.
    """
    import psycopg
    from psycopg import pq

    try:
        found: dict[str, Any] = dict(psycopg.conninfo.conninfo_to_dict(dsn))
    except psycopg.Error:
        raise ConnectFailed(
            _(
                "The connection string of the target cannot be read; it must be libpq's key=value form or a "
                "postgresql:// address. Its text is not shown because it may hold a password."
            )
        ) from None
    variables = {
        option.envvar.decode(): option.keyword.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar is not None
    }
    given = {variables[k]: v for k, v in (environment or {}).items() if k in variables and v}
    if "service" not in found and "service" in given and not found.get("host"):
        found["service"] = given["service"]
    if "service" in found:
        given = {k: v for k, v in given.items() if k in ("password", "passfile", "servicefile")}
    for key, value in given.items():
        found.setdefault(key, value)
    found["application_name"] = name
    found["client_encoding"] = "UTF8"
    # Measured with a silent partition: detected after about 9 s instead of never.
    found.update(keepalives=1, keepalives_idle=5, keepalives_interval=2, keepalives_count=3, tcp_user_timeout=8000)
    found.setdefault("connect_timeout", 10)
    # "primary" and not "read-write": a database that is quiesced with default_transaction_read_only is
    # still the one meant, and a session of ours switches that off for itself.
    several = "service" in found or "," in str(found.get("host") or found.get("hostaddr") or "")
    if (purpose != "monitor" or several) and found.get("target_session_attrs") != "read-write":
        found["target_session_attrs"] = "primary"
    return found


def session_settings(purpose: Purpose, work: WorkSettings | None) -> dict[str, str]:
    """Settings of the session itself, by name. Those that a server does not know are left out by the
    caller.
    """
    settings = {
        # The server must notice a dead client as fast as the client a dead server, or locks outlive their
        # owner.
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "9000",
        "client_connection_check_interval": "1000",
        "idle_session_timeout": "0",
        "transaction_timeout": "0",
        "row_security": "off",
    }
    if purpose == "monitor":
        return settings | {
            "default_transaction_read_only": "on",
            "lock_timeout": "100",
            "statement_timeout": "2000",
            "idle_in_transaction_session_timeout": "5000",
        }
    settings["default_transaction_read_only"] = "off"
    if purpose == "control":
        return settings | {
            "lock_timeout": "2000",
            "statement_timeout": "30000",
            "idle_in_transaction_session_timeout": "30000",
        }
    wanted = work if work is not None else WorkSettings()
    settings |= {
        "lock_timeout": str(wanted.lock_timeout_ms),
        "statement_timeout": str(wanted.statement_timeout_ms),
        "idle_in_transaction_session_timeout": str(wanted.idle_in_transaction_ms),
        "row_security": "on" if wanted.row_security else "off",
    }
    return settings
