"""`monitoring`: every success criterion is measured now, and it is known where."""

from __future__ import annotations

from typing import Any, Final

from tui.steps.check.check import Check
from tui.steps.check.row import Look, row
from tui.steps.context import Context
from tui.steps.effects import Watch, Watched

_SETTLE: Final = 10.0
"""Seconds that sources have for their first figures."""


def look(context: Context, spec: bool, evidence: dict[str, Any]) -> Look:
    """A row for each metric of the criteria, with its source; a plan without any is watched by nothing."""
    metrics = list(dict.fromkeys(guard.metric for guard in context.plan.success))
    if not metrics:
        return [row("monitoring", "criteria", "nothing", False)]
    seen: Watched = yield Watch(settle=_SETTLE, wanted=("guards",))
    why = {str(one["metric"]): str(one["why"]) for one in seen.unmeasured}
    rows = []
    for metric in metrics:
        source = seen.sources.get(metric)
        if metric in seen.attested:
            rows.append(row("monitoring", "source", "left_to_a_person", False, of=metric))
        elif metric in why or source is None:
            rows.append(row("monitoring", "source", "nothing", False, of=metric, why=why.get(metric, "unknown")))
        else:
            rows.append(row("monitoring", "source", source, True, of=metric))
    return rows


CHECK = Check(look=look)
