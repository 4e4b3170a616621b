"""The lock tree around our sessions: who blocks us, whom we block, through how many hands, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec

from tui.postgres.session import Session

Side = Literal["ours", "blocks_us", "blocked_by_us"]


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the tree. Ages are seconds by the server's clock, None where unknown or not visible.

    `depth`: 0 for ours, 1 for a direct neighbour, and so on. `waits_for`: the pids this one waits for, 0
    for a prepared transaction. `wanted`: mode and relation of the lock it waits for. `held`: up to five
    table locks it holds, the strongest first. `query` is the server's text: hostile, possibly cut.

    A prepared transaction has no session: its `pid` is 0, `gid` its name, `transaction_age_s` since it was prepared.
    """

    pid: int
    side: Side
    depth: int
    waits_for: tuple[int, ...] = ()
    application: str = ""
    user: str
    database: str
    state: str
    wait_event: str = ""
    query: str = ""
    state_age_s: float | None
    transaction_age_s: float | None
    waiting_s: float | None = None
    wanted: str = ""
    held: tuple[str, ...] = ()
    gid: str = ""


_SHOWN: Final = Blocker.__struct_fields__[4:13]
"""From `application` to `waiting_s`, as the server is asked for them."""


async def lock_tree(monitor: Session, pids: Iterable[int]) -> tuple[Blocker, ...]:
    """Our `pids` and everyone connected with them by waiting, nearest first. Empty when nobody waits or is
    waited for.

    Never blocks: the monitor's own limits hold, and only catalogs are read. Raises StatementFailed (57014,
    55P03) when the server is too busy to say.
    """
    ours = set(pids)
    edges: dict[int, tuple[int, ...]] = {row[0]: tuple(sorted(set(row[1]))) for row in await monitor.rows("lock_edges")}
    prepared = await _prepared(monitor, edges)
    waiters: dict[int, set[int]] = {}
    for pid, blockers in edges.items():
        for blocker in blockers:
            waiters.setdefault(blocker, set()).add(pid)
    up = _reach(ours, lambda pid: edges.get(pid, ()))
    down = _reach(ours, lambda pid: waiters.get(pid, ()))
    if not up and not down:
        return ()
    place: dict[int, tuple[Side, int]] = dict.fromkeys(ours, ("ours", 0))
    # In a deadlock somebody is on both sides; what blocks us is what matters first.
    place |= {pid: ("blocked_by_us", depth) for pid, depth in down.items()}
    place |= {pid: ("blocks_us", depth) for pid, depth in up.items()}
    held: dict[int, list[str]] = {}
    for pid, mode, relation in await monitor.rows("lock_held", [list(place)]):
        held.setdefault(pid, []).append(f"{mode} {relation}")
    found = {}
    for row in await monitor.rows("lock_sessions", [list(place)]):
        pid, *shown, mode, object_, relation = row
        side, depth = place[pid]
        found[pid] = Blocker(
            pid=pid, side=side, depth=depth, **dict(zip(_SHOWN, shown, strict=True)),
            waits_for=tuple(sorted({max(other, 0) for other in edges.get(pid, ())})),
            wanted=" ".join(part for part in (mode, relation or object_) if part), held=tuple(held.get(pid, [])[:5]),
        )  # fmt: skip
    for pid, (gid, user, database, age) in prepared.items():
        if pid in place:
            found[pid] = _sessionless(*place[pid], gid, user, database, age)
    order = {"ours": 0, "blocks_us": 1, "blocked_by_us": 2}
    return tuple(sorted(found.values(), key=lambda b: (order[b.side], b.depth, b.pid, b.gid)))


_Prepared = tuple[str, str, str, float | None]


async def _prepared(monitor: Session, edges: dict[int, tuple[int, ...]]) -> dict[int, _Prepared]:
    """Gid, owner, database and age of the prepared transactions somebody waits for, by a number below 0 that takes
    their place in `edges`, which knows them as 0. One that ended meanwhile, or that may not be seen, keeps the 0."""
    waiting = [pid for pid, blockers in edges.items() if 0 in blockers]
    if not waiting:
        return {}
    numbers: dict[str, int] = {}
    found: dict[int, _Prepared] = {}
    behind: dict[int, set[int]] = {}
    for pid, gid, owner, database, age, wanted, held in await monitor.rows("lock_prepared", [waiting]):
        if not _conflict(wanted, held):
            continue
        number = numbers.setdefault(gid, -1 - len(numbers))
        found[number] = (gid, owner, database, age)
        behind.setdefault(pid, set()).add(number)
    for pid in waiting:
        others = {blocker for blocker in edges[pid] if blocker}
        edges[pid] = tuple(sorted(others | behind.get(pid, {0})))
    if any(0 in edges[pid] for pid in waiting):
        found[0] = ("", "", "", None)
    return found


_ORDER: Final = (
    "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
    "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
_CONFLICTS: Final = (
    {7}, {6, 7}, {4, 5, 6, 7}, {3, 4, 5, 6, 7}, {2, 3, 5, 6, 7}, {2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7},
    {0, 1, 2, 3, 4, 5, 6, 7},
)  # fmt: skip


def _conflict(wanted: str, held: str) -> bool:
    """Whether one mode of a lock keeps the other out, by the server's table."""
    if wanted not in _ORDER or held not in _ORDER:
        return True
    return _ORDER.index(held) in _CONFLICTS[_ORDER.index(wanted)]


def _reach(start: set[int], neighbours: Callable[[int], Iterable[int]]) -> dict[int, int]:
    """Everything reachable from `start`, which itself is left out, with the number of steps to it."""
    found: dict[int, int] = {}
    frontier, depth = set(start), 0
    while frontier:
        depth += 1
        frontier = {next_ for pid in frontier for next_ in neighbours(pid)} - start - found.keys()
        found |= dict.fromkeys(frontier, depth)
    return found


def _sessionless(side: Side, depth: int, gid: str, user: str, database: str, age: float | None) -> Blocker:
    """A prepared transaction, which has no session."""
    return Blocker(
        pid=0, side=side, depth=depth, user=user, database=database, state="prepared transaction", state_age_s=age,
        transaction_age_s=age, gid=gid,
    )  # fmt: skip
