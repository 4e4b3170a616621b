"""How a program reaches the server that the control session has: a service of its own, and the settings of a session.

A service holds what no variable can (keepalives), is in no argument, and wins over variables. The password goes by the
environment: tokens are longer than a line of a service file may be, and nothing of it lies on a disk.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tui.plan.model import BRIEF
from tui.postgres.conninfo.connection_string import keywords
from tui.postgres.conninfo.keepalives import keepalives
from tui.postgres.conninfo.parameters import CONNECT_TIMEOUT, Address, WorkSettings, hosts, pinned, session_settings
from tui.postgres.conninfo.service_file import fits
from tui.sql.quoting import literal

SERVICE = "virada"
_SINCE = {
    "require_auth": 16, "sslcertmode": 16, "load_balance_hosts": 16, "gssdelegation": 16, "sslnegotiation": 17,
    "min_protocol_version": 18, "max_protocol_version": 18, "scram_client_key": 18, "scram_server_key": 18,
    "sslkeylogfile": 18, "oauth_issuer": 18, "oauth_client_id": 18, "oauth_client_secret": 18, "oauth_scope": 18,
}  # fmt: skip
"""Parameters by the libpq that first knew them: an older one takes a service file that has them for broken."""
_OWN = ("password", "options", "application_name", "client_encoding", "service", "servicefile")


class ProgramConnection(msgspec.Struct, frozen=True, kw_only=True):
    """What a program is started with. `service`: the section SERVICE of its service file, empty without a target.

    `environment`: variables to set; every other one of libpq's is to be taken away. `statements`: the settings as SQL,
    for psql behind a pooler. `lost`: what of the target's parameters or of the settings this program does not get.
    """

    service: dict[str, str] = {}
    environment: dict[str, str] = {}
    statements: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class KnownConnection(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the target when a program starts; `address` is None as long as nothing answers.

    `known`: the settings that a session of ours has. `options`: whether they can be sent with the
    connection's first packet, which poolers refuse. `encoding`: the database's.
    """

    parameters: Mapping[str, str]
    address: Address | None
    known: Mapping[str, str] = {}
    options: bool = True
    encoding: str = "UTF8"


def program_settings(target: KnownConnection, work: WorkSettings) -> dict[str, str]:
    """The settings of a step's session, as far as the server knows them. What a program does between its statements is
    its own affair, so being idle in a transaction has no limit; that its host is gone is noticed all the same."""
    wanted = session_settings("work", work) | {"idle_in_transaction_session_timeout": "0"}
    wanted["synchronous_commit"] = target.known.get("synchronous_commit", "on")
    found = {name: value for name, value in wanted.items() if name in target.known}
    if work.role is not None:
        found["role"] = work.role
    return found


def program_connection(
    target: KnownConnection, settings: Mapping[str, str], *, application: str, program: str, major: int | None,
    ours: bool, given: Mapping[str, str], standby: bool = False, tolerate: float = BRIEF,
) -> ProgramConnection:  # fmt: skip
    """The way of one program. `major`: of its libpq, None where that is not known. `ours`: one of PostgreSQL's own.

    `given`: variables that the plan sets for it, which a service would otherwise win over. `standby`: it goes to one.
    """
    if "PGSERVICE" in given or "PGSERVICEFILE" in given:
        # A way of its author's own: nothing of ours may be mixed into it.
        return ProgramConnection(environment={"PGAPPNAME": application}, lost=tuple(sorted(settings)))
    taken = {keyword for keyword, variable in keywords().items() if variable is not None and variable in given}
    if taken & {"host", "hostaddr"}:
        taken |= {"host", "hostaddr"}
    parameters = {k: v for k, v in pinned(target.parameters, target.address).items() if k not in taken}
    found = {k: v for k, v in parameters.items() if k not in _OWN} | keepalives(tolerate)
    found.setdefault("connect_timeout", CONNECT_TIMEOUT)
    _ask_for_the_primary(found, target, ours, standby)
    found["application_name"] = application
    environment = {"PGAPPNAME": application}
    if parameters.get("password"):
        environment["PGPASSWORD"] = parameters["password"]
    _encode(target, program, ours, found, environment)
    statements: tuple[str, ...] = ()
    lost: list[str] = []
    options = "" if "PGOPTIONS" in given else parameters.get("options", "")
    if target.options:
        ours_ = " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())
        # What the plan says of this very program comes last.
        options = f"{options} {ours_} {given.get('PGOPTIONS', '')}".strip()
    elif program == "psql" and ours:
        statements = tuple(f"set {name} = {literal(value)}" for name, value in settings.items())
    else:
        lost += sorted(settings)
    if options:
        found["options"] = options
    service = _moved(found, environment, major, lost)
    if not ours:
        # Tools that are not libpq's read variables and know nothing of services.
        for keyword, variable in keywords().items():
            if variable is not None and keyword in service and keyword not in ("options", "hostaddr"):
                environment.setdefault(variable, service[keyword])
    return ProgramConnection(service=service, environment=environment, statements=statements, lost=tuple(lost))


def _ask_for_the_primary(found: dict[str, str], target: KnownConnection, ours: bool, standby: bool) -> None:
    """As sessions do; but a program of the plan's author that names another host may well mean a standby."""
    pinned_down = target.address is not None and len(hosts(found)) == 1
    if standby or (not ours and pinned_down):
        found.pop("target_session_attrs", None)
    elif found.get("target_session_attrs") != "read-write":
        found["target_session_attrs"] = "primary"


def _encode(
    target: KnownConnection, program: str, ours: bool, found: dict[str, str], environment: dict[str, str]
) -> None:
    """A file is in UTF-8 whatever the database is in; a dump is in the database's own encoding, not converted."""
    # Bytes of any kind, which the server would check on their way to a client that says UTF8.
    encoding = "SQL_ASCII" if target.encoding == "SQL_ASCII" else "UTF8"
    if program == "psql":
        found["client_encoding"] = encoding
    elif not ours:
        environment["PGCLIENTENCODING"] = encoding


def _moved(found: dict[str, str], environment: dict[str, str], major: int | None, lost: list[str]) -> dict[str, str]:
    """What of it can stand in the service file; the rest goes by variables where there are some."""
    service: dict[str, str] = {}
    for keyword, value in found.items():
        since = _SINCE.get(keyword, 0)
        if fits(value) and (since == 0 or (major is not None and major >= since)):
            service[keyword] = value
            continue
        variable = keywords().get(keyword)
        if variable is not None:
            environment[variable] = value
        else:
            lost.append(keyword)
    return service


def _escaped(value: str) -> str:
    """A value as the server splits its command line: blanks and backslashes behind a backslash."""
    return "".join(f"\\{c}" if c.isspace() or c == "\\" else c for c in value)


def without_misleading(address: Address, *, addresses: frozenset[str], verified: bool, encrypted: bool) -> Address:
    """The address for a program of the plan's author, which may name another host itself (`psql -h other`): a hostaddr
    beside it would lead it to the target all the same.

    `addresses`: what the host's name means here. It is left out where the name leads to the same address; where it
    means several, the address takes the name's place, unless encryption needs the name. Where the server's name is
    `verified` (certificate, GSSAPI) both stay: another host's name would not pass.
    """
    if address.hostaddr is None or address.host is None or address.host == address.hostaddr:
        return address
    if addresses == {address.hostaddr}:
        return msgspec.structs.replace(address, hostaddr=None)
    if verified:
        return address
    if encrypted:
        return msgspec.structs.replace(address, hostaddr=None)
    return msgspec.structs.replace(address, host=address.hostaddr, hostaddr=None)
