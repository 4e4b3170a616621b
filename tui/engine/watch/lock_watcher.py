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
    """`backends`: server processes that work for running steps, to (step, attempt). `give_way`: called for an attempt
    that waits for a lock while too many sessions queue behind it."""

    def __init__(
        self,
        recorder: Recorder,
        logbook: Logbook,
        backends: Callable[[], dict[int, tuple[str, int]]],
        give_way: Callable[[tuple[str, int]], Awaitable[None]],
    ) -> None:
        self._recorder = recorder
        self._logbook = logbook
        self._backends = backends
        self._give_way = give_way

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
        from tui.postgres.progress import progress

        for found in await progress(monitor, list(backends)):
            step, attempt = backends[found.pid]
            if KINDS[self._recorder.state.steps[step].step.kind].own_progress:
                continue
            self._logbook.append(
                StepProgress(
                    step=step, attempt=attempt, phase=f"{found.command}: {found.phase}",
                    done=None if found.done is None else float(found.done),
                    total=None if found.total is None else float(found.total), unit=found.unit,
                )
            )  # fmt: skip


def _too_many(blocked: list[Any]) -> bool:
    longest = max((b.waiting_s or 0.0 for b in blocked), default=0.0)
    return len(blocked) > QUEUE_SESSIONS or longest > QUEUE_SECONDS
