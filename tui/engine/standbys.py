"""Standbys that a plan's backups are to be read from, looked at before a run."""

from __future__ import annotations

from collections.abc import Callable

from tui.engine.target import TargetAccess
from tui.locale import _
from tui.plan.model import Plan, steps_of
from tui.postgres.errors import PostgresError
from tui.steps.registry import needs_of
from tui.words.said import say


async def standby_problems(access: TargetAccess, plan: Plan, add: Callable[[str, str], None]) -> None:
    """`add`: is told the message and the step's place in the plan, for every one that cannot be used."""
    for step in steps_of(plan):
        service = needs_of(step).standby
        if service is None:
            continue
        message = await _problem(access, service)
        if message is not None:
            add(message, f"steps.{step.id}")


async def _problem(access: TargetAccess, service: str) -> str | None:
    try:
        _resolved, session = await access.standby(service, "preflight")
    except PostgresError as error:
        message = _("The standby of the service {service} cannot be reached: {reason}")
        return message.format(service=service, reason=say(error.message))
    found = session.server
    await session.close()
    control = (await access.control()).server
    assert found is not None and control is not None
    if (found.system_identifier, found.database_oid) != (control.system_identifier, control.database_oid):
        message = _("The service {service} leads to another server or database than the target.")
        return message.format(service=service)
    if not found.in_recovery:
        return _("The server of the service {service} is no standby.").format(service=service)
    return None
