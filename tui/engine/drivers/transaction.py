"""A transaction under way, and small translations between a step's words and the server's."""

from __future__ import annotations

from collections.abc import Iterable

from tui.journal.codes import Replication
from tui.postgres.results import Result, ServerNotice
from tui.steps.effects import RunTransaction

WARNINGS_KEPT = 50
"""Of one transaction."""


class TransactionUnderWay:
    """One transaction under way: where it stands, and what it has done so far."""

    def __init__(self, effect: RunTransaction, began: float) -> None:
        self.effect = effect
        self.began = began
        self.holds = began
        """When the first statement was sent that may hold locks."""
        self.begun = False
        self.witness: dict[str, object] = {}
        self.line: int | None = None
        self.rows = 0
        self.changed: int | None = None
        self.claimed: int | None = None
        self.returned = 0
        self._warnings: list[str] = []
        self._warned = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """The first of them, and how many more there were."""
        more = self._warned - len(self._warnings)
        return (*self._warnings, f"…[+{more}]") if more else tuple(self._warnings)

    def warn(self, warnings: Iterable[ServerNotice]) -> None:
        """Keep what the server warned of."""
        for warning in warnings:
            self._warned += 1
            if len(self._warnings) < WARNINGS_KEPT:
                self._warnings.append(warning.message)


_CUT_SHORT = "SyncRepWaitForLSN"
"""The server's function that waits for a synchronous standby, and warns when that is cut short."""


def confirmed(result: Result) -> Replication | None:
    """What is not known of a commit that the server acknowledged."""
    return Replication.UNCONFIRMED if any(w.routine == _CUT_SHORT for w in result.warnings) else None


def answer_to(end: str) -> str:
    """What the server answers to the statement that ends a transaction, when it did what that says."""
    word = end.split(None, 1)[0].upper()
    return "PREPARE TRANSACTION" if word == "PREPARE" else word
