"""What a server says of itself and answers to a session."""

from __future__ import annotations

from typing import Any

import msgspec


class ServerNotice(msgspec.Struct, frozen=True):
    """A message from the server that is no error. `severity` is never translated: WARNING, NOTICE, INFO,
    LOG, DEBUG.
    """

    severity: str
    sqlstate: str | None
    message: str
    detail: str | None = None
    routine: str | None = None
    """The server's function that reports it, which nobody translates."""


class Backend(msgspec.Struct, frozen=True):
    """A server process. `start` is UTC text with microseconds; empty where our role may not see it."""

    pid: int
    start: str
    state: str = ""
    wait_event: str = ""


class ServerMark(msgspec.Struct, frozen=True):
    """Which server a session is connected to, and which life of it. Times are UTC text, the identifier is text.

    A copy of a server has its identifier and its databases' numbers, but was started at another microsecond.
    """

    system_identifier: str
    postmaster_start: str
    database_oid: int
    in_recovery: bool

    def same_server(self, other: ServerMark) -> bool:
        """Whether both are one server in one life of it, whatever the databases."""
        return (self.system_identifier, self.postmaster_start, self.in_recovery) == (
            other.system_identifier,
            other.postmaster_start,
            other.in_recovery,
        )


class Result(msgspec.Struct, frozen=True):
    """What a statement returned: of several sent at once, the last one's.

    `rows` is None when it returns none; `returned` is how many there were, also of those that were not kept. `warnings`
    holds the first 50 of severity WARNING: a COMMIT whose wait for a synchronous standby was cut short succeeds with
    nothing but such a warning (01000).
    """

    rowcount: int
    rows: list[tuple[Any, ...]] | None
    status: str
    warnings: tuple[ServerNotice, ...] = ()
    returned: int = 0


class Printed(msgspec.Struct, frozen=True):
    """An answer as the server prints it: names of the columns, OIDs of their types, values as text, None for NULL.

    `rows` are the first ones; `count` says how many there were.
    """

    columns: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    count: int = 0
