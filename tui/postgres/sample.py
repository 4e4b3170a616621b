"""One look at the server per tick: connections, waits, rates, lag. Every figure carries the host it was
measured on.
"""

from __future__ import annotations

import msgspec

from tui.postgres.connect import Session
from tui.postgres.errors import StatementFailed

# The database's size walks its directory; once in so many seconds is enough.
_SIZE_EVERY_S = 30.0
SHORTEST = 0.5
"""Seconds from one sample to the next that a rate needs: over less it says more of chance than of the server."""


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """What replicates from the server; what only receives WAL is none. `lag_s` is None where a role may not see it
    (`hidden`), and before the replica has said where it is.

    `replayed`: how far it has come, as WAL position; `since`: when (by the server's clock) it was first seen there
    with something left to replay. Its own clock, with which its replies are stamped, may go wrong by more than a lag
    that matters.
    """

    pid: int
    name: str
    lag_s: float | None
    lag_bytes: int | None
    replayed: str
    since: float
    hidden: bool = False


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A tick. Rates need a previous one and are None without; so is what a role may not see or a server
    lacks.

    Seconds and bytes throughout. `source` is host:port of the server that answered; `partial` says that
    sessions of other roles were hidden (pg_monitor is missing), so that counts by state are lower bounds.
    """

    source: str
    at: float
    connections: int
    connections_usable: int
    active: int
    waiting_on_locks: int
    idle_in_transaction: int
    oldest_idle_in_transaction_s: float | None
    oldest_transaction_s: float | None
    transactions: int
    deadlocks: int
    wal_bytes: int
    tps: float | None
    wal_bytes_per_s: float | None
    replicas: tuple[Replica, ...]
    database_bytes: int | None
    database_bytes_at: float
    partial: bool
    locks: int

    @property
    def replication_lag_s(self) -> float | None:
        """Of the replica that is furthest behind; None where there is none, or one of them may be that nobody sees."""
        if any(replica.lag_s is None for replica in self.replicas):
            return None
        return max((r.lag_s for r in self.replicas if r.lag_s is not None), default=None)

    @property
    def replication_lag_bytes(self) -> int | None:
        """As `replication_lag_s`."""
        if any(replica.lag_bytes is None for replica in self.replicas):
            return None
        return max((r.lag_bytes for r in self.replicas if r.lag_bytes is not None), default=None)


async def sample(monitor: Session, previous: Sample | None) -> Sample:
    """Take a tick. Reads statistics only and never waits for a lock longer than the monitor's 100 ms.

    Raises StatementFailed or ConnectionLost; a missing tick is a fact, too.
    """
    row = (await monitor.rows("sample"))[0]
    at, transactions, wal = row[0], row[8], row[10]
    since = None if previous is None else at - previous.at
    fresh = previous is not None and since is not None and since >= SHORTEST
    size, size_at = (None, at) if previous is None else (previous.database_bytes, previous.database_bytes_at)
    if previous is None or at - previous.database_bytes_at >= _SIZE_EVERY_S:
        size, size_at = await _size(monitor), at
    return Sample(
        source=f"{monitor.host}:{monitor.port}",
        at=at,
        connections=row[1],
        connections_usable=row[2],
        active=row[3],
        waiting_on_locks=row[4],
        idle_in_transaction=row[5],
        oldest_idle_in_transaction_s=row[6],
        oldest_transaction_s=row[7],
        transactions=transactions,
        deadlocks=row[9],
        wal_bytes=wal,
        # Statistics thrown away by a crash make counters go back: no rate then, instead of a negative one.
        tps=_rate(transactions, previous.transactions, since) if fresh and previous else None,
        wal_bytes_per_s=_rate(wal, previous.wal_bytes, since) if fresh and previous else None,
        replicas=await _replicas(monitor, at, previous),
        database_bytes=size,
        database_bytes_at=size_at,
        partial=row[11],
        locks=row[12],
    )


def _rate(now: int, before: int, seconds: float | None) -> float | None:
    return (now - before) / seconds if seconds and now >= before else None


async def _replicas(monitor: Session, at: float, previous: Sample | None) -> tuple[Replica, ...]:
    known = {} if previous is None else {r.pid: r for r in previous.replicas}
    found = []
    for pid, name, replay_lag, behind, replayed, hidden in await monitor.rows("replicas"):
        before = known.get(pid)
        stuck = before is not None and before.replayed == replayed and bool(before.lag_bytes)
        since = before.since if stuck and before is not None else at
        lag = None
        if behind is not None:
            # The server's figure stays what it was when the replica last answered: one that is silent or gone looks as
            # fast as it was, and one that has caught up and is idle as slow.
            lag = 0.0 if behind == 0 else max(replay_lag or 0.0, at - since)
        found.append(
            Replica(pid=pid, name=name, lag_s=lag, lag_bytes=behind, replayed=replayed, since=since, hidden=hidden)
        )
    return tuple(found)


async def _size(monitor: Session) -> int | None:
    try:
        size: int = (await monitor.rows("database_size"))[0][0]
    except StatementFailed:
        return None
    return size
