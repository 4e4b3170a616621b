"""How a session is opened, and its safety settings put in force."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping

from tui.journal.remarks import Coded, Remarked
from tui.plan.model import BRIEF
from tui.postgres.conninfo.connection_string import bad_value, masked
from tui.postgres.conninfo.parameters import (
    Address,
    Purpose,
    WorkSettings,
    application_name,
    connection_parameters,
    session_settings,
)
from tui.postgres.conninfo.resolve import Resolved, resolve
from tui.postgres.errors import ConnectFailed, PostgresError, StatementFailed
from tui.postgres.results import Backend, ServerMark, ServerNotice
from tui.postgres.session import Session

_OURS = "pg_catalog, pg_temp"
"""The search path of our own statements: nobody but a superuser can put anything there."""
_SETTLED_S = 30.0
"""Seconds for what a new session is asked and told before it is used."""


async def open_session(
    dsn: str | Resolved,
    *,
    purpose: Purpose,
    run: str,
    step: str | None = None,
    settings: WorkSettings | None = None,
    on_notice: Callable[[ServerNotice], None] | None = None,
    environment: Mapping[str, str] | None = None,
    runs_the_plan: bool | None = None,
    address: Address | None = None,
    attributes: str = "primary",
    meet: Callable[[Session], Awaitable[bool]] | None = None,
    settle: bool = True,
    bare: bool = False,
) -> Session:
    """Open a session, tagged `virada <run> <purpose or step>`, with every safety setting of its purpose in
    force.

    `dsn` has its variables expanded already, or is resolved already. Of several hosts the primary is taken, or with an
    `address` that server alone; `attributes` "standby" prefers a standby of several instead. `runs_the_plan`:
    statements of the plan's author run here, under the database's own search path, as on every work session; on others
    names are looked up in pg_catalog alone. Raises ConnectFailed, also when the settings cannot be put in force: then
    the session is closed and nothing was executed.

    `meet` sees the session before any setting is in force, raises where it must not be used, and says whether to
    `settle` it: through a pooler that lends its servers out, settings would outlive the session in somebody else's.
    `bare`: it stays as it was connected.
    """
    import psycopg

    from tui.postgres import driver

    name = application_name(run, step or purpose)
    if isinstance(dsn, str):
        dsn = resolve(dsn, os.environ if environment is None else environment)
    resolved = dsn
    parameters = connection_parameters(
        resolved, purpose=purpose, name=name, address=address, attributes=attributes,
        tolerate=BRIEF if settings is None else settings.tolerate_s,
    )  # fmt: skip
    try:
        connection = await driver.connect(parameters)
    except (psycopg.Error, UnicodeError, OSError) as error:
        sqlstate = error.sqlstate if isinstance(error, psycopg.Error) else None
        said = str(error).strip()
        raise ConnectFailed(bad_value(said) or masked(said, resolved.dsn, resolved.secrets), sqlstate) from None
    of_the_plan = purpose == "work" if runs_the_plan is None else runs_the_plan
    session = Session(
        connection, purpose=purpose, settings=settings, on_notice=on_notice, runs_the_plan=of_the_plan
    )  # fmt: skip
    if bare:
        return session
    try:
        async with asyncio.timeout(_SETTLED_S):
            if meet is not None:
                settle = await meet(session) and settle
        wanted = session_settings(purpose, settings) if settle else None
        async with asyncio.timeout(_SETTLED_S):
            try:
                await _settle_in(session, wanted, settings.search_path if settings else None)
            except PostgresError as error:
                raise ConnectFailed(Coded(Remarked.SETTINGS_REFUSED, reason=error.message), error.sqlstate) from None
    except TimeoutError:
        await session.close()
        raise ConnectFailed(Coded(Remarked.SERVER_SILENT)) from None
    except BaseException:
        await session.close()
        raise
    return session


async def _settle_in(session: Session, settings: dict[str, str] | None, path: str | None) -> None:
    """Put the settings in force, the role last: it may lack the right to be asked anything else.

    The database's owner chooses its search path, and could plant functions and operators there that our statements
    would call with the rights of whoever logs in. So these run under the system's own path, and whatever is sent on
    the step's session later names the schema of everything it uses.
    """
    if settings is not None:
        await session.execute(f"set search_path = {_OURS}")
        await _apply(session, settings)
    pid, start, *mark = (await session.rows("backend_self"))[0]
    session.backend, session.server = Backend(pid=pid, start=start), ServerMark(*mark)
    if path is not None:
        await session.rows("search_path_set", [path])
    elif session.runs_the_plan and settings is not None:
        await session.execute("reset search_path")
    if session.role is not None:
        await session.rows("role_set", [session.role])


async def _apply(session: Session, settings: dict[str, str]) -> None:
    try:
        rows = await session.rows("settings_apply", [list(settings), list(settings.values())])
        session.known = dict(rows)
    except StatementFailed:
        # One that this platform lacks (client_connection_check_interval needs Linux or the like) must not
        # cost the rest.
        for name, value in settings.items():
            try:
                session.known |= dict(await session.rows("settings_apply", [[name], [value]]))
            except StatementFailed:
                if name not in ("client_connection_check_interval", "tcp_user_timeout"):
                    raise
