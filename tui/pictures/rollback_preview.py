"""What a rollback would do, before it is begun."""

from __future__ import annotations

from msgspec import to_builtins

from tui.locale import _
from tui.pictures.lines import Line, explained
from tui.pictures.view import View
from tui.run.clock import rollback_at_least, rollback_seconds, window_clock
from tui.run.decide import rollback_events
from tui.run.unknown import Unknown, safe_lack
from tui.words.codes import EFFECT, word
from tui.words.figures import clock
from tui.words.inert import visible
from tui.words.proposal import grounds_of
from tui.words.steps import name_of
from tui.words.unknown import lack_words, sizes_words

_SHOWN = 4
"""Proposals that are shown, the last ones."""


def rollback_lines(view: View) -> tuple[Line, ...]:
    """Why it is proposed, until when, how long, what is undone in which order, and what cannot be."""
    state = view.state
    event = rollback_events(state, "")
    lines: list[Line] = []
    for fired in state.proposed[-_SHOWN:]:
        text = _("Proposed by “{title}”: {grounds}.")
        told = text.format(title=visible(fired.event.title), grounds=grounds_of(fired.event, state))
        lines.extend(explained(told, "bad"))
    if event.without_undo:
        # What a rollback leaves behind is read before anything else.
        lines.append(((_("Applied, but without an undo in the plan:"), "warn"),))
        for step in event.without_undo:
            at = state.steps[step]
            unsure = f": {word(EFFECT, at.effect)}" if at.effect == "unknown" else ""
            lines.append(((f"  {name_of(at)}{unsure}", "warn"),))
    seconds = rollback_seconds(state)
    window = window_clock(state, view.moment.wall)
    if seconds is not None:
        text = _("It is expected to take {span}.")
        if rollback_at_least(state):
            text = _("It is expected to take at least {span}.")
        text = text.format(span=clock(seconds))
        if window is not None and window.last_safe_rollback_s is not None:
            if window.last_safe_rollback_s < 0:
                text += " " + _("It would end AFTER the window.")
            else:
                safe = _("It is safe within the next {span}.")
                if window.safe_at_most:
                    safe = _("It is safe within the next {span} at most.")
                text += " " + safe.format(span=clock(window.last_safe_rollback_s))
        lines.extend(explained(text))
    lack = safe_lack(state)
    if lack is not None and lack.code in (Unknown.NOT_COMPARABLE, Unknown.NEVER_ROLLED_BACK):
        basis = None if lack.basis is None else to_builtins(lack.basis)
        text = _("How long it takes is not known: {why}.").format(why=lack_words(lack.code, basis))
        lines.extend(explained(text if basis is None else f"{text} {sizes_words(basis)}.", "warn"))
    if not event.undo:
        lines.append(((_("No step has an undo to run."), "dim"),))
    else:
        lines.append(((_("Undone, in this order:"), "bold"),))
        lines.extend(((f"  {name_of(state.steps[step])}", "text"),) for step in event.undo)
    return tuple(lines)
