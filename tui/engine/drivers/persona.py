"""Statements as somebody of the application, in a transaction that is always taken back."""

from __future__ import annotations

from tui.engine.drivers.query import LOCK_TIMEOUT, QueryDriver, sql_error
from tui.engine.target.access import TargetAccess
from tui.engine.target.outage import Outage
from tui.journal.remarks import neutral_of
from tui.postgres.conninfo.parameters import WorkSettings, milliseconds
from tui.postgres.errors import ConnectionLost, PostgresError, StatementFailed
from tui.postgres.identity import OtherTarget
from tui.postgres.session import Session
from tui.sql.quoting import identifier
from tui.steps.effects import SqlError
from tui.steps.persona import AsPersona, StatementTried, Tried

_QUIET = "set local session_replication_role = replica"


class PersonaDriver:
    """Carries out AsPersona. `queries` lends the sessions; `outage` waits for a server that is away."""

    def __init__(self, target: TargetAccess, queries: QueryDriver, outage: Outage | None = None) -> None:
        self._target = target
        self._queries = queries
        self._outage = outage

    async def try_(self, effect: AsPersona) -> Tried:
        """Try them; errors are in the answer. Raises OtherTarget alone, where nobody was asked."""
        while True:
            try:
                return await self._tried(effect)
            except OtherTarget:
                raise
            except PostgresError as error:
                if self._outage is not None and await self._outage.explains(error):
                    continue
                return Tried(error=sql_error(error))
            except OSError as error:
                return Tried(error=SqlError(sqlstate=None, message=neutral_of(error), lost=True))

    async def _tried(self, effect: AsPersona) -> Tried:
        settings = WorkSettings(
            lock_timeout_ms=int(LOCK_TIMEOUT * 1000), statement_timeout_ms=milliseconds(effect.timeout),
            row_security=True,
        )  # fmt: skip
        identity = self._target.identity
        fresh = effect.used is None and identity is not None and identity.pooler == "none"
        async with self._queries.lent("persona", settings, runs_the_plan=True) as session:
            if effect.used is not None:
                await session.execute("begin")
                await _settings(session, dict.fromkeys(effect.used, "0"))
                await session.execute("commit")
            await session.execute("begin read only" if effect.reads else "begin")
            try:
                quiet = effect.quiet and await _quiet(session)
                if effect.must_be_quiet and not quiet:
                    return Tried(quiet=False, fresh=fresh)
                await session.execute(f"set local role {identifier(effect.role)}")
                await _settings(session, effect.settings)
                answers = [await _answered(session, statement) for statement in effect.statements]
            finally:
                await session.roll_back()
        return Tried(answers=tuple(answers), quiet=quiet, fresh=fresh)


async def _settings(session: Session, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        await session.execute("select pg_catalog.set_config(%s, %s, true)", [name, value])


async def _quiet(session: Session) -> bool:
    """Whether triggers are kept from firing from here on: a superuser may have that, or who was granted it (15)."""
    await session.execute("savepoint quiet")
    try:
        await session.execute(_QUIET)
    except ConnectionLost:
        raise
    except StatementFailed:
        await session.execute("rollback to savepoint quiet")
        return False
    return True


async def _answered(session: Session, statement: str) -> StatementTried:
    """One statement, in a savepoint: what it changes the next one does not see."""
    await session.execute("savepoint tried")
    try:
        result = await session.execute(statement)
    except ConnectionLost:
        raise
    except StatementFailed as error:
        return StatementTried(error=sql_error(error))
    finally:
        if not session.closed:
            await session.execute("rollback to savepoint tried")
    rows = result.rows or [()]
    return StatementTried(row=tuple(rows[0]), changed=max(result.rowcount, 0))
