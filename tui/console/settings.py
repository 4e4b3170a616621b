"""What a viewer has chosen, or their terminal asks for: values that travel with the view."""

from __future__ import annotations

from msgspec import Struct

from tui import locale
from tui.console import glyphs
from tui.console.glyphs import UNICODE, Glyphs
from tui.console.keymap import Keymap
from tui.console.palette import DARK, Palette


class Settings(Struct, frozen=True, kw_only=True):
    """As shipped where nothing is said."""

    language: str = "en"
    glyphs: Glyphs = UNICODE
    palette: Palette = DARK
    keys: Keymap = Keymap()

    def use(self) -> None:
        """Have this context, and the tasks that are begun in it, speak the language and draw with the characters."""
        locale.use(self.language)
        glyphs.use(self.glyphs)
