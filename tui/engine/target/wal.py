"""Where the server's log is: how far the target has come, as far as that is safe on disk."""

from __future__ import annotations

from typing import Any

from tui.engine.target.access import TargetAccess
from tui.postgres.errors import PostgresError
from tui.postgres.evidence.commits import pin


async def reached(target: TargetAccess) -> dict[str, Any]:
    """Where the server's log is, on disk, as facts; empty where the control session does not answer now. It is not
    opened for this: whoever answers then is another question."""
    control, known = target.control_session, target.identity
    if control is None or known is None:
        return {}
    try:
        lsn, all_of_it = (await control.rows("wal_here"))[0]
        if not all_of_it:
            lsn = await pin(control)
    except PostgresError:
        return {}
    return {"lsn": lsn, "timeline": known.timeline, "postmaster_start": known.postmaster_start}
