"""One line of the log, whole: when, from where, how bad, and all of its text."""

from __future__ import annotations

from tui.console.loglines import LogLine
from tui.console.pictures.exact import exact
from tui.console.pieces import Line
from tui.locale import _
from tui.words.inert import visible
from tui.words.severity import severity_word


def log_line(line: LogLine, width: int) -> list[Line]:
    """Its head, and its text folded where it is wider than the screen."""
    head = [visible(part) for part in (line.at, severity_word(line.severity), line.source) if part]
    return [((_("A line of the log"), "title"),), (("  ".join(head), "dim"),), (), *exact(line.text, width)]
