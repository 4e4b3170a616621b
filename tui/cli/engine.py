"""A run's engine as the command line sees it: asked about, started again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tui.cli.exit import Exit, Stop
from tui.cli.output import tell
from tui.cli.recorded import opened
from tui.journal.events import Wish
from tui.locale import _
from tui.runs.paths import RunPaths, is_own
from tui.said import said_of

_TAIL = 256 * 1024
"""Bytes at a journal's end in which the opening words of an engine are that has just begun."""


def facts_of(paths: RunPaths, told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """pid, host and alive of the run's engine; `alive` is None where the caller cannot know. `told`: what the last
    engine wrote of itself into the journal, for an account that may not ask its lock."""
    from tui.engine.running import engine_seen

    known = engine_seen(paths, told)
    return {"pid": known.pid, "host": known.host, "alive": known.alive}


def lives(paths: RunPaths, told: Mapping[str, Any]) -> bool | None:
    """Whether the run's engine lives, for a screen; None where the caller cannot know. A journal without its run may be
    a copy of one that goes on elsewhere."""
    alive = None if paths.alone else facts_of(paths, told)["alive"]
    return alive if isinstance(alive, bool) else None


def require_open(paths: RunPaths) -> None:
    """Raises Stop for a closed run, and for a journal without its run."""
    from tui.runs.paths import is_open, last_type

    if paths.alone:
        message = _("{file} is a journal without its run: it can be read, but not gone on with.")
        raise Stop(message.format(file=paths.journal), Exit.REFUSED)
    if last_type(paths.journal) is None:
        message = _("The run {run} has no journal that can be read.")
        raise Stop(message.format(run=paths.id), Exit.REFUSED)
    if not is_open(paths):
        raise Stop(_("The run {run} is closed; nothing more can be done in it.").format(run=paths.id), Exit.REFUSED)


def require_writable(paths: RunPaths) -> None:
    """Raises Stop for an observer: only who may write a run's directory goes on with it."""
    if not os.access(paths.directory, os.W_OK):
        raise Stop(_("This account may read the run {run}, but not command it.").format(run=paths.id), Exit.REFUSED)


def ensure_engine(paths: RunPaths, policy: Wish | None = None, say: Callable[[str], None] | None = tell) -> None:
    """An engine for an open run, started again where none runs; a demo's server too. It runs as the run's owner, which
    is this account, or for root the one it has named. Raises Stop, and NotOwned for everybody else.

    `say` is told what could not be known of the journal that it began from.
    """
    from tui.engine.process.launch import LaunchFailed, resume_run
    from tui.runs.owner import taker

    account = taker(paths)
    if account is not None:
        from tui.cli.account import start_as

        if not facts_of(paths)["alive"]:
            for line in start_as(account, paths, policy):
                if say is not None:
                    say(line)
        return
    began = facts_of(paths)["alive"] is False
    environment = {**os.environ, **demo_of(paths)}
    try:
        resume_run(paths, policy=policy, environment=environment)
    except LaunchFailed as error:
        raise Stop(said_of(error), Exit(error.exit_code), lines=True) from error
    if say is not None and began and _end_unknown(paths.journal):
        text = _(
            "The run {run} is taken up from its journal as it is: this account, on this host, keeps no head of it that "
            "is new enough, so whether lines are missing at its end cannot be known here."
        )
        say(text.format(run=paths.id))


def _end_unknown(journal: Path) -> bool:
    """Whether the engine that has just begun could not know that the journal's end was there: by its own word."""
    from tui.files import reading
    from tui.journal.io import lines_backwards
    from tui.journal.line import LineError, decode

    with reading(journal) as fd:
        size = os.fstat(fd).st_size
        for begin, raw in lines_backwards(fd, size):
            if begin < size - _TAIL:
                break
            try:
                line = decode(raw)
            except LineError:
                continue
            if line.type == "run.recovered":
                return msgspec.json.decode(line.data).get("end_known") is False
    return False


def demo_of(paths: RunPaths) -> dict[str, str]:
    """The variables of a demo's plan, its server running again where it did not; nothing for other runs, and nothing
    for another account's. Raises Stop."""
    if not is_own(paths):
        return {}
    directory = opened(paths).demo
    if directory is None:
        return {}
    from tui.demo import DemoError
    from tui.demo.demo import ensure

    try:
        return ensure(Path(directory), paths.directory)
    except DemoError as error:
        raise Stop(said_of(error), Exit.FAILED, lines=True) from error
