"""The lock tree around our sessions: who blocks us, whom we block, through how many hands, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from tui.postgres.connect import Session

Side = Literal["ours", "blocks_us", "blocked_by_us"]


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the tree. Ages are seconds by the server's clock, None where unknown or not visible.

    `depth`: 0 for ours, 1 for a direct neighbour, and so on. `waits_for`: the pids this one waits for, 0
    for a prepared transaction. `wanted`: mode and relation of the lock it waits for. `held`: up to five
    table locks it holds, the strongest first. `query` is the server's text: hostile, possibly cut.
    """

    pid: int
    side: Side
    depth: int
    waits_for: tuple[int, ...]
    application: str
    user: str
    database: str
    state: str
    wait_event: str
    query: str
    state_age_s: float | None
    transaction_age_s: float | None
    waiting_s: float | None
    wanted: str
    held: tuple[str, ...]


async def lock_tree(monitor: Session, pids: Iterable[int]) -> tuple[Blocker, ...]:
    """Our `pids` and everyone connected with them by waiting, nearest first. Empty when nobody waits or is
    waited for.

    Never blocks: the monitor's own limits hold, and only catalogs are read. Raises StatementFailed (57014,
    55P03) when the server is too busy to say.
    """
    ours = set(pids)
    edges: dict[int, tuple[int, ...]] = {row[0]: tuple(sorted(set(row[1]))) for row in await monitor.rows("lock_edges")}
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
        side, depth = place[row[0]]
        found[row[0]] = Blocker(
            pid=row[0],
            side=side,
            depth=depth,
            waits_for=edges.get(row[0], ()),
            application=row[1],
            user=row[2],
            database=row[3],
            state=row[4],
            wait_event=row[5],
            query=row[6],
            state_age_s=row[7],
            transaction_age_s=row[8],
            waiting_s=row[9],
            wanted=" ".join(part for part in (row[10], row[12] or row[11]) if part),
            held=tuple(held.get(row[0], [])[:5]),
        )
    if 0 in place:
        found[0] = _prepared(*place[0])
    order = {"ours": 0, "blocks_us": 1, "blocked_by_us": 2}
    return tuple(sorted(found.values(), key=lambda b: (order[b.side], b.depth, b.pid)))


def _reach(start: set[int], neighbours: Callable[[int], Iterable[int]]) -> dict[int, int]:
    """Everything reachable from `start`, which itself is left out, with the number of steps to it."""
    found: dict[int, int] = {}
    frontier, depth = set(start), 0
    while frontier:
        depth += 1
        frontier = {next_ for pid in frontier for next_ in neighbours(pid)} - start - found.keys()
        found |= dict.fromkeys(frontier, depth)
    return found


def _prepared(side: Side, depth: int) -> Blocker:
    """pg_blocking_pids says 0 for a prepared transaction, which has no session."""
    return Blocker(
        pid=0,
        side=side,
        depth=depth,
        waits_for=(),
        application="",
        user="",
        database="",
        state="prepared transaction",
        wait_event="",
        query="",
        state_age_s=None,
        transaction_age_s=None,
        waiting_s=None,
        wanted="",
        held=(),
    )
