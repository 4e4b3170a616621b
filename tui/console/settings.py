"""What a viewer has chosen, or their terminal asks for: values that travel with the view."""

from __future__ import annotations

from msgspec import Struct
from textual.theme import Theme

from tui import locale
from tui.console.input.keymap import Keymap
from tui.pictures import glyphs
from tui.pictures.glyphs import UNICODE, Glyphs
from tui.pictures.palette import DARK, Palette, ground, style


class ViewerSettings(Struct, frozen=True, kw_only=True):
    """As shipped where nothing is said."""

    language: str = "en"
    glyphs: Glyphs = UNICODE
    palette: Palette = DARK
    keys: Keymap = Keymap()

    def use(self) -> None:
        """Have this context, and the tasks that are begun in it, speak the language and draw with the characters."""
        locale.use(self.language)
        glyphs.use(self.glyphs)


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
