"""A server that is away is waited for, by whatever of an attempt meets it: between two statements as within one.

It is away while it cannot be reached, or starts, stops or recovers; that has no limit but a person's patience. A server
that answers and lets nobody in is asked for a minute.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.target.session_loss import TERMINATED, ServerLife
from tui.journal import events as e
from tui.journal.codes import Fact, FailReason, WaitReason
from tui.journal.remarks import Coded, Remarked, neutral
from tui.postgres.errors import ConnectFailed, ConnectionLost, OutOfMemory, PostgresError, UnusableTarget
from tui.postgres.identity import OtherTarget
from tui.probes.tasks import comes

REFUSED_S = 60.0
"""Seconds for which a server is asked again that is there and lets nobody in."""
_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.1, 1.0, 1.5
_GONE: Final = ("08", "57P", "25P03")


def may_be_away(error: PostgresError) -> bool:
    """Whether an error may come of a server that is away, or of a lost connection to it."""
    if isinstance(error, OtherTarget | OutOfMemory | UnusableTarget):
        return False
    return isinstance(error, ConnectFailed | ConnectionLost) or (error.sqlstate or "").startswith(_GONE)


class Outage:
    """Of one attempt. `stop`: nobody waits any longer."""

    def __init__(self, recorder: Recorder, target: TargetAccess, step: str, attempt: int, stop: asyncio.Event) -> None:
        self._recorder = recorder
        self._target = target
        self._step = step
        self._attempt = attempt
        self._stop = stop
        self._life = ServerLife(target)
        self._seen = target.openings
        self._told = False

    async def over(self) -> bool:
        """Wait until the target answers. Whether it was away, or its control session was lost, since this was asked
        last. Raises OtherTarget; PostgresError where it lets nobody in, or nobody waits for it any longer."""
        refused: float | None = None
        pause = _PAUSE
        while True:
            try:
                await self._answered()
                break
            except (OtherTarget, UnusableTarget):
                self._tell(WaitReason.NONE, {})
                raise
            except PostgresError as error:
                here = await self._target.lets_in()
                refused = (refused or time.monotonic()) if here else None
                late = refused is not None and time.monotonic() - refused >= REFUSED_S
                if late or self._stop.is_set():
                    self._tell(WaitReason.NONE, {})
                    raise
                self._tell(WaitReason.SERVER_UNREACHABLE, {Fact.MESSAGE: neutral(error.message)})
                if not await comes(self._stop, pause):
                    pause = min(_LONGEST_PAUSE, pause * _GROWTH)
        away = self._told or self._target.openings != self._seen
        self._seen = self._target.openings
        self._tell(WaitReason.NONE, {})
        return away

    async def was(self) -> bool:
        """`over`; False also where it lets nobody in, or is not waited for any longer. Raises OtherTarget."""
        try:
            return await self.over()
        except OtherTarget:
            raise
        except PostgresError:
            return False

    async def explains(self, error: PostgresError) -> bool:
        """Whether the target was away, which it is no longer, so that what met this error may be asked anew; False also
        where it is not waited for any longer. Raises OtherTarget."""
        if not may_be_away(error):
            return False
        if error.sqlstate != TERMINATED:
            return await self.was()
        try:
            return await self._restarted(error)
        except OtherTarget:
            raise
        except PostgresError:
            return False

    async def _restarted(self, error: PostgresError) -> bool:
        """Whether a session that was ended by an administrator's command was ended with its server."""
        deadline = time.monotonic() + REFUSED_S
        while True:
            await self.over()
            try:
                return await self._life.reason(error, self._step, 0) != FailReason.TERMINATED
            except OtherTarget:
                raise
            except PostgresError:
                if self._stop.is_set() or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_PAUSE)

    async def _answered(self) -> None:
        """The control session answers. Raises ConnectionLost where nobody waits for that any longer."""
        asking = asyncio.ensure_future(self._target.renewed())
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({asking, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                asking.result()
                return
            # A moment more: who gave up before still gets an answer where there is one.
            done, _ = await asyncio.wait({asking}, timeout=_LONGEST_PAUSE)
            if not done:
                raise ConnectionLost(Coded(Remarked.NOT_AWAITED))
            asking.result()
        finally:
            stopped.cancel()
            if not asking.done():
                asking.cancel()
            await asyncio.gather(asking, stopped, return_exceptions=True)

    def _tell(self, reason: WaitReason, facts: dict[str, Any]) -> None:
        if bool(reason) == self._told:
            return
        self._told = bool(reason)
        self._recorder.append(e.StepWaiting(step=self._step, attempt=self._attempt, reason=reason, facts=facts))
