"""Why a step failed, in one sentence for where there is room for little: `trouble` tells all of it, line by line. Pure.

The sentence begins with what a person acts on: which of several checks, the value beside the one expected, the server's
own words with the file and line, the line of a program's output that says why.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from tui.locale import _
from tui.run.steps import StepState
from tui.words.checks import which_checks
from tui.words.codes import EFFECT, FATE_REASON, REASON, word
from tui.words.inert import visible, visible_lines
from tui.words.said import told
from tui.words.trouble import Row, as_told, error_of, place, trouble_of
from tui.words.waiting import lock_words

_SAID_BY_MESSAGE = frozenset({"sql_error", "exit_status", "total_error", "end_not_reached", "restore_failed"})
"""Reasons that the message itself says better."""
_ERROR_LINE = re.compile(r"\b(?:ERROR|FATAL|PANIC|ERRO|error|erro|fatal):\s")
_VERBOSE = re.compile(r"\b(?:ERROR|FATAL|PANIC|ERRO):\s+([0-9A-Z]{5}):\s")


class Cause(Struct, frozen=True):
    """`code`: the SQLSTATE, empty where there is none; `what` and `effect` (what of the step is in the database) are
    inert text of one line, without a full stop."""

    code: str
    what: str
    effect: str


def cause(at: StepState) -> Cause:
    """Of a step that failed, was cancelled, or of which nobody knows."""
    return cause_of(as_told(at))


def cause_of(step: dict[str, Any]) -> Cause:
    """`cause` of a step as `trouble_of` reads it."""
    effect = word(EFFECT, step["effect"])
    if step["status"] == "undecided":
        return Cause("", word(FATE_REASON, step["fate_reason"]), effect)
    error, printed = error_of(step), _printed(step["evidence"])
    code = visible(str(error.get("sqlstate") or step["sqlstate"] or "")) or printed.code
    what = _what(step, error.get("message"), place(error), printed) or word(REASON, step["reason"])
    return Cause(code, what.rstrip("."), effect)


class _Printed(Struct, frozen=True):
    """The line of a program's output that says why it failed, and the SQLSTATE in it."""

    line: str = ""
    code: str = ""


def _printed(evidence: dict[str, Any]) -> _Printed:
    """The last line that calls itself an error, else the last one."""
    tail = evidence.get("tail")
    lines = [line for line in visible_lines(tail) if line.strip()] if isinstance(tail, str) else []
    if not lines:
        return _Printed()
    said = next((line for line in reversed(lines) if _ERROR_LINE.search(line)), lines[-1])
    verbose = next((found for line in reversed(lines) if (found := _VERBOSE.search(line))), None)
    return _Printed(said.strip(), "" if verbose is None else verbose[1])


def _what(step: dict[str, Any], message: object, where: str, printed: _Printed) -> str:
    reason = step["reason"]
    why = word(REASON, reason)
    found = _found(trouble_of(step), said=_("not measured") if reason == "not_measured" else "")
    which = which_checks(step["evidence"].get("checks"))
    if which:
        return f"{which}: {found}" if found else which
    said = next((line for line in visible_lines(told(message)) if line.strip()), "")
    if said:
        said = f"{where}: {said}" if where else said
        whose = lock_words(step["evidence"])
        said = f"{said}; {whose}" if whose else said
        known = said if reason in _SAID_BY_MESSAGE else f"{why}: {said}"
        return f"{known}; {found}" if found and reason not in _SAID_BY_MESSAGE else known
    if printed.line:
        status = step["evidence"].get("exit_status")
        ended = _("exit status {status}").format(status=status) if reason == "exit_status" else why
        return f"{ended}: {printed.line}"
    if reason == "not_as_expected" and found:
        return found
    return f"{why}: {found}" if found else why


def _found(rows: list[Row], said: str) -> str:
    """What was found, each with its label but the one that the reason has `said`; what the server said, and what is
    told apart, is left out."""
    without = {
        _("reason"), _("where"), "SQLSTATE", _("message"), _("detail"), _("hint"), _("context"), _("effect"),
        _("printed last"), "",
    }  # fmt: skip
    # Of what a proof is about the reason has told already; whose lock it was is told behind what was said.
    without |= {_("proof"), _("lock")}
    short = {_("value"), _("expected")}
    # A status of 0 is no word on why.
    told_rows = (row for row in rows if row[0] not in without and row != (_("exit status"), "0"))
    parts = [
        text if label == said else f"{label} {text}" if label in short else f"{label}: {text}"
        for label, text in told_rows
    ]
    return "; ".join(parts)
