"""`tools`: programs of PostgreSQL's on this host."""

from __future__ import annotations

from typing import Any

from tui.steps.check.check import Check
from tui.steps.check.row import Look, row
from tui.steps.context import Context
from tui.steps.effects import Probe


def look(context: Context, spec: tuple[str, ...], evidence: dict[str, Any]) -> Look:
    """They are there, and not older than the server where that matters."""
    found = evidence["tools"] = yield Probe(name="tools", arguments={"names": list(spec)})
    lacking = [*found.get("missing", ()), *found.get("too_old", ())]
    there = [name for name in spec if name not in lacking]
    holds = None if "error" in found else not lacking
    return [row("tools", list(spec), there, holds, error=found)]


CHECK = Check(look=look)
