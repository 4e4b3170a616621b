"""`monitoring`: every success criterion is measured now, and it is known where."""

from __future__ import annotations

from typing import Any, Final

from tui.journal.codes import Shortcoming, Unmeasured
from tui.journal.remarks import Coded
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, because, row
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
    rows: list[Row] = []
    for metric in metrics:
        source = seen.sources.get(metric)
        if metric in seen.attested:
            said = because(Coded(Shortcoming.LEFT_TO_A_PERSON))
            rows.append(row("monitoring", "source", "left_to_a_person", False, of=metric, **said))
        elif metric in why or source is None:
            said = because(Coded(Shortcoming.NO_SOURCE))
            reason = why.get(metric, Unmeasured.UNKNOWN)
            rows.append(row("monitoring", "source", "nothing", False, of=metric, reason=reason, **said))
        else:
            rows.append(row("monitoring", "source", source, True, of=metric))
    return rows


CHECK = Check(look=look)
