"""See `tui.visible`, whose place is below every package."""

from __future__ import annotations

from tui.visible import visible, visible_lines

__all__ = ["visible", "visible_lines"]
