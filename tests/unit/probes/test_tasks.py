from __future__ import annotations

import asyncio

from tui.probes import tasks


async def goes_round(losing: int, seen: list[int]) -> None:
    """Loses so many cancellations, as `wait_for` may."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append(1)
            if len(seen) > losing:
                raise


def test_one_that_lost_its_cancellation_is_cancelled_again() -> None:
    async def main() -> None:
        async def fails() -> None:
            raise ValueError

        seen: list[int] = []
        one, other = asyncio.create_task(goes_round(2, seen)), asyncio.create_task(fails())
        await asyncio.sleep(0)
        await asyncio.wait_for(tasks.ended([one, other]), 20)
        assert one.cancelled() and len(seen) == 3
        assert isinstance(other.exception(), ValueError)
        await tasks.ended([])

    asyncio.run(main())
