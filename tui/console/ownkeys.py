"""The keys of what opens over the overview: for the footer beneath it, for help and for `KEYS.md`.

What scrolls takes its keys from the table of actions. Questions and the palette are typed into: their keys are fixed.
"""

from __future__ import annotations

from msgspec import Struct

from tui.console.actions import all_shown, of_mode, shown_of
from tui.console.view import Mode
from tui.locale import _

READER = frozenset(
    ["down", "up", "page_down", "page_up", "first", "last", "copy", "write", "back", "detach", "leave", "interrupt"]
)
"""Actions that mean the same over a text that scrolls."""


class Own(Struct, frozen=True):
    """`shown`: the keys as people read them; `label`: a word or two for the footer; `help`: what they do;
    `scrolls`: they do nothing where all of it fits."""

    shown: str
    label: str
    help: str
    scrolls: bool = False


def reader_keys(mode: Mode) -> tuple[Own, ...]:
    """Details, help, team."""
    scroll = f"{shown_of('down')} {shown_of('up')}"
    leave = "leave" if mode == "replay" else "detach"
    pages = " ".join(all_shown(action) for name in ("page_down", "page_up") for action in of_mode(mode)
                     if action.name == name)  # fmt: skip
    ends = f"{shown_of('first')} {shown_of('last')}"
    return (
        Own(scroll, _("scroll"), _("Scroll by a line."), scrolls=True),
        Own(pages, _("page"), _("Scroll by a page."), scrolls=True),
        Own(ends, _("ends"), _("To the beginning, to the end."), scrolls=True),
        Own(shown_of("copy"), _("copy"), _("Copy the whole text through the terminal.")),
        Own(shown_of("write"), _("write to a file"), _("Write the whole text to a file.")),
        Own("Esc", _("close"), _("Close it.")),
        Own(shown_of(leave), _(next(a.label for a in of_mode(mode) if a.name == leave)), _("Leave the screen.")),
    )


def question_keys() -> tuple[Own, ...]:
    """Questions: where something is asked before it is done."""
    return (
        Own("Tab", _("next"), _("To the next field or button; Shift+Tab: to the one before.")),
        Own("Enter", _("press"), _("Press the button; in the last field of a question without danger: confirm.")),
        Own("PgDn PgUp", _("scroll"), _("Scroll what is longer than its place."), scrolls=True),
        Own("Esc", _("cancel"), _("Cancel: nothing is done; what was typed is lost by a second press alone.")),
    )


def palette_keys() -> tuple[Own, ...]:
    """The palette of commands."""
    return (
        Own("a-z", _("narrow"), _("Show only commands whose name or explanation holds these words.")),
        Own("Down Up", _("choose"), _("Mark the next command, or the one before; Tab too.")),
        Own("Enter", _("do it"), _("Do what is marked. Nothing is, until something was typed or chosen.")),
        Own("Esc", _("close"), _("Close it.")),
    )
