"""What a server says of a transaction id."""

from __future__ import annotations

from typing import Literal

from tui.postgres.errors import StatementFailed
from tui.postgres.session import Session

XidStatus = Literal["committed", "aborted", "in progress", "too old", "in the future", "unknown"]


async def xid_status(session: Session, xid: str) -> XidStatus:
    """What the server says of a transaction id; `unknown` when there is no id to ask about."""
    if not xid:
        return "unknown"
    try:
        status = (await session.rows("xid_status", [xid]))[0][0]
    except StatementFailed as error:
        if error.sqlstate == "22023":
            return "in the future"
        raise
    return "too old" if status is None else status
