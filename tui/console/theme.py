"""The palette as Textual's theme: for what Textual draws itself, such as borders."""

from __future__ import annotations

from textual.theme import Theme

from tui.console.palette import PLAIN, ground, palette

_OWN = "ansi_default"
_MORE = ("ansi-background", "ansi-foreground", "border-blurred", "screen-selection-background",
         "screen-selection-foreground")  # fmt: skip


def theme() -> Theme:
    """The theme of the palette in force; without colour everything is the terminal's own, so nothing can vanish."""
    if palette() is PLAIN:
        return Theme(
            name="virada", ansi=True, dark=True, primary=_OWN, secondary=_OWN, warning=_OWN, error=_OWN,
            success=_OWN, accent=_OWN, foreground=_OWN, background=_OWN, surface=_OWN, panel=_OWN, boost=_OWN,
            variables=dict.fromkeys(_MORE, _OWN),
        )  # fmt: skip
    return Theme(
        name="virada", dark=palette().dark, primary="#7fb8ff", accent="#7fb8ff", error="#c21f2e", warning="#f0c060",
        success="#7fd09a", foreground="#d3d9e2", background=ground(), surface=ground(), panel=ground(),
    )  # fmt: skip
