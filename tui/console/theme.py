"""The palette as Textual's theme: for what Textual draws itself, such as borders."""

from __future__ import annotations

from textual.theme import Theme

from tui.console.palette import Palette, ground, style

_OWN = "ansi_default"
_MORE = ("ansi-background", "ansi-foreground", "border-blurred", "screen-selection-background",
         "screen-selection-foreground")  # fmt: skip


def theme(found: Palette) -> Theme:
    """The theme of a palette; on the terminal's own colours everything is its own, so nothing can vanish."""
    name = f"virada-{found.name}"
    if found.own:
        return Theme(
            name=name, ansi=True, dark=True, primary=_OWN, secondary=_OWN, warning=_OWN, error=_OWN,
            success=_OWN, accent=_OWN, foreground=_OWN, background=_OWN, surface=_OWN, panel=_OWN, boost=_OWN,
            variables=dict.fromkeys(_MORE, _OWN),
        )  # fmt: skip
    accent = _hex(found, "edge")
    return Theme(
        name=name, dark=found.dark, primary=accent, accent=accent, error=_hex(found, "edge.bad"),
        warning=_hex(found, "warn"), success=_hex(found, "ok"), foreground=_hex(found, "text"),
        background=ground(found), surface=ground(found), panel=ground(found),
    )  # fmt: skip


def _hex(found: Palette, name: str) -> str:
    color = style(found, name).color
    assert color is not None
    return color.get_truecolor().hex
