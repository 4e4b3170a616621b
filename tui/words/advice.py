"""What a program of others said of a line of a script, in its own words. Pure."""

from __future__ import annotations

from tui.journal.events import Advice
from tui.locale import _
from tui.words.inert import visible


def advice_words(advice: Advice) -> str:
    """`line 3: changing-column-type: Changing a column type requires …`: others' words."""
    where = "" if advice.line is None else _("line {line}").format(line=advice.line) + ": "
    said = " ".join(part for part in (advice.text, advice.help) if part)
    return f"{where}{visible(advice.code)}: {visible(said)}"
