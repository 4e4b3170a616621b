"""`virada watch`: the console, read-only; it starts nothing and commands nothing."""

from __future__ import annotations

import time

import click

from tui.cli import options
from tui.cli.drive import require_terminal
from tui.cli.engine import lives
from tui.cli.exit import Exit
from tui.cli.follower import POLL_S, RunFollower
from tui.cli.output import print_line, tell
from tui.cli.recorded import found, standing
from tui.journal.chain import Fault
from tui.locale import _
from tui.runs.paths import RunPaths
from tui.words.stillness import ended_sentence, is_still, is_unknown, unknown_sentence

LOOK_S = 1.0
"""Seconds between two looks at the engine."""


@click.command("watch", help=_("The console, read-only. Without RUN: the newest open run."))
@click.argument("run", required=False)
@options.plain()
@options.mouse()
def command(run: str | None, plain: bool, mouse: bool) -> int:
    if not plain:
        require_terminal()
    paths = found(run)
    if plain:
        return _lines(paths)
    from tui.cli.screen import observe

    return observe(paths, mouse=mouse)


def _lines(paths: RunPaths) -> int:
    """Every line there is and every line that comes, until the run is closed."""
    from tui.plain.narrator import end_lines

    with RunFollower(paths, print_line) as follower:
        engine = _Engine(paths, follower)
        while follower.poll() or follower.state.closed is None:
            if not follower.poll() and follower.state.closed is None:
                engine.look()
                time.sleep(POLL_S)
        for text in end_lines(follower.state):
            print_line(text)
        if follower.fault is not None:
            return _broken(follower.fault)
    return Exit.DONE


class _Engine:
    """Says once that nothing runs, or that nobody here can know: silence alone could be a step with nothing to say."""

    def __init__(self, paths: RunPaths, follower: RunFollower) -> None:
        self._paths = paths
        self._follower = follower
        self._looked = 0.0
        self._said: str | None = None

    def look(self) -> None:
        """Once a second, where no line has come."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        state = self._follower.state
        engine = {"alive": lives(self._paths, state.engine)}
        run = {**standing(self._paths, state), "engine": engine, "closed": False}
        found = "still" if is_still(run) else "unknown" if is_unknown(run) else None
        if found == self._said or (found is not None and self._follower.poll()):
            # What has come meanwhile tells more; it is looked at again.
            return
        self._said = found
        if found == "still":
            print_line(ended_sentence(self._paths.id, run["owner"]))
        elif found == "unknown":
            print_line(unknown_sentence(state.engine.get("host"), run["silent_s"]))


def _broken(fault: Fault) -> int:
    tell(fault.sentence())
    return Exit.FAILED
