"""What became of a step that makes another database the target: which of the two bears the name.

Whoever opened the control session has found that out (`TargetAccess`), and the journal says it since. Before it is
believed nobody may still be at work: neither the program that fills the new database, nor the session that renames.
"""

from __future__ import annotations

import time
from typing import Final

from tui.engine.attempt.executor import Executor
from tui.engine.drivers.swap import work_of
from tui.journal.codes import FateReason
from tui.postgres.conninfo.parameters import application_name
from tui.postgres.evidence import fence
from tui.postgres.evidence.commits import FateVerdict
from tui.run.steps import StepState

_PATIENCE_S: Final = 2.0


async def swap_fate(attempt: Executor, at: StepState) -> FateVerdict:
    """Raises PostgresError where the server could not be asked."""
    await attempt.children.end_leftovers(at.child)
    control = await attempt.target.control()
    if not await attempt.children.backends_gone(control):
        return FateVerdict("still_running", FateReason.BACKEND_ALIVE, {})
    left = await fence.find_backends(control, application_name(attempt.opened.id, work_of(at.id)))
    for backend in left:
        await fence.terminate(control, backend)
    alive = await fence.wait_until_gone(control, left, time.monotonic() + _PATIENCE_S)
    if alive:
        return FateVerdict("still_running", FateReason.BACKEND_ALIVE, {"pid": alive[0].pid})
    # A rename that was on its way when it was asked first has ended by now; whoever bears the name keeps it.
    control = await attempt.target.renewed()
    swap = attempt.recorder.state.swap
    if swap is None or (swap.step, swap.attempt) != (at.id, at.attempt):
        return FateVerdict("not_applied", FateReason.NOTHING_SENT, {})
    facts = {"old_oid": swap.old_oid, "new_oid": swap.new_oid, "kept_as": swap.kept_as}
    if swap.done:
        return FateVerdict("applied", FateReason.CATALOGUE, {**swap.facts, **facts})
    return FateVerdict("not_applied", FateReason.CATALOGUE, facts)
