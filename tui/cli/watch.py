"""`virada watch`: the console, read-only; it starts nothing and commands nothing."""

from __future__ import annotations

import time

import click

from tui.cli import options
from tui.cli.drive import require_terminal
from tui.cli.engine import facts_of
from tui.cli.follower import POLL_S, Follower
from tui.cli.output import print_line, tell
from tui.cli.recorded import found
from tui.cli.stop import Exit
from tui.helm.paths import RunPaths
from tui.journal.chain import Fault
from tui.locale import _

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

    with Follower(paths, print_line) as follower:
        looked, alive = time.monotonic(), True
        while follower.poll() or follower.state.closed is None:
            if not follower.poll() and follower.state.closed is None:
                time.sleep(POLL_S)
            if time.monotonic() - looked >= LOOK_S:
                looked, before = time.monotonic(), alive
                alive = facts_of(paths)["alive"] is not False
                if before and not alive and not follower.poll():
                    # Silence alone could be a step that has nothing to say.
                    tell(_("The engine of the run {run} has ended; the run is still open.").format(run=paths.id))
        for text in end_lines(follower.state):
            print_line(text)
        if follower.fault is not None:
            return _broken(follower.fault)
    return Exit.DONE


def _broken(fault: Fault) -> int:
    tell(fault.sentence())
    return Exit.FAILED
