"""Why a running statement does not get on: who waits for whom, and how far the server says it has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tui.engine.recorder import Recorder
from tui.engine.target.lock_holders import tree_facts, wait_reason
from tui.engine.watch.logbook import Logbook
from tui.journal.codes import WaitReason
from tui.journal.events import StepProgress, StepWaiting
from tui.postgres.session import Session
from tui.steps.registry import KINDS

QUEUE_SESSIONS = 10
QUEUE_SECONDS = 2.0
"""While our own lock is not granted, so many sessions behind it, or one for so long, are too many."""


class LockWatcher:
    """`backends`: server processes that work for running steps, to (step, attempt); `places`: which statement of how
    many each attempt is at. `give_way`: called for an attempt that waits for a lock while too many sessions queue
    behind it."""

    def __init__(
        self,
        recorder: Recorder,
        logbook: Logbook,
        backends: Callable[[], dict[int, tuple[str, int]]],
        places: Callable[[], dict[tuple[str, int], tuple[int, int]]],
        give_way: Callable[[tuple[str, int]], Awaitable[None]],
    ) -> None:
        self._recorder = recorder
        self._logbook = logbook
        self._backends = backends
        self._places = places
        self._give_way = give_way
        self._wal: dict[tuple[str, int], int] = {}

    async def look(self, monitor: Session) -> None:
        """Journal what changed; costs nothing while no step works in the database."""
        from tui.postgres.locks import lock_tree

        backends = self._backends()
        if not backends:
            return
        tree = await lock_tree(monitor, backends)
        for pid, key in backends.items():
            blocked = [b for b in tree if b.side == "blocked_by_us"]
            waits = wait_reason(tree, pid)
            reason = waits or (WaitReason.BLOCKS_OTHERS if blocked else WaitReason.NONE)
            at = self._recorder.state.steps.get(key[0])
            if at is None or at.status != "running" or (not reason and at.waiting is None):
                continue
            if at.waiting not in (None, WaitReason.LOCK, WaitReason.OLD_TRANSACTION, WaitReason.BLOCKS_OTHERS):
                # Between two tries for a lock, say: nothing of ours waits in the database.
                continue
            facts = tree_facts(tree, pid) if reason else {}
            if waits and _too_many(blocked):
                await self._give_way(key)
            self._logbook.append(StepWaiting(step=key[0], attempt=key[1], reason=reason, facts=facts))
        await self._progress(monitor, backends)

    async def _progress(self, monitor: Session, backends: dict[int, tuple[str, int]]) -> None:
        """How far the server says that each has come; of what it says nothing about, the WAL that is written."""
        from tui.postgres.progress import progress

        told = {backends[found.pid]: found for found in await progress(monitor, list(backends))}
        places = self._places()
        self._wal = {key: began for key, began in self._wal.items() if key in backends.values()}
        for key in dict.fromkeys(backends.values()):
            at = self._recorder.state.steps.get(key[0])
            if at is None or at.waiting is not None or KINDS[at.step.kind].own_progress:
                continue
            number, of = places.get(key, (1, 0))
            beside: dict[str, Any] = {"statement": number, "statements": of} if of > 1 else {}
            found = told.get(key)
            if found is not None:
                beside |= {"phase": f"{found.command}: {found.phase}", "unit": found.unit}
                beside |= {"done": None if found.done is None else float(found.done)}
                beside |= {"total": None if found.total is None else float(found.total)}
            elif rows := await monitor.rows("wal_written"):
                beside["wal_bytes"] = max(0, rows[0][0] - self._wal.setdefault(key, rows[0][0]))
            if beside:
                self._logbook.append(StepProgress(step=key[0], attempt=key[1], **beside))


def _too_many(blocked: list[Any]) -> bool:
    longest = max((b.waiting_s or 0.0 for b in blocked), default=0.0)
    return len(blocked) > QUEUE_SESSIONS or longest > QUEUE_SECONDS
