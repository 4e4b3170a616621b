"""`dependencies`: the services that the plan names answer as they must."""

from __future__ import annotations

from typing import Any

from tui.journal.remarks import Coded, Remarked
from tui.plan.kinds import Needs
from tui.plan.services import called, service_of
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, row
from tui.steps.context import Context
from tui.steps.service import asked


def look(context: Context, spec: bool, evidence: dict[str, Any]) -> Look:
    """Every one, each with a row for each expectation (`aspect`), also after one did not answer."""
    rows: list[Row] = []
    for dependency in context.plan.dependencies:
        found = yield from asked(service_of(dependency))
        rows += [
            row(
                "dependencies",
                one["expected"],
                one["found"],
                one["holds"],
                service=called(dependency),
                aspect=one["name"],
            )
            | {key: one[key] for key in ("ends", "error") if key in one}
            for one in found
        ]
    nothing = {"error": Coded(Remarked.NO_DEPENDENCIES).neutral()}
    return rows or [row("dependencies", None, None, None, error=nothing)]


def needs(spec: bool) -> Needs:
    """That the plan names some."""
    return Needs(dependencies=True)


CHECK = Check(look=look, needs=needs)
