"""Transactions of one attempt beside each other: each lane has a session, a witness and an outcome of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from tui.engine.drivers.sql import SqlDriver
from tui.engine.drivers.work_session import FateUnknown
from tui.steps.effects import RunTogether, TxDone


class SqlLanes:
    """`first`: the attempt's driver, lane 0; `another` makes that of a further lane."""

    def __init__(self, first: SqlDriver, another: Callable[[int], SqlDriver]) -> None:
        self._another = another
        self._lanes = [first]

    def __iter__(self) -> Iterator[SqlDriver]:
        return iter(self._lanes)

    async def together(self, effect: RunTogether) -> tuple[TxDone, ...]:
        """Carry out RunTogether. All of them end, one way or another, before what befell one is told."""
        wanted = len(effect.transactions)
        while len(self._lanes) < wanted:
            self._lanes.append(self._another(len(self._lanes)))
        if wanted > 1:
            for lane in self._lanes:
                await lane.work.share()
        ended = await asyncio.gather(
            *(lane.transaction(each) for lane, each in zip(self._lanes, effect.transactions, strict=False)),
            return_exceptions=True,
        )
        failed = [each for each in ended if isinstance(each, BaseException)]
        if failed:
            # Of several, the one behind which nobody knows what was committed.
            raise next((each for each in failed if isinstance(each, FateUnknown)), failed[0])
        return tuple(each for each in ended if isinstance(each, TxDone))

    async def close(self) -> None:
        """Close the sessions, and give the right to change the target back last."""
        first, *others = self._lanes
        try:
            for lane in others:
                await lane.work.rest()
        finally:
            await first.close()

    def backend_pids(self) -> Iterator[int]:
        """The server processes that work for the attempt."""
        for lane in self._lanes:
            if lane.work.backend_pid is not None:
                yield lane.work.backend_pid
