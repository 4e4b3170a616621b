"""The right to change the target: an advisory key on the control session, taken by whoever works in its database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from tui.engine.target.access import TargetAccess
from tui.journal.codes import Fact, WaitReason
from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import ConnectionLost, PostgresError, StatementFailed
from tui.postgres.evidence import fence
from tui.postgres.presence import Sighting, sightings
from tui.postgres.session import Session

_PATIENCE: Final = 600.0
_ASK_S: Final = 2.0


def _whose(holders: Sequence[Sighting]) -> dict[str, object]:
    """Who holds the key, as the server knows it: pids, and for each its run, user, address and since when it is there;
    what our role may not see is left out."""
    told = [
        {"pid": seen.pid, "run": seen.run, "user": seen.user, "address": seen.address, "since": seen.since}
        for seen in holders
    ]
    known = [{key: value for key, value in each.items() if value} for each in told]
    return {Fact.HOLDERS: [seen.pid for seen in holders], Fact.HELD_BY: known}


class TargetKey:
    """`tell(reason, facts)` journals that the step waits for the key, or, with NONE, that it no longer does."""

    def __init__(self, target: TargetAccess, tell: Callable[[WaitReason, dict[str, object]], None]) -> None:
        self._target = target
        self._tell = tell
        self._held: Session | None = None

    async def take(self, stop: asyncio.Event) -> None:
        """Take the right to change this database on the control session; polled, never waited for."""
        control = await self._target.control()
        if self._held is control:
            return
        # That its server is gone, and another one in its place, is seen when it is used.
        control = await self._target.renewed()
        deadline = time.monotonic() + _PATIENCE
        waiting = False
        told: dict[str, object] = {}
        holders: list[Sighting] = []
        ask_at = 0.0
        while not await self._taken(control):
            if time.monotonic() >= ask_at:
                # Whoever has it may be another one by now.
                ask_at = time.monotonic() + _ASK_S
                holders = [seen for seen in await sightings(control) if seen.changing]
                facts = _whose(holders)
                if not waiting or facts != told:
                    waiting, told = True, facts
                    self._tell(WaitReason.TARGET_KEY, facts)
            if stop.is_set() or time.monotonic() > deadline:
                names = [seen.run or f"pid {seen.pid}" for seen in holders]
                raise StatementFailed("55P03", Coded(Remarked.TARGET_TAKEN, names=names))
            await asyncio.sleep(0.2)
        self._held = control
        if waiting:
            self._tell(WaitReason.NONE, {})

    async def _taken(self, control: Session) -> bool:
        try:
            return await fence.try_lock(control, fence.target_key())
        except PostgresError:
            raise
        except Exception:
            # Whether it was taken nobody knows: it goes with its session, or it would keep other runs out.
            await control.close()
            raise

    async def require(self) -> None:
        """Ask the server whether the right to change the target is still ours. Raises ConnectionLost when it is gone
        with its session, which says how that was lost.

        A control session that was opened again in the meantime does not have it, and one that was ended from outside
        looks alive until it is used.
        """
        if self._held is None:
            return
        try:
            if self._held.backend.pid in await fence.holders(self._held, fence.target_key()):
                return
        except PostgresError:
            pass
        how = self._held.lost
        said = Coded(Remarked.CONTROL_LOST)
        raise ConnectionLost(said, None if how is None else how.sqlstate, None if how is None else how.postmaster_start)

    async def release(self) -> None:
        """Give it back."""
        held, self._held = self._held, None
        if held is None or held.closed:
            return
        try:
            await fence.release(held, fence.target_key())
        except PostgresError:
            pass
        except Exception:
            await held.close()
            raise
