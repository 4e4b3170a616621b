"""How far a running step is and how fast it gets on, in words."""

from __future__ import annotations

import math
from typing import Any

from tui.journal import events as e
from tui.journal.line import Line
from tui.locale import ngettext
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.words.figures import number, size
from tui.words.steps import progress_sentence


def progress_of(at: StepState) -> str:
    """`12,400 of 40,000 rows (31 %), 930/s`; the speed is that of the last seconds, where it is known."""
    if not at.progress:
        return ""
    text, pace = progress_sentence(at.progress), at.pace
    if pace is None or pace.per_s is None or not text:
        return text
    return f"{text}, {speed(pace.per_s, at.progress.get('unit'))}"


def speed(per_s: float, unit: Any) -> str:
    """`930/s`, `12 MB/s`."""
    if not math.isfinite(per_s):
        return "?/s"
    if unit == "bytes":
        return f"{size(per_s)}/s"
    # Of a speed three digits say enough.
    return f"{number(float(f'{per_s:.3g}') if per_s >= 100 else float(f'{per_s:.2g}'))}/s"


def counting(event: e.StepEvent, line: Line, state: RunState) -> str | None:
    """How far the attempt is after this event, in a line that is said anew by each; None where it counts nothing."""
    at = state.steps[event.step]
    if isinstance(event, e.StepProgress):
        if at.attempt == event.attempt and at.status == "running":
            return progress_of(at)
        # Told afterwards: the state knows the end already, and the outcome says how it went.
        return progress_sentence({"done": event.done, "total": event.total, "unit": event.unit})
    if not isinstance(event, e.StepPassed | e.StepFailed | e.StepCancelled):
        return None
    rows, batches = event.evidence.get("rows"), event.evidence.get("batches")
    if not isinstance(rows, int) or isinstance(rows, bool):
        return None
    parts = [progress_sentence({"done": rows, "total": event.evidence.get("total"), "unit": "rows"})]
    if at.attempt == event.attempt and at.started is not None and line.mono > at.started:
        parts.append(speed(rows / (line.mono - at.started), "rows"))
    if isinstance(batches, int):
        parts.append(ngettext("{n} batch", "{n} batches", batches).format(n=number(batches)))
    return ", ".join(parts)
