"""Who holds the lock that a statement waits for, seen while it waits.

A lock timeout of a tenth of a second is over before the sampler looks again, and after it the server remembers neither
the lock nor its holder. So a statement under a lock timeout is watched closely for as long as it runs.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import replace

from tui.engine.target.access import TargetAccess
from tui.journal.codes import WaitReason
from tui.journal.line import JournalError
from tui.postgres.errors import PostgresError
from tui.postgres.locks import Blocker, lock_tree
from tui.steps.effects import SqlError

LOOKS: Final = 3
"""Looks within one lock timeout, so that a wait that ends by it is met."""
_SHORTEST, _LONGEST = 0.03, 1.0
_KEPT = 8


def tree_facts(tree: Iterable[Blocker], pid: int) -> dict[str, Any]:
    """The facts of a waiting event: us, who blocks us, whom we block; each list cut to what can be shown."""
    found = list(tree)
    blocked = [b for b in found if b.side == "blocked_by_us"]
    return {
        "ours": [to_builtins(b) for b in found if b.pid == pid],
        "blockers": [to_builtins(b) for b in found if b.side == "blocks_us"][:_KEPT],
        "blocked": [to_builtins(b) for b in blocked[:_KEPT]], "blocked_count": len(blocked),
    }  # fmt: skip


def wait_reason(tree: Iterable[Blocker], pid: int) -> WaitReason:
    """Why a backend of ours waits: for a lock, or, in the middle of a concurrent command, for the end of a transaction
    that is older than it and holds nothing that it wants."""
    ours = [b for b in tree if b.pid == pid and b.waits_for]
    if not ours:
        return WaitReason.NONE
    kind = ours[0].wanted.rpartition(" ")[2]
    concurrent = "concurrently" in ours[0].query.lower()
    old = kind == "virtualxid" or (kind == "transactionid" and concurrent)
    return WaitReason.OLD_TRANSACTION if old else WaitReason.LOCK


class LockHolders:
    """`tell(reason, facts)` journals that the step waits for a lock, or, without a reason, that it no longer does."""

    def __init__(self, target: TargetAccess, tell: Callable[[WaitReason, dict[str, object]], None]) -> None:
        self._target = target
        self._tell = tell
        self._blockers: tuple[Blocker, ...] = ()
        self._wanted = ""
        self.waited = -math.inf
        """When the statement was seen to wait the last time, by time.monotonic()."""

    @property
    def facts(self) -> dict[str, Any]:
        """What was wanted and who held it when it was last seen in this attempt; empty when nobody was."""
        if not self._blockers:
            return {}
        return {"wanted": self._wanted, "blockers": [to_builtins(b) for b in self._blockers[:_KEPT]]}

    def beside(self, error: SqlError) -> SqlError:
        """The error of a lock that was not to be had, with whose it was; any other as it is."""
        return replace(error, lock=self.facts) if error.sqlstate == "55P03" else error

    def forget(self) -> None:
        """What comes next waits for another lock."""
        self._blockers, self._wanted = (), ""

    @asynccontextmanager
    async def over(self, pid: int, lock_timeout: float | None) -> AsyncIterator[None]:
        """Watch a backend for as long as the block takes; one that waits without an end is left to the sampler."""
        if not lock_timeout:
            yield
            return
        pause = min(_LONGEST, max(_SHORTEST, lock_timeout / LOOKS))
        watching = asyncio.ensure_future(self._watch(pid, pause))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self, pid: int, pause: float) -> None:
        told = False
        while True:
            await asyncio.sleep(pause)
            try:
                reason, waits = await self._look(pid)
                # How a long wait goes on is the sampler's to tell, once a second.
                if waits and not told:
                    self._tell(reason, waits)
                elif told and not waits:
                    self._tell(WaitReason.NONE, {})
                told = bool(waits)
            except PostgresError:
                # A server too busy to say is asked again; the statement is not disturbed by it.
                continue
            except JournalError:
                # The engine's own next event meets the same failure and says so.
                return

    async def _look(self, pid: int) -> tuple[WaitReason, dict[str, Any]]:
        """Why it waits, and the facts; empty when it does not."""
        monitor = await self._target.monitor()
        rows = await monitor.rows("backend_waits", [pid])
        if not rows or not rows[0][0]:
            return WaitReason.NONE, {}
        tree = await lock_tree(monitor, [pid])
        ours = [b for b in tree if b.pid == pid and b.waits_for]
        if not ours:
            return WaitReason.NONE, {}
        self.waited = time.monotonic()
        self._wanted, self._blockers = ours[0].wanted, tuple(b for b in tree if b.side == "blocks_us")
        return wait_reason(tree, pid), tree_facts(tree, pid)
