"""The console's way in: looks at the terminal, prepares Textual before it is imported, and says how it ended."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.locale import _, use
from tui.runs.paths import RunPaths
from tui.words.inert import visible_lines
from tui.words.said import say

if TYPE_CHECKING:
    from tui.console.commander import HelmConnection
    from tui.console.feed.source import Look, StateSource
    from tui.helm.protocol import Coming
    from tui.pictures.view import Mode
    from tui.runs.claim import Claim

_TEXTUAL = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0", "TEXTUAL_DISABLE_KITTY_KEY": "1"}
"""Read by Textual when it is imported. Its frame rate is left alone: panes paint seldom of their own accord, and a
lower rate would only delay the answer to a key."""


def run_console(
    paths: RunPaths,
    *,
    mode: Mode,
    declared: str | None = None,
    take: str | None = None,
    at: str | None = None,
    speed: float = 1.0,
    mouse: bool = False,
    language: str | None = None,
    ensure_engine: Callable[[], str | None] | None = None,
    engine: Look | None = None,
    claim: Claim | None = None,
    coming: Coming = "join",
) -> int:
    """Show a run until the person leaves; the exit status: 0 detached or left, 2 where no console can be shown,
    1 the console failed, 128 + n ended by a signal.

    `take`: the reason to take the helm with (operator); `at`, `speed`: where and how fast a replay begins;
    `ensure_engine` starts an engine where none runs and returns a sentence when it cannot; `engine` tells whether one
    lives; `claim`: the run is another account's, whose name is asked for first; `coming`: see `tui.helm.protocol`.
    """
    spoken = use(language)
    problem = unsuitable()
    if problem is not None:
        _tell(problem)
        return 2
    os.environ.update(_TEXTUAL)
    # Modules and widgets are made now, and stay: looking for garbage among them would only delay the first picture.
    gc.disable()
    no_colour = bool(os.environ.pop("NO_COLOR", ""))
    from tui.console.input import keymap
    from tui.console.settings import ViewerSettings
    from tui.console.terminal.driver import SafeLinuxDriver, encoding_of_terminal
    from tui.journal.failure import JournalCorrupt
    from tui.journal.position import PositionError
    from tui.pictures import glyphs, palette
    from tui.words.inert import visible

    drawn = os.environ.get("VIRADA_GLYPHS") or glyphs.fitting(encoding_of_terminal())
    if drawn not in glyphs.SETS:
        text = _("VIRADA_GLYPHS={name} is no set of characters; there are: {sets}.")
        _tell(text.format(name=visible(drawn), sets=", ".join(glyphs.SETS)))
        return 2
    name = os.environ.get("VIRADA_THEME") or palette.DARK.name
    if name not in palette.THEMES:
        text = _("VIRADA_THEME={name} is no theme; there are: {themes}.")
        _tell(text.format(name=visible(name), themes=", ".join(palette.THEMES)))
        return 2
    try:
        keys = keymap.load()
    except keymap.KeysError as error:
        _tell(say(error))
        return 2
    settings = ViewerSettings(
        language=spoken, glyphs=glyphs.SETS[drawn], palette=palette.PLAIN if no_colour else palette.THEMES[name],
        keys=keys,
    )  # fmt: skip
    if sys.__stderr__ is not None:
        sys.__stderr__.reconfigure(errors="replace")
    from tui.console.app import Console
    from tui.words.stillness import ended_sentence

    try:
        source = _source(paths, mode, at, speed, engine)
        app = Console(
            source, paths, mode, settings, me=_me(declared) if mode != "replay" else "",
            connect=_connector(paths, declared, claim, coming) if mode == "operator" else None, take=take,
            ensure_engine=ensure_engine, claim=claim, keeps_driving=coming == "keep",
            driver_class=SafeLinuxDriver, guard_process=True,
        )  # fmt: skip
    except (OSError, JournalCorrupt, PositionError) as error:
        _tell(visible(_sentence(paths, error)))
        return 2
    app.run(mouse=mouse)
    if app.detached:
        run = visible(app.run_state.opened.id if app.run_state.opened is not None else paths.id)
        if app.run_state.closed is not None:
            _tell(_("Detached from {run}; the run is closed.").format(run=run))
        elif app.view().nothing_runs:
            _tell(ended_sentence(run, app.view().owner))
        elif mode == "observer":
            _tell(
                _("Detached from {run}; it goes on. Watch it again with:").format(run=run) + f"\n  virada watch {run}"
            )
        else:
            _tell(
                _("Detached from {run}; the engine goes on. Attach again with:").format(run=run)
                + f"\n  virada attach {run}"
            )
    return app.return_code or 0


def unsuitable() -> str | None:
    """Why no console can be shown here, as a sentence; None where one can."""
    if os.environ.get("TERM", "") in ("", "dumb"):
        return _("This terminal (TERM={term}) cannot show the console; use --plain.").format(
            term=os.environ.get("TERM") or _("not set")
        )
    if not (os.isatty(0) and os.isatty(2)):
        return _("The console needs a terminal for standard input and standard error; use --plain.")
    return None


def _source(paths: RunPaths, mode: Mode, at: str | None, speed: float, engine: Look | None) -> StateSource:
    from tui.console.feed.replay import Player
    from tui.console.feed.source import JournalFollower
    from tui.journal.position import parse_position
    from tui.journal.reader import JournalReader

    position = None if at is None else parse_position(at)
    reader = JournalReader(paths.journal)
    if mode == "replay":
        return Player(reader, at=position, speed=speed, keep=not paths.alone)
    return JournalFollower(reader, engine=engine)


def _connector(
    paths: RunPaths, declared: str | None, claim: Claim | None, coming: Coming
) -> Callable[[str | None], HelmConnection]:
    from tui.helm.client import HelmClient

    joined = coming != "join"

    def connect(take: str | None) -> HelmConnection:
        """A connection that was lost and is made anew is no further coming."""
        nonlocal joined
        way: Coming = "command" if joined and coming == "join" else coming
        found = HelmClient.connect(
            paths if claim is None else claim.paths, declared=declared, take=take, coming=way
        )  # fmt: skip
        joined = True
        return found

    return connect


def _me(declared: str | None) -> str:
    """Who acts here, until the engine says whom it sees."""
    from tui.runs.person import caller

    try:
        return caller(declared).label
    except (ValueError, OSError):
        return ""


def _sentence(paths: RunPaths, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return _("There is no journal at {path}.").format(path=paths.journal)
    if isinstance(error, PermissionError):
        return _("The journal {path} may not be read by this account.").format(path=paths.journal)
    if isinstance(error, OSError) and error.strerror:
        return _("The journal {path} cannot be read: {reason}.").format(path=paths.journal, reason=say(error.strerror))
    return say(error)


def _tell(sentence: str) -> None:
    """Narration goes to standard error; a terminal that is gone is no reason for a traceback."""
    try:
        for line in visible_lines(sentence):
            print(line, file=sys.stderr, flush=True)
    except OSError:
        pass
