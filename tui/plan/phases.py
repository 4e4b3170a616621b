"""Rules for the times of phases: when one starts, and a window of its own."""

from __future__ import annotations

from tui.plan.scene import Outline
from tui.said import Said


def lint_phases(scene: Outline) -> None:
    """A phase's window can hold it, and counts from a target's."""
    opens = None
    for path, phase, in_rollback in scene.phases():
        own, place = phase.window, f"{path}.window"
        if own is None or not scene.sound(place):
            continue
        if in_rollback:
            scene.add("phase-window", place, Said("A rollback needs no window: it may begin whenever it must."))
            continue
        if not any(target.window is not None for target in scene.plan.targets.values()):
            text = Said("This window counts from the opening of the target's, and no target has one.")
            scene.add("phase-window", place, text, "warning")
        if not all(scene.sound(f"{place}.{key}") for key in ("opens", "duration")):
            continue
        if own.duration <= 0:
            scene.add("bad-window", f"{place}.duration", Said("A window must be longer than nothing."))
            continue
        if opens is not None and own.opens < opens:
            text = Said("This window opens before that of an earlier phase, and phases run in their order.")
            scene.add("phase-window", f"{place}.opens", text)
        opens = own.opens
        if phase.starts is not None and not own.opens <= phase.starts < own.opens + own.duration:
            text = Said("The phase starts outside its window, or when only the buffer is left; leave `starts` out.")
            scene.add("phase-window", f"{path}.starts", text)
