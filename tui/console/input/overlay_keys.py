"""The keys of what opens over the overview: for the footer beneath it, for help and for `KEYS.md`.

What scrolls takes its keys from the table of actions. Questions and the palette are typed into: their keys are fixed.
"""

from __future__ import annotations

from msgspec import Struct

from tui.console.input.keymap import Keymap
from tui.locale import _
from tui.pictures.view import Mode

READER = frozenset(["down", "up", "page_down", "page_up", "first", "last", "copy", "write", "back", "detach", "leave"])
"""Actions that mean the same over a text that scrolls."""


class OverlayKey(Struct, frozen=True):
    """`shown`: the keys as people read them; `label`: a word or two for the footer; `help`: what they do;
    `scrolls`: they do nothing where all of it fits."""

    shown: str
    label: str
    help: str
    scrolls: bool = False


def reader_keys(keys: Keymap, mode: Mode) -> tuple[OverlayKey, ...]:
    """Details, help, team."""
    down, up, page_down, page_up, first, last, copy, write, leave = map(
        keys.action,
        ("down", "up", "page_down", "page_up", "first", "last", "copy", "write",
         "leave" if mode == "replay" else "detach"),
    )  # fmt: skip
    return (
        OverlayKey(f"{down.shown} {up.shown}", _("scroll"), _("Scroll by a line."), scrolls=True),
        OverlayKey(f"{page_down.all_shown} {page_up.all_shown}", _("page"), _("Scroll by a page."), scrolls=True),
        OverlayKey(f"{first.shown} {last.shown}", _("ends"), _("To the beginning, to the end."), scrolls=True),
        OverlayKey(copy.shown, _("copy"), _("Copy the whole text through the terminal.")),
        OverlayKey(write.shown, _("write to a file"), _("Write the whole text to a file.")),
        OverlayKey("Esc", _("close"), _("Close it.")),
        OverlayKey(leave.shown, _(leave.label), _("Leave the screen.")),
    )


def register_keys(keys: Keymap) -> tuple[OverlayKey, ...]:
    """The register of errors, beside those of a text."""
    down, up = keys.action("down"), keys.action("up")
    return (
        OverlayKey(f"{down.shown} {up.shown}", _("mark"), _("Mark the next error of the list, or the one before.")),
        OverlayKey("r Enter", _("resolve"), _("Say how the one that is marked was resolved.")),
    )


def question_keys() -> tuple[OverlayKey, ...]:
    """Questions: where something is asked before it is done."""
    return (
        OverlayKey("Tab", _("next"), _("To the next field or button; Shift+Tab: to the one before.")),
        OverlayKey(
            "Enter", _("press"), _("Press the button; in the last field of a question without danger: confirm.")
        ),
        OverlayKey("PgDn PgUp", _("scroll"), _("Scroll what is longer than its place."), scrolls=True),
        OverlayKey("Esc", _("cancel"), _("Cancel: nothing is done; what was typed is lost by a second press alone.")),
    )


def palette_keys() -> tuple[OverlayKey, ...]:
    """The palette of commands."""
    return (
        OverlayKey("a-z", _("narrow"), _("Show only commands whose name or explanation holds these words.")),
        OverlayKey("Down Up", _("choose"), _("Mark the next command, or the one before; Tab too.")),
        OverlayKey("Enter", _("do it"), _("Do what is marked. Nothing is, until something was typed or chosen.")),
        OverlayKey("Esc", _("close"), _("Close it.")),
    )
