"""Opening the console: as operator, observer or over a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tui.cli.engine import ensure_engine, lives
from tui.cli.exit import Stop
from tui.cli.options import wish
from tui.cli.recorded import opened
from tui.helm.protocol import Coming
from tui.journal.events import Policy, Wish
from tui.journal.line import JournalError
from tui.locale import preferred
from tui.runs.claim import Claim
from tui.runs.paths import RunPaths
from tui.words.said import say


def operate(
    paths: RunPaths, *, declared: str | None, take: str | None, mouse: bool, claim: Claim | None = None,
    policy: Policy | None = None, coming: Coming = "join",
) -> int:  # fmt: skip
    """The console with the helm; an engine that ended is started again when the console asks for it. With `claim` the
    name of the run's owner has to be typed first; `policy` is for the engine that starts then. `coming`: whether its
    person drives from here on, or what goes on by itself goes on."""
    from tui.console.launch import run_console

    return run_console(
        paths, mode="operator", declared=declared, take=take, at=None, speed=1.0, mouse=mouse,
        language=_language(paths), ensure_engine=_starter(paths, claim, policy or wish(coming)), engine=_looker(paths),
        claim=claim, coming=coming,
    )  # fmt: skip


def observe(paths: RunPaths, *, mouse: bool) -> int:
    """The console, read-only: it starts nothing and commands nothing."""
    from tui.console.launch import run_console

    return run_console(
        paths, mode="observer", declared=None, take=None, at=None, speed=1.0, mouse=mouse, language=_language(paths),
        ensure_engine=None, engine=_looker(paths),
    )  # fmt: skip


def replay(paths: RunPaths, *, at: str | None, speed: float, mouse: bool) -> int:
    """The console over a recording."""
    from tui.console.launch import run_console

    return run_console(
        paths, mode="replay", declared=None, take=None, at=at, speed=speed, mouse=mouse, language=_language(paths),
        ensure_engine=None,
    )  # fmt: skip


def _language(paths: RunPaths) -> str | None:
    """What the run's plan wants to be spoken; None where the environment says it, and where the plan cannot be read."""
    try:
        return preferred(opened(paths).plan.locale)
    except (OSError, JournalError, Stop):
        return None


def _looker(paths: RunPaths) -> Callable[[Mapping[str, Any]], bool | None]:
    """Whether the run's engine lives; None where the caller cannot know."""

    def look(told: Mapping[str, Any]) -> bool | None:
        return lives(paths, told)

    return look


def _starter(paths: RunPaths, claim: Claim | None, policy: Wish | None) -> Callable[[], str | None]:
    """Starts an engine where none runs; what it returns is why it could not."""

    def start() -> str | None:
        try:
            # The screen has the terminal; what cannot be known is in its log.
            ensure_engine(paths if claim is None else claim.paths, policy, say=None)
        except Stop as stop:
            return say(stop.message)
        return None

    return start
