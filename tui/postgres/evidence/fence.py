"""Fences: nothing is decided about an attempt while a backend may still be working on it.

Two advisory keys, both only ever tried and polled. A session of ours that does work takes the *attempt key*
before its first statement and keeps it to its end, so a free key and a vanished backend together say that
it is over.

Children:
- psql takes the attempt key by the SQL of `psql_prelude`, given as its first `-c`, with ON_ERROR_STOP set.
- pg_dump cannot: libpq's PGOPTIONS carries settings and no statements, and pg_dump offers no hook. Its
  backends are tagged by PGAPPNAME (`application_name`) instead. Its fence: end the child's process group,
  then `find_backends(application_name)`, `terminate` each, `wait_until_gone`. A dump changes nothing in the
  database, so what the fence guards is only that two dumps of one step never write the same file.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable
from typing import Literal

from tui.postgres.errors import StatementFailed
from tui.postgres.results import Backend
from tui.postgres.session import Session


def _key(*parts: str) -> int:
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def target_key() -> int:
    """The key of whoever changes this database; advisory locks are per database, so one constant does."""
    return _key("virada", "target")


def way_key() -> int:
    """The key of every run that is in the way of others in this database, held together (`tui.postgres.presence`)."""
    return _key("virada", "way")


def swap_key(database: str) -> int:
    """The key of whoever has another database take this one's name; held in the maintenance database."""
    return _key("virada", "swap", database)


def opening_key() -> int:
    """The key of the one run that is being opened on this database at the moment."""
    return _key("virada", "opening")


def attempt_key(run: str, step: str, attempt: int) -> int:
    """The key of one attempt of one step: 63 bits of a SHA-256, never negative."""
    return _key("virada", "attempt", run, step, str(attempt))


async def try_lock(session: Session, key: int) -> bool:
    """Take the key for the session if it is free. Taken twice it must be released twice."""
    return bool((await session.rows("advisory_try", [key]))[0][0])


async def try_share(session: Session, key: int) -> bool:
    """Take the key together with others that have it so; not while one has it alone."""
    return bool((await session.rows("advisory_share", [key]))[0][0])


async def release(session: Session, key: int) -> bool:
    """Give the key back; False when the session did not hold it (the server warns, too)."""
    return bool((await session.rows("advisory_release", [key]))[0][0])


async def holders(session: Session, key: int) -> list[int]:
    """The pids that hold the key in this database."""
    return [row[0] for row in await session.rows("advisory_holders", [key])]


async def poll_lock(
    session: Session, key: int, deadline: float, interval: float = 0.2, *, shared: bool = False
) -> bool:
    """Try the key until it is ours (`shared`: together with others) or `deadline` (time.monotonic()) has passed. Tries
    at least once."""
    take = try_share if shared else try_lock
    while not await take(session, key):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(interval)
    return True


async def poll_until_free(session: Session, key: int, deadline: float, interval: float = 0.2) -> bool:
    """Was the key free before `deadline` (time.monotonic())? It is taken for an instant and given back."""
    if not await poll_lock(session, key, deadline, interval):
        return False
    await release(session, key)
    return True


def psql_prelude(key: int) -> str:
    """SQL for psql's first `-c`: takes the key for psql's session, or fails, which ON_ERROR_STOP turns into
    the end.
    """
    return (
        "do $virada$ begin if not pg_catalog.pg_try_advisory_lock("
        f"{key:d}) then raise exception 'another backend still works on this attempt' "
        "using errcode = 'lock_not_available'; end if; end $virada$"
    )


async def find_backend(session: Session, pid: int) -> Backend | None:
    """The backend of this pid, or None. Compare `start` before believing that it is the one meant."""
    rows = await session.rows("backend_by_pid", [pid])
    return Backend(*rows[0]) if rows else None


async def find_backends(session: Session, application_name: str) -> list[Backend]:
    """Every client backend with this application name, oldest first; parallel workers belong to their
    leader.
    """
    return [Backend(*row) for row in await session.rows("backends_by_application", [application_name])]


async def terminate(session: Session, backend: Backend) -> bool:
    """End a backend, only if pid and start are both still its own. False when it was gone."""
    rows = await session.rows("backend_terminate", [backend.pid, backend.start])
    return bool(rows and rows[0][0])


async def wait_until_gone(
    session: Session, backends: Iterable[Backend], deadline: float, interval: float = 0.1
) -> list[Backend]:
    """Poll until none of the backends lives or `deadline` (time.monotonic()) has passed; returns those that
    still live.

    A backend leaves pg_stat_activity after its transaction ended and its locks were released. One whose
    start may not be seen counts as living.
    """
    left = list(backends)
    while True:
        alive = []
        for backend in left:
            found = await find_backend(session, backend.pid)
            if found is not None and (found.start in ("", backend.start) or not backend.start):
                alive.append(backend)
        left = alive
        if not left or time.monotonic() >= deadline:
            return left
        await asyncio.sleep(interval)


XidStatus = Literal["committed", "aborted", "in progress", "too old", "in the future", "unknown"]


async def xid_status(session: Session, xid: str) -> XidStatus:
    """What the server says of a transaction id; `unknown` when there is no id to ask about."""
    if not xid:
        return "unknown"
    try:
        status = (await session.rows("xid_status", [xid]))[0][0]
    except StatementFailed as error:
        if error.sqlstate == "22023":
            return "in the future"
        raise
    return "too old" if status is None else status
