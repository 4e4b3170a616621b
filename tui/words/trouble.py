"""What went wrong with a step, as labelled lines: first where and what the server said, then what was found and what
was expected, and at last what of the step is in the database. Pure; the same for `run`, `do`, `status`, the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.journal.cut import REPEATED, cut
from tui.locale import _
from tui.run.steps import StepState, kind_of
from tui.words.checks import about, check_words, expected_words, rows_of, which_checks
from tui.words.codes import ANSWER, EFFECT, FATE_REASON, REASON, word
from tui.words.inert import visible, visible_lines
from tui.words.said import told
from tui.words.shortfall import findings
from tui.words.waiting import lock_words

Row = tuple[str, str]
_TROUBLED = frozenset({"failed", "undecided", "cancelled"})
_TAIL = 5
"""Last lines of a program that failed."""


def trouble(at: StepState) -> list[Row]:
    """Label and text; empty for a step that has nothing wrong with it."""
    return trouble_of(as_told(at))


def as_told(at: StepState) -> dict[str, Any]:
    """What of it `trouble_of` reads."""
    return {
        "kind": at.step.kind, "status": at.status, "reason": at.reason, "sqlstate": at.sqlstate, "message": at.message,
        "effect": at.effect, "fate": at.fate, "fate_reason": at.fate_reason, "evidence": at.evidence,
    }  # fmt: skip


def trouble_of(step: dict[str, Any]) -> list[Row]:
    """`trouble` of a step as `status --json` has it."""
    if step["status"] not in _TROUBLED:
        return []
    evidence = step["evidence"]
    rows = list(_why(step))
    said = list(_said(error_of(step)))
    rows += said
    whose = lock_words(evidence)
    if whose:
        rows.append((_("lock"), whose))
    rows += findings(evidence, step["fate_reason"] if step["status"] == "undecided" else step["reason"])
    rows += _checks(evidence.get("checks"))
    kind = kind_of(step["kind"])
    if kind is not None and kind.asks:
        rows += _answer(evidence)
    rows += _proof(evidence.get("prove"))
    if not said:
        rows += _program(evidence)
    cleanup = evidence.get("cleanup")
    if cleanup not in (None, "done"):
        rows.append((_("cleanup"), visible(told(cleanup))))
    if rows and step["status"] == "cancelled" and len(rows) == 1 and step["effect"] == "none":
        # Somebody asked for it, and it left nothing: there is no trouble.
        return []
    return [*rows, (_("effect"), word(EFFECT, step["effect"]))]


def told_rows(rows: list[Row]) -> list[str]:
    """`label: text` each; what has no label stands below the text of the one before, where a caret points at it."""
    lines: list[str] = []
    indent = 0
    for label, text in rows:
        indent = len(label) + 2 if label else indent
        lines.append(f"{label}: {text}" if label else " " * indent + text)
    return lines


def _why(step: dict[str, Any]) -> Iterator[Row]:
    if step["status"] == "undecided":
        yield _("reason"), word(FATE_REASON, step["fate_reason"])
    elif step["reason"]:
        which = which_checks(step["evidence"].get("checks"))
        yield _("reason"), which or word(REASON, step["reason"])


def error_of(step: dict[str, Any]) -> dict[str, Any]:
    """What the server said: as evidence has it, else as the event has it."""
    found = step["evidence"].get("error")
    if isinstance(found, dict) and "code" not in found:
        return found
    known = {"sqlstate": step["sqlstate"], "message": step["message"] or found}
    known |= {key: step["evidence"][key] for key in ("sqlstate", "message") if step["evidence"].get(key)}
    return known


def place(error: dict[str, Any]) -> str:
    """`migration.sql:14`, `line 14`; empty where nobody knows."""
    file, line = error.get("file"), error.get("line")
    if file is not None:
        return visible(str(file)) + ("" if line is None else f":{line}")
    return "" if line is None else _("line {line}").format(line=line)


def _said(error: dict[str, Any]) -> Iterator[Row]:
    where = place(error)
    if where:
        yield _("where"), where
    if error.get("sqlstate"):
        yield "SQLSTATE", visible(str(error["sqlstate"]))
    labels = {"message": _("message"), "detail": _("detail"), "hint": _("hint"), "context": _("context")}
    for key, label in labels.items():
        for text in visible_lines(cut(told(error.get(key)), REPEATED)):
            yield label, text
            label = ""


def _checks(checks: Any) -> Iterator[Row]:
    """What did not hold, then what nobody knows; what holds is no trouble."""
    for holds in (False, None):
        for check in rows_of(checks):
            if check.get("holds") is holds:
                yield about(check), check_words(check)


def _answer(evidence: dict[str, Any]) -> Iterator[Row]:
    """What a question was answered by, and what was expected."""
    rows = evidence.get("rows")
    if isinstance(rows, list | tuple):
        first = rows[0] if rows else None
        if first is None:
            yield _("value"), _("no row")
        elif first:
            columns = evidence.get("columns") or [""]
            name = f"{visible(str(columns[0]))} = " if columns[0] not in ("", "?column?") else ""
            yield _("value"), name + ("NULL" if first[0] is None else visible(str(first[0])))
        count = evidence.get("count")
        if isinstance(count, int) and count > 1:
            yield _("rows"), str(count)
    expected = evidence.get("expected")
    if isinstance(expected, dict):
        for relation, wanted in expected.items():
            yield _("expected"), expected_words(str(relation), wanted)


def _proof(found: Any) -> Iterator[Row]:
    if not isinstance(found, dict):
        return
    yield _("proof"), word(ANSWER, str(found.get("answer", "?")))
    yield from _said(found)
    whose = lock_words(found)
    if whose:
        yield _("lock"), whose
    yield from _answer(found)


def _program(evidence: dict[str, Any]) -> Iterator[Row]:
    """How a program ended, with the last that it printed."""
    status = evidence.get("exit_status")
    if isinstance(status, int) and not isinstance(status, bool):
        yield _("exit status"), str(status)
    tail = evidence.get("tail")
    if isinstance(tail, str):
        label = _("printed last")
        for text in [line for line in visible_lines(tail) if line.strip()][-_TAIL:]:
            yield label, text
            label = ""
