"""The canary's question as SQL, on a session of its own with the monitor's limits."""

from __future__ import annotations

from tui.engine.target.access import TargetAccess
from tui.postgres.errors import PostgresError
from tui.postgres.session import Session
from tui.probes.canary import CanaryFailed


class SqlQuestion:
    """See tui.probes.canary.CanaryQuestion. The server ends a statement of a monitoring session after two seconds."""

    patience = 2.5

    def __init__(self, target: TargetAccess, sql: str) -> None:
        self._target = target
        self._sql = sql
        self._session: Session | None = None
        self._source = ""

    @property
    def source(self) -> str:
        return self._source

    async def prepare(self) -> None:
        if self._session is None or self._session.closed:
            try:
                self._session = await self._target.open("monitor", "canary", runs_the_plan=True)
            except PostgresError as error:
                raise CanaryFailed(error.message) from None
            self._source = f"{self._session.host}:{self._session.port}"

    async def ask(self) -> None:
        assert self._session is not None
        try:
            await self._session.run(self._sql)
        except PostgresError as error:
            raise CanaryFailed(error.message) from None

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
