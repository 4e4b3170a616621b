"""What can be known of a walk before anything is run: whether there is a key, what fires, who subscribes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from tui.plan.kinds import Finding
from tui.sql.assigned import assigned_columns
from tui.steps.batch.asking import Asking, Unanswered
from tui.steps.batch.chosen import KEYLESS, chosen_key
from tui.steps.batch.spec import BatchSpec
from tui.steps.context import Context
from tui.steps.effects import Effect, SqlError

Foreseen = Generator[Effect, Any, list[Finding]]


def foresee(context: Context, spec: BatchSpec, changed: Callable[[str], bool]) -> Foreseen:
    """`changed`: whether an earlier step may change a table of this name; what is wrong now may be right by then."""
    if not spec.table:
        return []
    asking = Asking(context, spec)
    found: list[Finding] = []
    try:
        rows = (yield from asking.about_table("batch_table", columns=list(assigned_columns(spec.set)))).rows
        if not rows:
            return [Finding(code="batch-not-there", level="warning", facts={"table": spec.table})]
        triggers, publications = rows[0]
        if triggers:
            facts = {"triggers": ", ".join(triggers), "table": spec.table}
            found.append(Finding(code="batch-triggers", level="warning", facts=facts))
        if publications:
            facts = {"publications": ", ".join(publications), "table": spec.table}
            found.append(_failing("batch-published", facts, changed(spec.table)))
        yield from chosen_key(asking, spec)
    except Unanswered as unanswered:
        if unanswered.reason in KEYLESS:
            found.append(_failing(unanswered.reason, {}, changed(spec.table)))
        else:
            error = unanswered.error
            about = {"table": spec.table, "reason": _words(error)}
            found.append(Finding(code="batch-not-looked-at", level="warning", facts=about))
    return found


def _words(error: SqlError | None) -> str:
    if error is None:
        return ""
    return error.message if isinstance(error.message, str) else str(error.message["code"])


def _failing(text: str, facts: dict[str, Any], changed: bool) -> Finding:
    code = "step-would-fail"
    return Finding(code=code, text=text, facts=facts, level="warning" if changed else "error")
