"""The keys that apply now, as many as fit; help and detach always."""

from __future__ import annotations

from collections.abc import Iterable

from tui.console.input.actions import applies, label
from tui.console.input.keymap import Keymap
from tui.console.input.overlay_keys import OverlayKey
from tui.pictures.lines import Line, Span, clipped, width_of
from tui.pictures.view import View

ALWAYS = 10


def footer(view: View, keys: Keymap, width: int) -> Line:
    """One line. What matters more comes in first, but the order of the table is kept."""
    wanted = [action for action in keys.of_mode(view.mode) if action.footer and applies(action, view)]
    parts: list[tuple[int, int, list[Span]]] = []
    for number, action in enumerate(wanted):
        pieces = [(f" {action.shown}", "key"), (f" {label(action, view)} ", "text")]
        rank = 0 if action.footer == ALWAYS else action.footer
        if action.name == "run_to" and not view.following:
            # Whoever has gone ahead with the selection is told how much would run up to there.
            rank = 2
        parts.append((rank, number, pieces))
    left, chosen = width, []
    for _rank, number, pieces in sorted(parts, key=lambda part: part[:2]):
        if width_of(pieces) <= left:
            left -= width_of(pieces)
            chosen.append((number, pieces))
    line: list[Span] = []
    for _number, pieces in sorted(chosen, key=lambda part: part[0]):
        line.extend(pieces)
    return clipped(line, width)


def overlay_footer(keys: Iterable[OverlayKey], width: int) -> Line:
    """One line: the keys of what is open over the overview, as many as fit; the last one, which leads out, always."""
    parts: list[list[Span]] = [[(f" {own.shown}", "key"), (f" {own.label} ", "text")] for own in keys]
    while len(parts) > 2 and sum(map(width_of, parts)) > width:
        del parts[-3]
    return clipped([piece for part in parts for piece in part], width)
