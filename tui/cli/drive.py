"""After a run's engine was started: follow it headless, hand it to a screen or to lines, or leave it alone."""

from __future__ import annotations

import time
from typing import Literal

import click

from tui.cli.exit import Exit, Stop
from tui.cli.follower import RunFollower, left_alone
from tui.cli.outcome import of_run
from tui.cli.output import tell
from tui.helm.protocol import Coming
from tui.locale import _
from tui.runs.paths import RunPaths

Way = Literal["screen", "plain", "headless", "detach"]


def way_of(*, headless: bool = False, detach: bool = False, plain: bool = False) -> Way:
    """How the run is to be accompanied. Raises a usage error for two ways at once, and for a screen without one."""
    chosen = [name for name, on in (("--headless", headless), ("--detach", detach), ("--plain", plain)) if on]
    if headless and plain:
        chosen.remove("--plain")
    if len(chosen) > 1 and not (headless and detach):
        raise click.UsageError(_("{one} and {other} exclude each other.").format(one=chosen[0], other=chosen[1]))
    if detach:
        return "detach"
    if headless:
        return "headless"
    if plain:
        return "plain"
    require_terminal()
    return "screen"


def require_terminal() -> None:
    """Raises a usage error where no console can be shown: before anything is started for it."""
    from tui.console.launch import unsuitable

    problem = unsuitable()
    if problem is not None:
        raise click.UsageError(problem)


def headless(paths: RunPaths) -> int:
    """Narrate to stderr until the run's outcome is known; returns its exit code."""
    from tui.plain.narrator import end_lines

    with RunFollower(paths, tell) as follower:
        try:
            verdict = follower.until(lambda state: of_run(state, time.time()))
        except KeyboardInterrupt:
            raise Stop(left_alone(paths), Exit.INTERRUPTED) from None
        for text in end_lines(follower.state):
            tell(text)
    return verdict.code


def accompany(
    paths: RunPaths, way: Way, *, declared: str | None, take: str | None, mouse: bool, coming: Coming = "command"
) -> int:
    """The run's outcome, or 0 when its person detached. `coming`: who opens a run has said how it is driven, until they
    command."""
    if way == "detach":
        return Exit.DONE
    if way == "headless":
        return headless(paths)
    if way == "plain":
        from tui.cli.line_mode import line_mode

        return line_mode(paths, declared=declared, take=take, narrate=tell, outcome=True, coming=coming)
    from tui.cli.screen import operate

    code = operate(paths, declared=declared, take=take, mouse=mouse, coming=coming)
    return code or outcome_after_screen(paths)


def outcome_after_screen(paths: RunPaths) -> int:
    """The run's outcome when the console's end was also the run's; detached from an open run: 0."""
    from tui.cli.recorded import outline

    state = outline(paths)
    if state.closed is None:
        return Exit.DONE
    verdict = of_run(state, time.time())
    return Exit.DONE if verdict is None else verdict.code
