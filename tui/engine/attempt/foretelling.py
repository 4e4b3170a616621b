"""What a step takes away, asked of the target before anybody confirms it, and journaled for whoever does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.engine.attempt.attempt import Attempt
from tui.engine.recorder import Recorder
from tui.journal.events import StepForetold
from tui.journal.line import JournalError
from tui.postgres.errors import PostgresError
from tui.run.steps import kind_of


class Foretelling:
    """Once for each attempt that nobody has begun, and once more where something may have been written since, or the
    step is another one. `attempt` makes one, of which nothing is asked but that; `report` takes an exception that
    nobody foresaw to the engine's log."""

    def __init__(
        self, recorder: Recorder, attempt: Callable[[tuple[str, int]], Attempt],
        report: Callable[[BaseException, str], None],
    ) -> None:  # fmt: skip
        self._recorder = recorder
        self._attempt = attempt
        self._report = report
        self._asked: set[tuple[str, int, int, int]] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._closed = False

    def ask(self, step: str) -> None:
        """The step is next, for all that is known: what its kind foretells is on its way."""
        at = self._recorder.state.steps.get(step)
        kind = None if at is None else kind_of(at.step.kind)
        if at is None or kind is None or kind.foretells is None or at.status == "running" or self._closed:
            return
        key = (step, at.attempt + 1, self._recorder.state.era, at.amended)
        if key in self._asked:
            return
        self._asked.add(key)
        task = asyncio.create_task(self._told(key))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _told(self, key: tuple[str, int, int, int]) -> None:
        """Where there is no answer nothing is said, and it is asked again when the step is next once more."""
        step, number, era, amended = key
        attempt = self._attempt((step, number))
        try:
            facts = await attempt.foretold()
            state = self._recorder.state
            at = state.steps.get(step)
            # What was changed while it was asked is asked for anew.
            if at is not None and (at.attempt + 1, state.era, at.amended) == (number, era, amended):
                self._recorder.append(StepForetold(step=step, attempt=number, facts=facts))
        except (PostgresError, JournalError, OSError):
            self._asked.discard(key)
        except Exception as error:
            self._report(error, f"what step {step}, attempt {number} takes away")
        finally:
            await attempt.release()

    async def close(self) -> None:
        """Nothing of it is under way afterwards."""
        self._closed = True
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
