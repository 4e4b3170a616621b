"""What `init` asks on a terminal about the database of the shipped plan; an empty answer takes what is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from tui.cli.output import tell
from tui.importer.wish import TargetWish
from tui.locale import _
from tui.plan.model import Window
from tui.plan.scalars import parse_duration
from tui.plan.window import WindowError, resolve
from tui.plan.window import zone as time_zone
from tui.said import said_of
from tui.words.said import say

ENVIRONMENTS = ("production", "staging", "development")
SCRIPTS = ("migration", "rollback", "verification")
"""Those that are asked for; flags name the others too."""


def interview() -> tuple[TargetWish, dict[str, Path]]:
    """Ask for target, window and scripts; returns what was said, and the files of scripts by name."""
    name = _ask(_("Name of the target, which people type to confirm"), "production", _name)
    environment = _ask(_("What it is: production, staging or development"), "production", _environment)
    reached = _ask(_("How it is reached: a service of pg_service.conf, or a connection string"), "app-prod", _reached)
    opens, zone, duration, buffer = _window()
    scripts: dict[str, Path] = {}
    for script in SCRIPTS:
        asked = _("File of the script {name}; empty for the example").format(name=script)
        path = _ask(asked, "", _file)
        if path:
            scripts[script] = Path(path)
    by_string = "=" in reached or "://" in reached
    wish = TargetWish(
        name=name, environment=environment, service=None if by_string else reached, dsn=reached if by_string else None,
        opens=opens or None, timezone=zone or None, duration=duration, buffer=buffer,
    )  # fmt: skip
    return wish, scripts


def _window() -> tuple[str, str, str, str]:
    """Opening, time zone, duration and buffer, asked again where they cannot be together: an hour that the zone's
    clocks leave out, or have twice."""
    while True:
        opens = _ask(_("When its window opens, as 2031-12-05T22:00; empty to leave it open"), "", _opens)
        zone = _ask(_("In which time zone"), "UTC", _zone) if opens else ""
        duration = _ask(_("How long the window is"), "45m", _duration)
        buffer = _ask(_("How much is kept behind it for going back"), "15m", _duration)
        if not opens:
            return opens, zone, duration, buffer
        window = Window(
            opens=opens, timezone=zone, duration=parse_duration(duration), buffer=parse_duration(buffer)
        )  # fmt: skip
        try:
            resolve(window, datetime.now(UTC))
        except WindowError as error:
            tell(_("Error: {message}").format(message=say(said_of(error))))
            continue
        return opens, zone, duration, buffer


def _ask(question: str, usual: str, check: Callable[[str], str]) -> str:
    told: str = click.prompt(question, default=usual, value_proc=check, show_default=bool(usual), err=True)
    return told


def _name(told: str) -> str:
    if not told.strip() or not told.isprintable():
        raise click.UsageError(_("A target needs a name of printable characters."))
    return told.strip()


def _environment(told: str) -> str:
    if told.strip() not in ENVIRONMENTS:
        raise click.UsageError(_("One of these: {values}.").format(values=", ".join(ENVIRONMENTS)))
    return told.strip()


def _reached(told: str) -> str:
    if not told.strip():
        raise click.UsageError(_("A service or a connection string is needed."))
    return told.strip()


def _opens(told: str) -> str:
    if not told.strip():
        return ""
    try:
        resolve(Window(opens=told.strip(), duration=3600.0), datetime.now(UTC))
    except WindowError as error:
        raise click.UsageError(say(said_of(error))) from error
    return told.strip()


def _zone(told: str) -> str:
    try:
        time_zone(told.strip())
    except WindowError as error:
        raise click.UsageError(say(said_of(error))) from error
    return told.strip()


def _duration(told: str) -> str:
    try:
        parse_duration(told)
    except ValueError as error:
        raise click.UsageError(_("Write a duration such as 45m or 1h30m.")) from error
    return told.strip()


def _file(told: str) -> str:
    if told.strip() and not Path(told.strip()).is_file():
        raise click.UsageError(_("There is no such file: {file}").format(file=told.strip()))
    return told.strip()
