"""What nobody foresaw: an exception out of a kind or a driver. It ends its step, with an outcome, and nothing else.

What of the step is in the database is asked as after a crash of the engine (`recovery`), by an attempt with sessions of
its own; where that cannot be asked either, the fate is undecided. Of the exception its type, the operating system's
number and text are journaled; the traceback goes into the engine's log and on no screen.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.engine.attempt.attempt import Attempt
from tui.engine.attempt.recovery import Recovery
from tui.engine.exceptions import facts
from tui.journal import events as e
from tui.journal.codes import CancelReason, FateReason
from tui.journal.line import JournalError
from tui.journal.remarks import coded

Report = Callable[[BaseException, str], None]
"""Takes an exception and where it came from to the engine's log."""


def lost(step: str, attempt: int, error: BaseException) -> e.StepFate:
    """Nobody could even ask what became of it."""
    return e.StepFate(step=step, attempt=attempt, fate="undecided", reason=FateReason.ERROR, facts=facts(error))


class UnexpectedEnd:
    """Gives an attempt that ended by an exception its outcome. `anew`: makes the attempt that asks for its fate."""

    def __init__(self, attempt: Attempt, anew: Callable[[], Attempt], report: Report) -> None:
        self._attempt = attempt
        self._anew = anew
        self._report = report

    async def settle(self, error: Exception, recovering: bool) -> None:
        """`recovering`: it was another engine's attempt, whose fate was being asked. Raises JournalError."""
        step, number = self._attempt.key
        self._report(error, f"step {step}, attempt {number}")
        if self._attempt.stop_reason == CancelReason.ENGINE or not self._open():
            # The next engine decides, as after a crash; or its outcome was recorded before this.
            return
        told = facts(error)
        attempt = self._anew()
        try:
            await Recovery(attempt, unexpected=None if recovering else told).decide(coded(told.get("message", "")))
        except JournalError:
            raise
        except Exception as further:
            self._report(further, f"the fate of step {step}, attempt {number}")
            if self._open() and attempt.stop_reason != CancelReason.ENGINE:
                attempt.recorder.append(lost(step, number, further))
        finally:
            await attempt.release()

    def _open(self) -> bool:
        at = self._attempt.recorder.state.steps[self._attempt.at.id]
        return at.status == "running" and at.attempt == self._attempt.at.attempt
