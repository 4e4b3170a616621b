"""Fingerprints of the target or of a scratch database, each on a session of its own."""

from __future__ import annotations

import time

from tui.engine.drivers.query import LOCK_TIMEOUT, QueryDriver, sql_error
from tui.engine.target.outage import Outage
from tui.journal.remarks import neutral_of
from tui.postgres.conninfo.parameters import WorkSettings
from tui.postgres.errors import PostgresError
from tui.postgres.fingerprint import Content, fingerprint
from tui.postgres.identity import OtherTarget
from tui.steps.effects import FingerprintTaken, SqlError, TakeFingerprint


class FingerprintDriver:
    """Carries out TakeFingerprint. `queries` lends the sessions; `outage` waits for a server that is away."""

    def __init__(self, queries: QueryDriver, outage: Outage | None = None) -> None:
        self._queries = queries
        self._outage = outage

    async def take(self, effect: TakeFingerprint) -> FingerprintTaken:
        """Take it; the error is in the answer. Raises OtherTarget alone, where nobody was asked."""
        while True:
            began = time.monotonic()
            try:
                found = await self._taken(effect)
            except OtherTarget:
                raise
            except PostgresError as error:
                if self._outage is not None and await self._outage.explains(error):
                    continue
                return FingerprintTaken(error=sql_error(error), seconds=_since(began))
            except OSError as error:
                lost = SqlError(sqlstate=None, message=neutral_of(error), lost=True)
                return FingerprintTaken(error=lost, seconds=_since(began))
            return FingerprintTaken(found=found, seconds=_since(began))

    async def _taken(self, effect: TakeFingerprint) -> dict[str, object]:
        content = Content(tables=effect.tables, rows=effect.rows, within=effect.within) if effect.tables else None
        settings = WorkSettings(
            lock_timeout_ms=int(LOCK_TIMEOUT * 1000), idle_in_transaction_ms=0, read_only=True, role=effect.role
        )
        async with self._queries.lent("fingerprint", settings, database=effect.scratch_database) as session:
            return await fingerprint(session, content, columns=effect.columns, moment=effect.moment)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 6)
