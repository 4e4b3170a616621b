"""A session to the standby that is read in the target's place."""

from __future__ import annotations

from tui.engine.target.access import TargetAccess
from tui.journal.remarks import Coded, Remarked
from tui.plan.scalars import ExpansionError, expand
from tui.postgres.connect import open_session
from tui.postgres.conninfo.parameters import WorkSettings
from tui.postgres.conninfo.resolve import Resolved, resolve
from tui.postgres.errors import ConnectFailed
from tui.postgres.session import Session
from tui.sql.quoting import conninfo_value


async def standby(target: TargetAccess, service: str, step: str) -> tuple[Resolved, Session]:
    """To the one that a service names, with its parameters. Raises ConnectFailed."""
    try:
        found = resolve(f"service={conninfo_value(expand(service, target.environment))}", target.environment)
    except ExpansionError as error:
        raise ConnectFailed(Coded(Remarked.VARIABLE_UNSET, name=error.name)) from None
    settings = WorkSettings(lock_timeout_ms=0, idle_in_transaction_ms=0)
    session = await open_session(
        found, purpose="work", run=target.run, step=step, settings=settings, runs_the_plan=False, attributes="standby"
    )
    target.lent(session, found)
    return found, session
