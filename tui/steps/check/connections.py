"""`connections_free`: how many connections ordinary roles may still open."""

from __future__ import annotations

from typing import Any

from tui.steps.answers import look as looked
from tui.steps.check.check import Check
from tui.steps.check.row import Look, row
from tui.steps.context import Context
from tui.steps.effects import Probe


def look(context: Context, spec: int, evidence: dict[str, Any]) -> Look:
    """Limits of the database and of the role count as well."""
    found = evidence["connections"] = yield from looked(context, Probe(name="connections"))
    holds = None if "error" in found else int(found["free"]) >= spec
    return [row("connections_free", spec, found.get("free"), holds, error=found)]


CHECK = Check(look=look)
