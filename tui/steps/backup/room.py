"""Whether a dump has room where it is written. Pure."""

from __future__ import annotations

from typing import Any, Final

from tui.journal.codes import FailReason
from tui.plan.scalars import disk_need
from tui.steps.backup.spec import BackupSpec

_GROWN: Final = 1.5
"""By how much a backup may be larger than the last one of the database."""


def needed(spec: BackupSpec, database: int | None, last: int | None) -> int | None:
    """Bytes that the dump is taken to need, of the database's and those of the last dump; None where nothing is asked
    or nobody knows. Of a part of the database nobody knows the size before its first dump."""
    part = bool(spec.schemas or spec.tables)
    if spec.space == "skip":
        return None
    if spec.space != "auto":
        return None if database is None else disk_need(spec.space, database)
    if last is not None:
        return int(_GROWN * last)
    return None if part else database


def too_small(spec: BackupSpec, space: dict[str, Any]) -> FailReason | None:
    """Whether it is known that the dump does not fit, or not known although the plan asks for it; notes in `space` what
    is needed."""
    need = needed(spec, space.get("database_bytes"), space.get("last_bytes"))
    space["need_bytes"] = need
    if need is None or space.get("free_bytes") is None:
        return FailReason.NOT_ANSWERED if spec.space != "auto" or "error" in space else None
    return FailReason.NO_SPACE if space["free_bytes"] < need else None
