"""Why a step failed, in one sentence for where there is room for little: `trouble` tells all of it, line by line. Pure.

The sentence begins with what a person acts on: which of several checks, the value beside the one expected, the server's
own words with the file and line, the line of a program's output that says why.
"""

from __future__ import annotations

import re

from msgspec import Struct

from tui.locale import _
from tui.run.steps import StepState
from tui.words.codes import EFFECT, FATE_REASON, REASON, word
from tui.words.inert import visible, visible_lines
from tui.words.trouble import Row, error_of, place, trouble, which_checks

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
    effect = word(EFFECT, at.effect)
    if at.status == "undecided":
        return Cause("", word(FATE_REASON, at.fate_reason), effect)
    error, told = error_of_step(at), _printed(at)
    code = visible(str(error.get("sqlstate") or at.sqlstate or "")) or told.code
    return Cause(
        code, (_what(at, error.get("message"), place(error), told) or word(REASON, at.reason)).rstrip("."), effect
    )


def error_of_step(at: StepState) -> dict[str, object]:
    """What the server said of it: place, SQLSTATE, message."""
    return error_of({"evidence": at.evidence, "sqlstate": at.sqlstate, "message": at.message})


class _Printed(Struct, frozen=True):
    """The line of a program's output that says why it failed, and the SQLSTATE in it."""

    line: str = ""
    code: str = ""


def _printed(at: StepState) -> _Printed:
    """The last line that calls itself an error, else the last one."""
    tail = at.evidence.get("tail")
    lines = [line for line in visible_lines(tail) if line.strip()] if isinstance(tail, str) else []
    if not lines:
        return _Printed()
    said = next((line for line in reversed(lines) if _ERROR_LINE.search(line)), lines[-1])
    verbose = next((found for line in reversed(lines) if (found := _VERBOSE.search(line))), None)
    return _Printed(said.strip(), "" if verbose is None else verbose[1])


def _what(at: StepState, message: object, where: str, printed: _Printed) -> str:
    reason = word(REASON, at.reason)
    found = _found(trouble(at))
    which = which_checks(at.evidence.get("checks"))
    if which:
        return f"{which}: {found}" if found else which
    said = next((line for line in visible_lines(str(message or "")) if line.strip()), "")
    if said:
        said = f"{where}: {said}" if where else said
        known = said if at.reason in _SAID_BY_MESSAGE else f"{reason}: {said}"
        return f"{known}; {found}" if found and at.reason not in _SAID_BY_MESSAGE else known
    if printed.line:
        status = at.evidence.get("exit_status")
        ended = _("exit status {status}").format(status=status) if at.reason == "exit_status" else reason
        return f"{ended}: {printed.line}"
    if at.reason == "not_as_expected" and found:
        return found
    return f"{reason}: {found}" if found else reason


def _found(rows: list[Row]) -> str:
    """What was found, each with its label; what the server said, and what is told apart, is left out."""
    without = {
        _("reason"), _("where"), "SQLSTATE", _("message"), _("detail"), _("hint"), _("context"), _("effect"),
        _("printed last"), "",
    }  # fmt: skip
    # Of what a proof is about the reason has told already.
    without.add(_("proof"))
    short = {_("value"), _("expected")}
    parts = [
        f"{label} {text}" if label in short else f"{label}: {text}" for label, text in rows if label not in without
    ]
    return "; ".join(parts)
