"""What those who look at a run while it goes on write down: figures, waits, log lines that no step printed."""

from __future__ import annotations

from typing import Any

from tui.engine.recorder import Recorder
from tui.journal.events import Event, LogLines, StepEvent
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.remarks import Coded, neutral

_LINES = 200


class Logbook:
    """Journals what was seen, log lines within what the journal takes of text."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def append(self, *events: Event) -> None:
        """To look takes a while: a run that was closed meanwhile, or a step that has ended, hears no more of it."""
        state = self._recorder.state
        if state.closed is not None:
            return
        heard = []
        for event in events:
            if isinstance(event, StepEvent):
                at = state.steps.get(event.step)
                if at is None or at.status != "running" or at.attempt != event.attempt:
                    continue
            heard.append(event)
        self._recorder.append(*heard)

    def say(self, severity: str, said: Coded) -> None:
        """A remark of the engine's own. A journal that cannot be written is noticed by the run's own events."""
        try:
            self.lines("engine", [{"severity": severity, **neutral(said), "text": said.text}])
        except (JournalFull, JournalBroken):
            pass

    def lines(self, stream: str, records: list[dict[str, Any]], more: int = 0) -> None:
        """Records of a log, each with its `text`, as many as the journal takes; the rest, and `more`, is counted."""
        budget = self._recorder.budget
        left, kept, texts = budget.level(), [], []
        for record in records[:_LINES]:
            text = str(record.pop("text"))
            left -= len(text.encode("utf-8", "replace")) + 1
            if left < 0:
                break
            rows = text.count("\n") + 1
            kept.append(record | {"rows": rows} if rows > 1 else record)
            texts.append(text)
        text = "\n".join(texts)
        budget.spend(len(text.encode("utf-8", "replace")))
        dropped = len(records) - len(kept) + more
        self.append(LogLines(stream=stream, text=text, lines=tuple(kept), dropped=dropped))
