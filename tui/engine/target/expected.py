"""What must answer in a target's name, and whether two sessions are where they should be."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.postgres.evidence.lineage import RunTraces
from tui.postgres.session import Session


class Expected(Struct, frozen=True):
    """What a run knows of its target: the identity, as neutral data, and what it left there. `renamed`: the oid of the
    database that may bear the name by now, because the run had begun to give it that."""

    identity: dict[str, Any]
    left: RunTraces
    renamed: int | None = None


def is_beside(session: Session, control: Session, elsewhere: bool) -> bool:
    """Whether two sessions are on one server, and, unless another database was asked for, in one database."""
    ours, theirs = session.server, control.server
    assert ours is not None and theirs is not None
    return ours.same_server(theirs) and (elsewhere or ours.database_oid == theirs.database_oid)
