"""Sessions to servers that a service names: the standby that is read in the target's place, and others beside it."""

from __future__ import annotations

from msgspec.structs import replace

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
    return await elsewhere(target, service, step, WorkSettings(lock_timeout_ms=0, idle_in_transaction_ms=0))


async def elsewhere(
    target: TargetAccess, service: str, step: str, settings: WorkSettings, database: str | None = None
) -> tuple[Resolved, Session]:
    """To the server that a service names, of several hosts to a standby where there is one. `database`: in place of the
    service's own. Raises ConnectFailed."""
    try:
        found = resolve(f"service={conninfo_value(expand(service, target.environment))}", target.environment)
    except ExpansionError as error:
        raise ConnectFailed(Coded(Remarked.VARIABLE_UNSET, name=error.name)) from None
    if database is not None:
        found = replace(found, parameters=found.parameters | {"dbname": database})
    session = await open_session(
        found, purpose="work", run=target.run, step=step, settings=settings, runs_the_plan=False, attributes="standby"
    )
    target.lent(session, found)
    return found, session
