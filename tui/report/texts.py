"""Texts of others on their way into a document."""

from __future__ import annotations

from tui.journal.cut import REPEATED, cut
from tui.words.inert import visible_lines


def inert(text: str) -> str:
    """Lines of a text, none of which steers anything; of a long one the beginning. Markup is escaped after this."""
    return "\n".join(visible_lines(cut(text, REPEATED)))
