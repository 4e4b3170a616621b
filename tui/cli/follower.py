"""Following a run's journal: folded as it grows, narrated line by line, until there is an outcome."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui.cli.engine import facts_of
from tui.cli.exit import Exit, Stop
from tui.cli.outcome import CommandOutcome
from tui.journal.chain import Fault
from tui.journal.reader import JournalReader
from tui.locale import _, prefer
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.said import say

POLL_S = 0.05
_LOOK_AT_ENGINE_S = 1.0


class RunFollower:
    """Reads on from the start; `tell` gets the narration of every line from number `since` on."""

    def __init__(self, paths: RunPaths, tell: Callable[[str], None] | None = None, since: int = 0) -> None:
        self.paths = paths
        self.state = RunState()
        self.fault: Fault | None = None
        """The first line that does not follow the one before it; told before what was read with it."""
        self._tell = tell
        self.since = since
        self._reader = JournalReader(paths.journal)

    def poll(self) -> bool:
        """Take in what came; whether anything did. Raises JournalCorrupt."""
        entries = self._reader.poll()
        if self._reader.fault is not None and self.fault is None:
            self.fault = self._reader.fault
            if self._tell is not None:
                self._tell(say(self.fault.sentence()))
        for entry in entries:
            previous = self.state
            self.state = fold(previous, entry.line)
            if previous.opened is None and self.state.opened is not None:
                prefer(self.state.opened.plan.locale)
            if self._tell is not None and entry.line.seq >= self.since:
                from tui.plain.narrator import narrate

                for text in narrate(previous, self.state, entry.line):
                    self._tell(text)
        return bool(entries)

    def until(self, judge: Callable[[RunState], CommandOutcome | None]) -> CommandOutcome:
        """Follow until `judge` sees an outcome. Raises Stop when the engine ends before there is one."""
        looked = time.monotonic()
        while True:
            if self.poll():
                continue
            verdict = judge(self.state)
            if verdict is not None:
                return verdict
            if time.monotonic() - looked >= _LOOK_AT_ENGINE_S:
                looked = time.monotonic()
                if facts_of(self.paths, self.state.engine)["alive"] is False and not self.poll():
                    # Its last lines were there before its lock was free.
                    verdict = judge(self.state)
                    if verdict is None:
                        raise engine_gone(self.paths)
                    return verdict
            time.sleep(POLL_S)

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> RunFollower:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def engine_gone(paths: RunPaths) -> Stop:
    """The engine has ended and left something open: only another one, or a person, can tell what became of it."""
    from tui.runs.owner import other_owner
    from tui.words.stillness import ended_sentence

    return Stop(ended_sentence(paths.id, other_owner(paths)), Exit.UNDECIDED)


def left_alone(paths: RunPaths) -> str:
    return _("Detached: the engine of the run {run} goes on. See it with: virada watch {run}").format(run=paths.id)
