"""Why an attempt lost its session: the server was restarted, the connection was lost, or somebody ended it.

What the server says of it does not tell: 57P01 is the word of a fast shutdown and of pg_terminate_backend. A session
that is opened afterwards does, because a server that shuts down lets nobody in.
"""

from __future__ import annotations

from typing import Any, Final

from tui.engine.target.access import TargetAccess
from tui.journal.codes import CancelReason, Fact, FailReason
from tui.journal.remarks import neutral
from tui.postgres.errors import ConnectionLost, PostgresError
from tui.postgres.session import CRASH
from tui.said import Said

IN_A_ROW: Final = 5
"""Attempts of a step that may end with server or connection, one after the other, before a person is asked: what it
does may be what ends them."""
TERMINATED: Final = "57P01"
_TIME_LIMIT: Final = "25P04"
_RESTARTS: Final = (CRASH, "57P03")


LOSABLE: Final = frozenset(
    {
        FailReason.CONNECTION, FailReason.END_NOT_REACHED, FailReason.EXIT_STATUS, FailReason.NOT_ANSWERED,
        FailReason.NOT_STARTED, FailReason.RESTORE_FAILED, FailReason.SCRATCH_FAILED, FailReason.SQL_ERROR,
    }
)  # fmt: skip
"""How a program, and what is done beside it, may fail for want of the server."""


class SessionLost(Exception):
    """The session was lost, or could not be had, where that says nothing of what became of the work."""

    def __init__(self, error: PostgresError | None = None, message: str | Said = "") -> None:
        super().__init__(message if error is None else error.message)
        self.error = error


class ServerLife:
    """The server's life in which an attempt began; what lost it is learnt by comparing."""

    def __init__(self, target: TargetAccess) -> None:
        self._target = target
        self._start = ""
        self._epoch: tuple[str, ...] = ()
        self.note()

    def note(self) -> None:
        """Take down in which life the server is, where that is not known yet."""
        known = self._target.identity
        if not self._start and known is not None:
            self._start, self._epoch = known.postmaster_start, known.epoch

    async def reason(self, error: PostgresError, step: str, losses: int) -> CancelReason | FailReason:
        """Why: a CancelReason where another attempt goes on by itself, a FailReason where a person decides. `losses`:
        attempts before this one that were lost in a row. Raises PostgresError while the server lets nobody in."""
        if error.sqlstate == _TIME_LIMIT:
            return FailReason.TIME_LIMIT
        session = await self._target.open("monitor", f"{step} look")
        try:
            now = "" if session.server is None else session.server.postmaster_start
            epoch = tuple((await session.rows("epoch"))[0])
        finally:
            await session.close()
        before = (error.postmaster_start if isinstance(error, ConnectionLost) else None) or self._start
        restarted = bool(before) and now != before
        if error.sqlstate == TERMINATED and not restarted:
            return FailReason.TERMINATED
        if losses + 1 >= IN_A_ROW:
            return FailReason.CONNECTION
        crashed = bool(self._epoch) and all(a != b for a, b in zip(self._epoch, epoch, strict=False))
        if restarted or crashed or error.sqlstate in _RESTARTS:
            return CancelReason.SERVER_RESTARTED
        return CancelReason.CONNECTION_LOST


def facts_of(error: PostgresError) -> dict[str, Any]:
    """What was said of the loss, as facts."""
    found: dict[str, Any] = {Fact.BECAUSE: neutral(error.message)}
    return found | ({} if error.sqlstate is None else {Fact.SQLSTATE: error.sqlstate})
