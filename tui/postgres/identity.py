"""Which server, which history of it, which database: what must be the same before anything is done, or evidence
compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from tui.journal.codes import HoldReason
from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import OtherServer
from tui.postgres.pooler import Pooler, find_pooler
from tui.postgres.session import Session


class TargetIdentity(msgspec.Struct, frozen=True):
    """A target as the server itself names it.

    `system_identifier` is text (64 bits). `postmaster_start` and both parts of `epoch` are UTC text: a
    crash of a single backend restarts the server's memory without a new `postmaster_start`, but changes
    `epoch`. `lsn`: how far its log had been flushed, empty on a standby.
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
    epoch: tuple[str, ...] = ()
    pooler: Pooler = "none"
    lsn: str = ""

    def facts(self) -> dict[str, Any]:
        """What tells the server and database of a witness again."""
        names = ("system_identifier", "timeline", "database", "database_oid", "postmaster_start")
        return {name: getattr(self, name) for name in names}


class OtherTarget(OtherServer):
    """Who answered is not the run's target as it left it. Nothing was done there. `facts`: expected and found."""

    def __init__(self, code: HoldReason, facts: dict[str, Any]) -> None:
        super().__init__(Coded(Remarked.NOT_THE_TARGET))
        self.code = code
        self.facts = facts


_COMPARED = ("system_identifier", "timeline", "database", "database_oid", "in_recovery", "host", "port")


def told(identity: TargetIdentity | Mapping[str, Any]) -> dict[str, Any]:
    """What of an identity is shown where it differs from another one."""
    known = msgspec.to_builtins(identity) if isinstance(identity, TargetIdentity) else identity
    return {name: known[name] for name in _COMPARED if name in known}


def difference(expected: Mapping[str, Any], found: TargetIdentity, *, database: bool = True) -> HoldReason | None:
    """Why `found` is not the target that is expected; None when it is. `database`: whether it has to be the same one.

    The timeline comes last: of a server that differs in nothing else it may be known that nothing was lost.
    """
    if expected.get("system_identifier") != found.system_identifier:
        return HoldReason.OTHER_SERVER
    if found.in_recovery:
        return HoldReason.NOT_THE_PRIMARY
    if database and (expected.get("database"), expected.get("database_oid")) != (found.database, found.database_oid):
        return HoldReason.OTHER_DATABASE
    return HoldReason.OTHER_TIMELINE if expected.get("timeline") != found.timeline else None


async def who(session: Session) -> TargetIdentity:
    """Ask the server who it is, in one question; `epoch` and `pooler` are not asked. Raises StatementFailed where the
    role may not call pg_control_system()."""
    row = (await session.rows("identity"))[0]
    return TargetIdentity(
        system_identifier=row[0],
        # Of the name of the file that is written to; a standby writes none.
        timeline=int(row[2]) if row[1] is None else int(row[1][:8], 16),
        database=row[3],
        database_oid=row[4],
        server_version=row[5],
        server_version_text=row[6],
        postmaster_start=row[7],
        in_recovery=row[8],
        host=session.host,
        port=session.port,
        synchronous_commit=row[9],
        synchronous_standby_names=row[10],
        lsn=row[12] or "",
    )


async def target_identity(
    session: Session, neighbour: Callable[[], Awaitable[Session]] | None = None
) -> TargetIdentity:
    """Ask the server who it is, all of it. `neighbour`: see find_pooler."""
    known = await who(session)
    epoch = (await session.rows("epoch"))[0]
    pooler = await find_pooler(session, neighbour)
    return msgspec.structs.replace(known, epoch=(epoch[0], epoch[1]), pooler=pooler)
