"""Lines for people with their severity: what an event says, and what programs and logs have printed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from tui.journal.events import LogLines
from tui.journal.line import Line
from tui.locale import _
from tui.run.state import RunState
from tui.said import Said
from tui.words.inert import visible
from tui.words.said import say, told

Severity = Literal["error", "warning", "event", "person", "output"]
_ERRORS = ("ERROR", "FATAL", "PANIC", "ERRO", "psql:")
_WARNINGS = ("WARNING", "AVISO", "NOTICE:  warning")


class Told(NamedTuple):
    """One line of an event: `sentence` is inert, in the viewer's language, without a full stop. A step that the event
    is of is named by its title alone, for its number stands beside it."""

    severity: Severity
    sentence: str


Teller = Callable[[Any, Line, RunState], Told | None]
"""An event in words; None where it says nothing. The state is one in which the line's steps are known."""


def because(reason: str | None) -> str:
    return f": {visible(reason)}" if reason else ""


def done_by(line: Line, alone: Said, by: Said) -> str:
    """What was done: by whom, where that is a person; that the engine does what it does need not be told."""
    return say(alone if line.by == "engine" else by)


def coded(sqlstate: str | None) -> str:
    return f" (SQLSTATE {visible(sqlstate)})" if sqlstate else ""


def severity_word(severity: str) -> str:
    """At most five columns, so that the texts stand in line."""
    return {"error": _("ERROR"), "warning": _("warn"), "event": _("run"), "person": _("hand"), "output": ""}[severity]


def printed(text: str) -> Iterator[tuple[Severity, str]]:
    """The lines of a program's output; not inert yet."""
    for line in text.removesuffix("\n").split("\n") if text else ():
        yield _severity(line), line.removesuffix("\r")


def logged(event: LogLines) -> Iterator[tuple[Severity, str, dict[str, Any]]]:
    """The records of a log, and all that is known of each; not inert yet."""
    for record in event.entries():
        text = told(record if "code" in record else record.get("text") or record.get("message") or record.get("line"))
        level = str(record.get("severity") or record.get("level") or "").upper()
        severity: Severity = "output"
        if level in ("ERROR", "FATAL", "PANIC") or (not level and _severity(text) == "error"):
            severity = "error"
        elif level == "WARNING" or (not level and _severity(text) == "warning"):
            severity = "warning"
        yield severity, text, record


def _severity(text: str) -> Severity:
    start = text[:60].lstrip()
    if start.startswith(_ERRORS) and (not start.startswith("psql:") or "ERROR" in text[:300]):
        return "error"
    return "warning" if start.startswith(_WARNINGS) else "output"
