"""Is there a pooler between us and the server, and may what belongs to a session get lost in it?"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from tui.postgres.errors import ConnectFailed, PostgresError
from tui.postgres.session import Session

Pooler = Literal["none", "session", "transaction", "statement", "unknown"]
SETTLED: Final[tuple[Pooler, ...]] = ("none", "session")
"""Where a session keeps its server to itself, with its settings, its keys and its pid."""
_TURNS = 4
_MORE_TURNS, _MORE_S = 24, 0.5
"""Further turns, and for how long: in a busy pool two sessions meet their own servers a few times by chance."""
_PATIENCE = 3.0
"""Seconds for a second session to get a server: a pool that is used up lets it wait."""


async def find_pooler(session: Session, neighbour: Callable[[], Awaitable[Session]] | None = None) -> Pooler:
    """What stands in between, by its ways. `neighbour` opens a second session to the same place, without settings.

    `none`: the pid that the connection announced is the backend's. A pooler announces one of its own. Then, `session`:
    two sessions that take turns keep a backend each. `transaction`: a mark set in the session is lost, its backend
    changes, or both sessions meet the same one; locks, settings and evidence tied to a session are then void and a
    direct connection is needed. `statement`: it refuses to begin a transaction. `unknown`: a second session was not to
    be had. Nothing but a setting of ours (`virada.probe`) is changed.
    """
    mark = secrets.token_hex(8)
    pids = {(await session.rows("probe_set", [mark]))[0][1]}
    kept = True
    for _turn in range(_TURNS):
        found, pid = (await session.rows("probe_get"))[0]
        pids.add(pid)
        kept = kept and found == mark
    if not kept or len(pids) > 1:
        return "transaction"
    if pids == {session.announced_pid}:
        return "none"
    if neighbour is None:
        return "unknown"
    try:
        other = await asyncio.wait_for(neighbour(), _PATIENCE)
    except (TimeoutError, ConnectFailed):
        return "unknown"
    try:
        return await asyncio.wait_for(_take_turns(session, other, mark, pids), _PATIENCE)
    except TimeoutError:
        # All servers of the pool are lent out, for sessions or for transactions: which, cannot be seen.
        return "unknown"
    finally:
        await other.close()


async def _take_turns(session: Session, other: Session, mark: str, ours: set[int]) -> Pooler:
    """A quiet transaction pooler lends the session's backend to the other one as soon as it is idle; while that one is
    in a transaction, the session gets another backend."""
    theirs: set[int] = set()
    began = time.monotonic()
    for turn in range(_TURNS + _MORE_TURNS):
        if turn >= _TURNS and time.monotonic() - began > _MORE_S:
            break
        try:
            await other.execute("begin")
        except PostgresError:
            return "statement"
        theirs.add((await other.rows("probe_get"))[0][1])
        if ours & theirs:
            return "transaction"
        found, pid = (await session.rows("probe_get"))[0]
        ours = ours | {pid}
        if found != mark or ours & theirs or len(ours) > 1:
            return "transaction"
        await other.execute("commit")
        theirs.add((await other.rows("probe_get"))[0][1])
        if ours & theirs or len(theirs) > 1:
            return "transaction"
    return "session"
