"""One look at the server per tick: connections, waits, rates, lag. Every figure carries the host it was
measured on.
"""

from __future__ import annotations

import msgspec

from tui.plan.metrics import METRICS, Metric, MetricUnit, Origin, told_by
from tui.postgres.errors import StatementFailed
from tui.postgres.session import Session

# The database's size walks its directory; once in so many seconds is enough.
_SIZE_EVERY_S = 30.0
# Of WAL every file is looked at, of which there may be thousands.
_WAL_EVERY_S = 5.0
SLOT_METRIC = "wal_kept_by_slots"
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


class ServerSample(msgspec.Struct, frozen=True, kw_only=True):
    """A tick. `told`: what the server tells by the names of metrics, counters too. `figures`: the metrics among it that
    are known. A rate needs a previous sample; what a role may not see, or a server lacks, is not there.

    Seconds and bytes throughout. `source` is host:port of the server that answered; `partial` says that
    sessions of other roles were hidden (pg_monitor is missing), so that counts by state are lower bounds. `wal`: what
    its files tell, looked at every few seconds; None where the role may not see them. `slot`: the replication slot that
    keeps most WAL.
    """

    source: str
    at: float
    connections: int
    connections_usable: int
    told: dict[str, float]
    figures: dict[str, float]
    replicas: tuple[Replica, ...]
    database_bytes: int | None
    database_bytes_at: float
    partial: bool
    wal: dict[str, float] | None = None
    wal_at: float = 0.0
    slot: str | None = None

    def source_of(self, metric: str) -> str:
        """Where a metric was measured; of what a slot keeps with the slot."""
        return f"{self.source}, slot {self.slot}" if self.slot and metric == SLOT_METRIC else self.source


async def sample(monitor: Session, previous: ServerSample | None) -> ServerSample:
    """Take a tick. Reads statistics only and never waits for a lock longer than the monitor's 100 ms.

    Raises StatementFailed or ConnectionLost; a missing tick is a fact, too.
    """
    at, connections, usable, partial, figures, slot = (await monitor.rows("sample"))[0]
    told = msgspec.json.decode(figures, type=dict[str, float])
    size, size_at = (None, at) if previous is None else (previous.database_bytes, previous.database_bytes_at)
    if previous is None or at - previous.database_bytes_at >= _SIZE_EVERY_S:
        size, size_at = await _size(monitor), at
    wal, wal_at = (None, 0.0) if previous is None else (previous.wal, previous.wal_at)
    if previous is None or at - previous.wal_at >= _WAL_EVERY_S:
        wal, wal_at = await _wal(monitor), at
    replicas = await _replicas(monitor, at, previous)
    found = {name: _known(METRICS[name], value, at, previous, partial) for name, value in told.items()}
    found |= {"connections": connections / usable, "replicas": float(len(replicas))} | _lag(replicas)
    found |= wal or {}
    return ServerSample(
        source=f"{monitor.host}:{monitor.port}", at=at, connections=connections, connections_usable=usable, told=told,
        figures={name: value for name, value in found.items() if value is not None}, replicas=replicas,
        database_bytes=size, database_bytes_at=size_at, partial=partial, wal=wal, wal_at=wal_at, slot=slot,
    )  # fmt: skip


def _known(metric: Metric, value: float, at: float, previous: ServerSample | None, partial: bool) -> float | None:
    """The metric's value now. What is counted since the run looks is not known to one sample."""
    if metric.origin is Origin.COUNTS or (metric.origin is Origin.SESSIONS and partial):
        return None
    if metric.unit not in (MetricUnit.A_SECOND, MetricUnit.BYTES_A_SECOND):
        return value
    before, since = (None, 0.0) if previous is None else (previous.told.get(metric.name), at - previous.at)
    # Statistics thrown away by a crash make counters go back: no rate then, instead of a negative one.
    return (value - before) / since if before is not None and since >= SHORTEST and value >= before else None


def _lag(replicas: tuple[Replica, ...]) -> dict[str, float | None]:
    """Of the replica that is furthest behind; None where there is none, or one of them may be that nobody sees."""
    found: dict[str, float | None] = {}
    for name, lags in (("replication_lag", [replica.lag_s for replica in replicas]),
                       ("replication_lag_bytes", [replica.lag_bytes for replica in replicas])):  # fmt: skip
        known = [float(lag) for lag in lags if lag is not None]
        found[name] = max(known) if known and len(known) == len(lags) else None
    return found


async def _replicas(monitor: Session, at: float, previous: ServerSample | None) -> tuple[Replica, ...]:
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


async def _wal(monitor: Session) -> dict[str, float] | None:
    """What the files of WAL tell; None where the role may not see them."""
    try:
        if not (await monitor.rows("wal_visible"))[0][0]:
            return None
        return dict(zip(told_by(Origin.WAL), (await monitor.rows("sample_wal"))[0], strict=True))
    except StatementFailed:
        return None


async def _size(monitor: Session) -> int | None:
    try:
        size: int = (await monitor.rows("database_size"))[0][0]
    except StatementFailed:
        return None
    return size
