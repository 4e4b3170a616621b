"""The key that a walk goes along, chosen by what the server says of the table, and why there may be none."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.sql.assigned import assigned_columns
from tui.steps.batch import keys
from tui.steps.batch.asking import Asking, Unanswered
from tui.steps.batch.spec import BatchSpec
from tui.steps.effects import Effect

KEYLESS: Final = frozenset({FailReason.NO_KEY, FailReason.KEY_CHANGED, FailReason.KEY_DOES_NOT_GROW})
"""Why there is none."""


def chosen_key(asking: Asking, spec: BatchSpec) -> Generator[Effect, Any, keys.WalkedKey]:
    """Raises Unanswered where there is none by which each row is met once."""
    found = keys.key_of((yield from asking.about_table("batch_key")).rows, spec.key)
    if found is None:
        raise Unanswered(FailReason.NO_KEY)
    if {column.name for column in found.columns} & set(assigned_columns(spec.set)):
        raise Unanswered(FailReason.KEY_CHANGED)
    if not spec.where and not found.columns[0].grows:
        raise Unanswered(FailReason.KEY_DOES_NOT_GROW)
    return found
