"""The engine's one way to the journal: append, fold, tell. What is recorded is redacted first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tui.engine.redaction.allowlist import Allowlist
from tui.engine.redaction.published import published, published_amendment, whole
from tui.engine.redaction.redactor import Redactor
from tui.engine.text_limits import TextBudget, bounded
from tui.journal.cut import REPEATED
from tui.journal.events import Event, RollbackStarted, RunAmended, RunClosed, RunOpened
from tui.journal.failure import JournalFull
from tui.journal.line import Line
from tui.journal.writer import JournalWriter
from tui.plan.secrets import Secrets
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.heads import HeadKeeper

ROOM_EVERY = 2.0
"""Seconds after which a disk that was full is tried again."""


class Recorder:
    """Holds the state of the run: the fold of everything appended so far.

    `append` raises JournalFull or JournalBroken; what was not recorded has not happened, and nothing may be executed
    on the strength of it. On a full disk the reserve is given up for a rollback and for closing, and for nothing else.
    What is durable is noted in `supervisor`, away from the journal.
    """

    def __init__(self, writer: JournalWriter, state: RunState, redactor: Redactor) -> None:
        self.writer = writer
        self.state = state
        self.redactor = redactor
        self.planned = Secrets()
        """What the plan and its files hold of secrets."""
        self.budget = TextBudget()
        self.changed: Callable[[], None] = lambda: None
        self.stuck: str | None = None
        """Why there was no room the last time, as a sentence."""
        self._stuck_at = 0.0
        self.supervisor: HeadKeeper | None = None

    @property
    def waits_for_room(self) -> bool:
        """Whether there was none a moment ago."""
        return self.stuck is not None and time.monotonic() - self._stuck_at < ROOM_EVERY

    def know(self, secrets: tuple[str, ...]) -> None:
        """Redact these too from now on."""
        self.redactor = Redactor(secrets)

    def append(self, *events: Event, by: str = "engine") -> list[Line]:
        """Append in this order with one sync, durable when any of them has to be."""
        return self.append_all(events, by=by)

    def append_all(self, events: Sequence[Event], by: str = "engine") -> list[Line]:
        """See `append`."""
        if not events:
            return []
        data = [(event.TYPE, self._clean(event)) for event in events]
        durable = not all(event.BULK for event in events)
        try:
            lines = self.writer.append_all(data, by=by, durable=durable)
        except JournalFull as error:
            # Whole lines that readers may have seen are recorded, although the group as a whole is not.
            self._fold(error.recorded)
            if not self._may_use_reserve(events) or not self._released():
                self.stuck, self._stuck_at = str(error), time.monotonic()
                raise
            lines = self.writer.append_all(data[len(error.recorded) :], by=by, durable=durable)
        # What is executed is the plan as it was approved; the journal shows it without its secrets.
        lines = [
            whole(line, event) if isinstance(event, RunOpened | RunAmended) else line
            for line, event in zip(lines, events[-len(lines) :], strict=True)
        ]
        self._fold(lines)
        if durable:
            self._note()
        self.stuck = None
        self.changed()
        return lines

    def _released(self) -> bool:
        """Whether the reserve could be given up."""
        try:
            self.writer.release_reserve()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the journal, and keep its head. Raises as the writer does; the file is closed all the same."""
        supervisor, self.supervisor = self.supervisor, None
        try:
            self.writer.close()
            if supervisor is not None and self.writer.broken is None:
                supervisor.note(self.writer.seq, self.writer.head, self.state.at)
        finally:
            if supervisor is not None:
                supervisor.close()

    def _note(self) -> None:
        if self.supervisor is not None:
            self.supervisor.note(self.writer.seq, self.writer.head, self.state.at)

    def _fold(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self.state = fold(self.state, line)

    def _may_use_reserve(self, events: Sequence[Event]) -> bool:
        return self.state.rolling_back or any(isinstance(event, RollbackStarted | RunClosed) for event in events)

    def _clean(self, event: Event) -> object:
        if isinstance(event, RunOpened):
            return published(event, self.redactor, self.planned)
        if isinstance(event, RunAmended):
            return published_amendment(event, self.redactor, self.planned)
        encoded = msgspec.json.encode(event)
        if len(encoded) > REPEATED:
            # Redacted before it is cut: the beginning of a secret is not found any more.
            whole_event = msgspec.convert(self._redacted(event), type(event))
            event = bounded(whole_event, len(encoded))
            encoded = msgspec.json.encode(event)
        # Numbers that are not finite are written as null: those the writer has to see for itself.
        if b"null" not in encoded and self.redactor.harmless(encoded):
            return msgspec.Raw(encoded)
        return self._redacted(event)

    def _redacted(self, event: Event) -> Any:
        return self.redactor.mapping(
            msgspec.to_builtins(event, str_keys=True), Allowlist(self.state, self.redactor, event)
        )
