"""What a target is asked as a run opens or is taken up: how much data it has, and work that its ledger has and the
journal does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from tui.engine.target.access import TargetAccess
from tui.plan.model import Step
from tui.postgres.errors import PostgresError
from tui.postgres.evidence import ledger
from tui.postgres.sizes import DataSizes, measure
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.said import N_, Joined, Said
from tui.sql.touched import Touches
from tui.steps.registry import KINDS

_PATIENCE = 10.0
_ANY = 2**31 - 1


async def unrecorded(target: TargetAccess, state: RunState) -> list[list[Any]]:
    """Step, attempt and statement of rows that the journal does not know, ten at most. To be asked before anything is
    executed. Where the run's own server does not answer now it is asked when it does (`TargetAccess.begun`)."""
    opened = state.opened
    if opened is None or not opened.ledger:
        return []
    target.begun = [_begun(at) for at in state.steps if at.attempt] or [("", 0, 0)]
    try:
        async with asyncio.timeout(_PATIENCE):
            session = await target.open("control")
            try:
                own = (state.identity or {}).get("system_identifier")
                if session.server is None or session.server.system_identifier != own:
                    return []
                rows = await ledger.unknown(session, opened.id, target.begun)
                target.begun = []
                return rows
            finally:
                await session.close()
    except (PostgresError, TimeoutError):
        return []


def unrecorded_words(rows: list[list[Any]], run: str, target: str) -> Said:
    """What is known of a journal that its run's ledger is ahead of, and what a person can do."""
    text = N_(
        "The ledger of {target} has work of the run {run} that its journal does not know ({work}): the journal has "
        "lost its end, or is an older copy. Nothing is done on the strength of it. Put the whole journal back, then go "
        "on with: virada continue {run}. Where it is lost for good, look at the database and begin another run."
    )
    work = dict.fromkeys((str(row[0]), row[1]) for row in rows)
    told = [Said("{step}, attempt {attempt}", step=step, attempt=attempt) for step, attempt in work]
    return Said(text, target=target, run=run, work=Joined(told, "; "))


def _rows_behind(step: Step) -> bool:
    kind = KINDS.get(step.kind)
    return kind is not None and kind.rows_behind is not None and kind.rows_behind(kind.typed(step.spec))


def _begun(at: StepState) -> tuple[str, int, int]:
    """The step, its latest attempt, and the last statement of it that may have a row."""
    # What has ended, and what waits to be begun again, has whatever rows it has; the row of a script of transactions of
    # its own is written behind them, without an event.
    if at.status != "running" or _rows_behind(at.step):
        return at.id, at.attempt, _ANY
    return at.id, at.attempt, at.tx_statement if at.witness is not None else at.done - 1


MOST = 1000
"""Names and calls that are asked about: of more nothing is known."""


async def measured(target: TargetAccess, touches: Iterable[Touches]) -> DataSizes | None:
    """What is known of it; None where the server did not say."""
    about = Touches()
    for each in set(touches):
        about |= each
    try:
        control = await target.control()
        found = await measure(control, about.names[:MOST], about.calls[:MOST])
    except PostgresError:
        return None
    if len(about.names) > MOST or len(about.calls) > MOST:
        return DataSizes(database=found.database, functions=about.calls)
    return found
