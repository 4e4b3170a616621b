"""A target resolved once: libpq's parameters out of connection string, service file and environment, by libpq's own
order. Sessions and programs get the outcome, so that none of them looks anything up again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from tui.postgres.conninfo.connection_string import keywords, parse, refuse_mistakes
from tui.postgres.conninfo.service_file import HasLdap, in_directory, read_service

_FILES = ("passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir")


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """`parameters` by libpq's names, passwords included. `service`: what is left for libpq to look up. `dsn`: what
    errors must not repeat."""

    parameters: dict[str, str]
    service: dict[str, str] = {}
    dsn: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that are never written down."""
        names = ("password", "sslpassword", "oauth_client_secret", "scram_client_key")
        return tuple(self.parameters[name] for name in names if self.parameters.get(name))


@contextmanager
def without_service_variable() -> Iterator[None]:
    """Without PGSERVICE in this process: the driver's libpq would look the service up once more, and does not find one
    that this machine keeps where the driver's builder did not expect it. Whoever resolves has copied the environment
    before."""
    kept = os.environ.pop("PGSERVICE", None)
    try:
        yield
    finally:
        if kept is not None:
            os.environ["PGSERVICE"] = kept


def resolve(dsn: str, environment: Mapping[str, str]) -> Resolved:
    """The parameters that `dsn` means in this environment: its own first, then its service's, then the variables.

    Raises ConnectFailed, whose text never holds a value. Empty variables count as unset.
    """
    found = parse(dsn)
    sources: dict[str, str] = {}
    kept: dict[str, str] = {}
    variables = {keyword: variable for keyword, variable in keywords().items() if variable is not None}
    service = found.get("service") or environment.get("PGSERVICE")
    if service:
        try:
            named = read_service(service, environment, found.get("servicefile"), keywords())
        except HasLdap:
            # libpq asks the directory itself, if it was built with what that needs.
            named, kept = {}, {"service": service}
        for keyword, value in named.items():
            if keyword not in found:
                found[keyword], sources[keyword] = value, f"service {service}"
    for keyword, variable in variables.items():
        if keyword not in found and keyword not in ("service", "servicefile") and environment.get(variable):
            found[keyword], sources[keyword] = environment[variable], variable
    for keyword in ("service", "servicefile"):
        found.pop(keyword, None)
    refuse_mistakes(found, sources, dsn)
    for keyword in _FILES:
        if found.get(keyword):
            found[keyword] = in_directory(found[keyword], environment)
    return Resolved(parameters=found, service=kept, dsn=dsn)
