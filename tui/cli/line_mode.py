"""The helm a line at a time: commands from stdin, narration as it comes. What `--plain` is to an operator."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable

from tui.cli.command_line import FORMS, CommandError, parse_line, usage
from tui.cli.engine import facts_of
from tui.cli.exit import Exit, Stop
from tui.cli.follower import POLL_S, RunFollower, engine_gone, left_alone
from tui.cli.helm import connected, refusal
from tui.cli.options import wish
from tui.cli.outcome import of_command, of_run
from tui.cli.output import columns
from tui.cli.recorded import standing
from tui.helm.client import HelmClient, HelmLost
from tui.helm.protocol import Coming, Refused
from tui.locale import _
from tui.plain.narrator import end_lines
from tui.run.commands import AnyCommand
from tui.runs.paths import RunPaths
from tui.words.driving import drive_lines
from tui.words.persons import person_words
from tui.words.said import say

_LOOK_AT_ENGINE_S = 1.0
_NEVER = sys.maxsize


def line_mode(
    paths: RunPaths, *, declared: str | None, take: str | None, narrate: Callable[[str], None], outcome: bool = False,
    coming: Coming = "join",
) -> int:  # fmt: skip
    """Until `quit`, the end of stdin or of the run.

    From a terminal commands are given while others run. From anything else each is waited for, and the first that
    is refused or fails ends it with that exit code. With `outcome` (of `run`, `continue`) the run is told from its
    first line, and the end of stdin waits for its outcome.
    """
    with RunFollower(paths, narrate, since=0 if outcome else _NEVER) as follower:
        while follower.poll():
            pass
        if not outcome:
            for text in end_lines(follower.state):
                narrate(text)
            follower.since = follower.state.seq + 1
        session = _Session(paths, follower, narrate, declared, take, coming)
        try:
            return session.run(outcome)
        except KeyboardInterrupt:
            raise Stop(left_alone(paths), Exit.INTERRUPTED) from None
        finally:
            session.close()


class _Session:
    def __init__(
        self, paths: RunPaths, follower: RunFollower, narrate: Callable[[str], None], declared: str | None,
        take: str | None, coming: Coming,
    ) -> None:  # fmt: skip
        self.paths = paths
        self.follower = follower
        self.narrate = narrate
        self.declared = declared
        # A connection that was lost and is made anew is no further coming.
        self.again: Coming = "keep" if coming == "keep" else "command"
        self.wish = wish(coming)
        self.helm: HelmClient | None = connected(paths, declared, take, coming, self.wish)
        self.input = _Input()
        self.looked = time.monotonic()
        holder = self.helm.welcome.holder
        if not self.helm.welcome.holds and holder is not None:
            narrate(
                _("{person} has the helm; attach with --take REASON to take it.").format(person=person_words(holder))
            )
        while follower.poll():
            pass
        for text in drive_lines(follower.state, time.time()):
            narrate(text)

    def close(self) -> None:
        if self.helm is not None:
            self.helm.close()

    def run(self, outcome: bool) -> int:
        while True:
            while self.follower.poll():
                pass
            if self.follower.state.closed is not None:
                for text in end_lines(self.follower.state):
                    self.narrate(text)
                return self._outcome() if outcome else Exit.DONE
            self._look_at_engine()
            line = self.input.line(POLL_S)
            if line is not None:
                code = self._line(line.strip())
                if code is not None:
                    return code
            elif self.input.ended:
                return self._at_end_of_input(outcome)

    def _line(self, line: str) -> int | None:
        """Carry a line out; an exit code ends the session."""
        if not line or line.startswith("#"):
            return None
        if line in ("quit", "q", "exit"):
            self.narrate(left_alone(self.paths))
            return Exit.DONE
        if line in ("help", "?"):
            for name in FORMS:
                self.narrate("  " + usage(name))
            self.narrate("  status, help, quit")
            return None
        if line == "status":
            self._status()
            return None
        try:
            return self._command(parse_line(line))
        except CommandError as error:
            self.narrate(say(error))
            return None if self.input.interactive else Exit.USAGE

    def _command(self, command: AnyCommand) -> int | None:
        try:
            if self.helm is None:
                self.helm = connected(self.paths, self.declared, coming=self.again, wish=self.wish)
            answer = self.helm.request(command)
        except HelmLost as error:
            self.close()
            self.helm = None
            self.narrate(say(error))
            return None if self.input.interactive else Exit.UNDECIDED
        if isinstance(answer, Refused):
            self.narrate(refusal(answer))
            return None if self.input.interactive else Exit.REFUSED
        if self.input.interactive:
            return None
        seq = answer.seq
        verdict = self.follower.until(lambda state: of_command(state, command, seq, time.time()))
        return None if verdict.code == Exit.DONE else verdict.code

    def _status(self) -> None:
        from tui.plain.table import status_lines
        from tui.run.status import status

        state, engine = self.follower.state, facts_of(self.paths)
        told = status(state, engine, time.time() if engine["alive"] else None) | standing(self.paths, state)
        for text in status_lines(told, columns(sys.stderr)):
            self.narrate(text)

    def _at_end_of_input(self, outcome: bool) -> int:
        if outcome:
            verdict = self.follower.until(lambda state: of_run(state, time.time()))
            for text in end_lines(self.follower.state):
                self.narrate(text)
            return verdict.code
        self.narrate(left_alone(self.paths))
        return Exit.DONE

    def _outcome(self) -> int:
        verdict = of_run(self.follower.state, time.time())
        return Exit.DONE if verdict is None else verdict.code

    def _look_at_engine(self) -> None:
        if self.helm is None or time.monotonic() - self.looked < _LOOK_AT_ENGINE_S:
            return
        self.looked = time.monotonic()
        if facts_of(self.paths)["alive"] is False and not self.follower.poll():
            self.close()
            self.helm = None
            if self.follower.state.closed is None:
                self.narrate(say(engine_gone(self.paths)))


class _Input:
    """Lines of stdin, without waiting longer than asked."""

    def __init__(self) -> None:
        self.ended = False
        self.interactive = False
        self._buffer = b""
        try:
            self._fd = sys.stdin.fileno()
            self.interactive = os.isatty(self._fd)
        except (AttributeError, OSError, ValueError):
            self._fd, self.ended = -1, True

    def line(self, seconds: float) -> str | None:
        """The next line, waiting at most `seconds` for it; None when there is none (`ended`: there will be none)."""
        if b"\n" not in self._buffer and not self.ended:
            ready, _writable, _failed = select.select([self._fd], [], [], seconds)
            if ready:
                block = os.read(self._fd, 65536)
                self._buffer += block
                self.ended = not block
        if not self._buffer or (b"\n" not in self._buffer and not self.ended):
            return None
        line, _newline, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace")
