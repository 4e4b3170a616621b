"""Which server, which history of it, which database: what must be the same before evidence may be compared."""

from __future__ import annotations

import secrets
from typing import Literal

import msgspec

from tui.postgres.connect import Session

Pooler = Literal["none", "session", "transaction"]


class TargetIdentity(msgspec.Struct, frozen=True):
    """A target as the server itself names it.

    `system_identifier` is text (64 bits). `postmaster_start` and both parts of `epoch` are UTC text: a
    crash of a single backend restarts the server's memory without a new `postmaster_start`, but changes
    `epoch`.
    """

    system_identifier: str
    timeline: int
    database: str
    database_oid: int
    server_version: int
    server_version_text: str
    postmaster_start: str
    in_recovery: bool
    host: str
    port: int
    synchronous_commit: str
    synchronous_standby_names: str
    epoch: tuple[str, str]
    pooler: Pooler


async def target_identity(session: Session) -> TargetIdentity:
    """Ask the server who it is. Raises StatementFailed where the role may not call pg_control_system()."""
    row = (await session.rows("identity"))[0]
    epoch = (await session.rows("epoch"))[0]
    return TargetIdentity(
        system_identifier=row[0],
        timeline=row[1],
        database=row[2],
        database_oid=row[3],
        server_version=row[4],
        server_version_text=row[5],
        postmaster_start=row[6],
        in_recovery=row[7],
        host=session.host,
        port=session.port,
        synchronous_commit=row[8],
        synchronous_standby_names=row[9],
        epoch=(epoch[0], epoch[1]),
        pooler=await find_pooler(session),
    )


async def find_pooler(session: Session) -> Pooler:
    """Is there a pooler between us and the server, and may a session's state get lost in it?

    `transaction`: a mark set in the session is lost, or the backend changes from one statement to the next;
    locks, settings and evidence tied to a session are then void and a direct connection is needed.
    `session`: the pid the connection announced is not the backend's, yet state stayed; a quiet transaction
    pooler looks like this too.
    """
    mark = secrets.token_hex(8)
    pids = {(await session.rows("probe_set", [mark]))[0][1]}
    kept = True
    for _turn in range(4):
        found, pid = (await session.rows("probe_get"))[0]
        pids.add(pid)
        kept = kept and found == mark
    if not kept or len(pids) > 1:
        return "transaction"
    return "none" if pids == {session.announced_pid} else "session"
