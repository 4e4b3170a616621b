"""`virada replay`: a recording, at the speed it happened or another."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from tui.cli import options
from tui.cli.drive import require_terminal
from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, tell
from tui.cli.recorded import found, position_of
from tui.journal.position import Position
from tui.journal.reader import JournalReader
from tui.locale import _, prefer
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths

_SHORTEST_S = 0.005


@click.command("replay", help=_("The console over a recording."))
@click.argument("run", required=False)
@click.option("--at", metavar="POSITION", help=_("Begin at a line (120), an offset (+00:12:30) or an RFC 3339 time."))
@click.option(
    "--speed",
    type=options.Factor(min=0, min_open=True),
    default=1.0,
    metavar="X",
    help=_("How many times faster than it happened."),
)
@options.plain()
@options.mouse()
def command(run: str | None, at: str | None, speed: float, plain: bool, mouse: bool) -> int:
    position = position_of(at)
    if not plain:
        require_terminal()
    paths = found(run)
    if plain:
        return _lines(paths, position, speed)
    from tui.cli.screen import replay

    return replay(paths, at=at, speed=speed, mouse=mouse)


def _lines(paths: RunPaths, position: Position | None, speed: float) -> int:
    """Narrate the recording to stdout; what lies before the position is only folded."""
    from tui.plain.narrator import end_line, narrate

    state, begun = RunState(), False
    clock: Callable[[float], None] | None = None
    fault = None
    with JournalReader(paths.journal) as reader:
        for entry in reader.entries():
            line = entry.line
            if fault is None and reader.fault is not None and reader.fault.seq <= line.seq:
                fault = reader.fault
                print_line(fault.sentence())
            previous, state = state, fold(state, line)
            if previous.opened is None and state.opened is not None:
                prefer(state.opened.plan.locale)
            if not begun and position is not None and position.admits(line):
                continue
            if not begun:
                begun = True
                clock = paced(line.mono if position is None else previous.mono, speed)
                if position is not None and previous.opened is not None:
                    print_line(end_line(previous))
            told = narrate(previous, state, line)
            if told:
                assert clock is not None
                clock(line.mono)
                for text in told:
                    print_line(text)
    if state.opened is None:
        message = _("The journal {file} does not begin with the opening of a run.")
        raise Stop(message.format(file=paths.journal), Exit.USAGE)
    print_line(end_line(state))
    if fault is not None:
        tell(fault.sentence())
        return Exit.FAILED
    return Exit.DONE


def paced(start: float, speed: float) -> Callable[[float], None]:
    """A function that returns when the run's second it is given has come, `speed` times faster than it happened."""
    begun = time.monotonic()

    def wait(mono: float) -> None:
        pause = (mono - start) / speed - (time.monotonic() - begun)
        if pause >= _SHORTEST_S:
            time.sleep(pause)

    return wait
