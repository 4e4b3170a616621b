"""How much data the target has as a run opens: asked once, and never what keeps a run from opening."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.target.access import TargetAccess
from tui.postgres.errors import PostgresError
from tui.postgres.sizes import DataSizes, measure
from tui.sql.touched import Touches

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
