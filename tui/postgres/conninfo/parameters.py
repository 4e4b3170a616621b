"""Where to connect, and with which safety: libpq's parameters and the session's own settings, as plain
mappings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from tui.plan.model import BRIEF
from tui.postgres.conninfo.keepalives import keepalives, server_settings
from tui.postgres.conninfo.resolve import Resolved

Purpose = Literal["control", "work", "monitor"]
CONNECT_TIMEOUT = "10"
_NAME_BYTES = 63


class WorkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a step asks of the session that does its work. Times in milliseconds; 0 switches a limit off.
    `tolerate_s`: seconds for which the other side may be silent."""

    lock_timeout_ms: int = 500
    statement_timeout_ms: int = 0
    idle_in_transaction_ms: int = 60_000
    row_security: bool = False
    read_only: bool = False
    role: str | None = None
    search_path: str | None = None
    tolerate_s: float = BRIEF


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


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A server as libpq knows it after connecting: the very one, beside the name that certificates and GSSAPI go by.

    `host` is None where the parameters name none; a Unix socket's directory stands in `host`, without a `hostaddr`.
    """

    host: str | None
    hostaddr: str | None
    port: str
    user: str
    dbname: str

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that lead there and nowhere else."""
        found = {"port": self.port, "user": self.user, "dbname": self.dbname}
        if self.host is not None:
            found["host"] = self.host
        if self.hostaddr is not None:
            found["hostaddr"] = self.hostaddr
        return found


def pinned(parameters: Mapping[str, str], address: Address | None) -> dict[str, str]:
    """The parameters with one server in place of all that they name."""
    if address is None:
        return dict(parameters)
    places = ("host", "hostaddr", "port", "load_balance_hosts")
    return {name: value for name, value in parameters.items() if name not in places} | address.parameters


def connection_parameters(
    resolved: Resolved,
    *,
    purpose: Purpose,
    name: str,
    address: Address | None = None,
    attributes: str = "primary",
    tolerate: float = BRIEF,
) -> dict[str, str]:
    """libpq's parameters for a session: the target's own, ours where it is silent or where ours protect.

    `address`: the server to which the control session is connected, once there is one. `tolerate`: for how many seconds
    it may be silent.
    """
    found = pinned(resolved.parameters, address) | resolved.service
    found |= {"application_name": name, "client_encoding": "UTF8"} | keepalives(tolerate)
    found.setdefault("connect_timeout", CONNECT_TIMEOUT)
    # "primary" and not "read-write": a database that is quiesced with default_transaction_read_only is
    # still the one meant, and a session of ours switches that off for itself.
    several = len(hosts(found)) > 1 or "service" in found
    if attributes == "standby":
        # One that turns out to be none is told so with its reason, and not by libpq.
        found["target_session_attrs"] = "prefer-standby" if several else "any"
    elif (purpose != "monitor" or several) and found.get("target_session_attrs") != "read-write":
        found["target_session_attrs"] = "primary"
    return found


def hosts(parameters: Mapping[str, str]) -> list[str]:
    """The hosts that are tried one after the other."""
    return (parameters.get("host") or parameters.get("hostaddr") or "").split(",")


def session_settings(purpose: Purpose, work: WorkSettings | None) -> dict[str, str]:
    """Settings of the session itself, by name. Those that a server does not know are left out by the
    caller.
    """
    settings = server_settings(BRIEF if work is None else work.tolerate_s) | {
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
    settings |= {"default_transaction_read_only": "off", "synchronous_commit": "on"}
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
        "default_transaction_read_only": "on" if wanted.read_only else "off",
    }
    return settings


def milliseconds(seconds: float | None) -> int:
    """Whole milliseconds; 0, which to the server means no limit, for None and 0 alone."""
    return max(1, round(seconds * 1000)) if seconds else 0
