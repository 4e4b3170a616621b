"""Standbys that a plan's backups are to be read from, looked at before a run."""

from __future__ import annotations

from collections.abc import Callable

from tui.engine.target.access import TargetAccess
from tui.plan.model import Plan, steps_of
from tui.postgres.errors import PostgresError
from tui.said import N_, Said
from tui.steps.registry import needs_of


async def standby_problems(access: TargetAccess, plan: Plan, add: Callable[[Said, str], None]) -> None:
    """`add`: is told the message and the step's place in the plan, for every one that cannot be used."""
    for step in steps_of(plan):
        service = needs_of(step).standby
        if service is None:
            continue
        message = await _problem(access, service)
        if message is not None:
            add(message, f"steps.{step.id}")


async def _problem(access: TargetAccess, service: str) -> Said | None:
    try:
        _resolved, session = await access.standby(service, "preflight")
    except PostgresError as error:
        message = N_("The standby of the service {service} cannot be reached: {reason}")
        return Said(message, service=service, reason=error.message)
    found = session.server
    await session.close()
    control = (await access.control()).server
    assert found is not None and control is not None
    if (found.system_identifier, found.database_oid) != (control.system_identifier, control.database_oid):
        return Said("The service {service} leads to another server or database than the target.", service=service)
    if not found.in_recovery:
        return Said("The server of the service {service} is no standby.", service=service)
    return None
