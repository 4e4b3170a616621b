"""Rules for targets and their windows."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.plan.model import Target, Window
from tui.plan.outline import Outline
from tui.plan.placeholders import placeholder_in
from tui.plan.window import WindowError, resolve, zone
from tui.said import N_, Quoted, Said, said_of

_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def lint_targets(outline: Outline) -> None:
    """Names, logs and windows of the targets; that there is one."""
    if outline.sound("targets") and not outline.plan.targets:
        outline.add("no-target", "targets", Said("The plan names no target; name at least one database."))
    for name, target in outline.plan.targets.items():
        path = f"targets.{name}"
        if not name.strip() or not name.isprintable() or name != name.strip():
            message = N_("{name} is not the name of a target: people type it to confirm what is dangerous.")
            outline.report.add("bad-target-name", outline.key_at(path), Said(message, name=Quoted(name)))
        _lint_server_log(outline, path, target)
        if target.window is not None:
            lint_window(outline, f"{path}.window", target.window)
        elif _is_production(outline, path, target):
            message = N_("{name} is a production target without a window; nothing keeps a change within its time.")
            outline.report.add("no-window", outline.key_at(path), Said(message, name=Quoted(name)), "warning")


def _is_production(outline: Outline, path: str, target: Target) -> bool:
    known = outline.sound(f"{path}.environment") and f"{path}.window" not in outline.converter.bad
    return known and target.environment == "production"


def _lint_server_log(outline: Outline, path: str, target: Target) -> None:
    where, colon, rest = target.server_log.partition(":")
    fine = where in ("file", "ssh") and rest if colon else where in ("auto", "none")
    if not fine and outline.sound(f"{path}.server_log"):
        message = N_("{value} is no server log: write auto, none, file:PATH or ssh:HOST:PATH.")
        outline.add("bad-value", f"{path}.server_log", Said(message, value=Quoted(target.server_log)))


def lint_window(outline: Outline, path: str, window: Window) -> None:
    """Can the window be put on the clock?"""
    if outline.sound(f"{path}.duration") and window.duration <= 0:
        outline.add("bad-window", f"{path}.duration", Said("A window must be longer than nothing."))
    if f"{path}.opens" in outline.converter.bad or f"{path}.timezone" in outline.converter.bad:
        return
    if placeholder_in(window.opens) is not None:
        # Named where placeholders are; no run begins with it.
        window = Window(opens="+0", timezone=window.timezone, duration=window.duration, buffer=window.buffer)
    mistakes: list[WindowError] = []
    try:
        zone(window.timezone)
    except WindowError as error:
        mistakes.append(error)
        window = Window(opens=window.opens, duration=window.duration, buffer=window.buffer)
    try:
        resolve(window, _ANY_DAY)
    except WindowError as error:
        mistakes.append(error)
    for mistake in mistakes:
        outline.add(mistake.code, f"{path}.{mistake.key}", said_of(mistake))


def lint_milestones(outline: Outline) -> None:
    """A milestone beyond the window's end can never be met; one beyond some target's window is worth a warning."""
    lengths = {
        name: target.window.duration + target.window.buffer
        for name, target in outline.plan.targets.items()
        if target.window is not None and outline.sound(f"targets.{name}.window.duration")
    }
    if not lengths:
        return
    for placed in outline.steps:
        milestone, path = placed.entry.step.milestone, f"{placed.entry.path}.milestone"
        if milestone is None or not outline.sound(path):
            continue
        passed = [name for name, length in lengths.items() if milestone > length]
        starts, own = placed.phase.starts, placed.phase.window
        if own is not None:
            if not own.opens <= milestone <= own.opens + own.duration + own.buffer:
                text = Said("This milestone lies outside the window of its phase.")
                outline.add("milestone-outside", path, text)
            continue
        if not passed or (starts is not None and starts >= min(lengths[name] for name in passed)):
            continue
        message = N_("This milestone lies after the window of {target} closes, which is at T+{minutes}m.")
        text = Said(message, target=Quoted(passed[0]), minutes=f"{lengths[passed[0]] / 60:g}")
        level = "error" if len(passed) == len(lengths) else "warning"
        outline.add("milestone-outside", path, text, "error" if level == "error" else "warning")
