"""How far a command is, by the server's own report; and WAL written meanwhile, for those it reports nothing
about.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tui.postgres.session import Session

# Which counters say how far a phase is: the first pair whose total is above zero. Unit, done, total.
_COUNTERS = (
    ("lockers", "lockers_done", "lockers_total"),
    ("tuples", "tuples_done", "tuples_total"),
    ("blocks", "blocks_done", "blocks_total"),
    ("blocks", "sample_blks_scanned", "sample_blks_total"),
    ("bytes", "backup_streamed", "backup_total"),
    ("bytes", "bytes_processed", "bytes_total"),
    ("blocks", "heap_blks_scanned", "heap_blks_total"),
)
# Counters without a total: they show movement and allow no percentage.
_OPEN = (("tuples", "tuples_processed"), ("tuples", "heap_tuples_written"), ("tuples", "heap_tuples_scanned"))


class Progress(msgspec.Struct, frozen=True):
    """One command of one backend. `total` is None where the server knows none: then there is no percentage."""

    pid: int
    command: str
    phase: str
    done: int | None
    total: int | None
    unit: str


async def progress(monitor: Session, pids: Iterable[int]) -> tuple[Progress, ...]:
    """What the server reports of these backends; empty for UPDATE, table rewrites, VALIDATE and SET NOT
    NULL.
    """
    rows = await monitor.rows("progress", {"pids": list(pids)})
    return tuple(_progress(*row) for row in rows)


def _progress(command: str, pid: int, phase: str, facts: str) -> Progress:
    counters = msgspec.json.decode(facts)
    label = command.lower().replace(" ", "_")
    if label == "vacuum" and phase == "vacuuming heap":
        return Progress(pid, label, phase, counters["heap_blks_vacuumed"], counters["heap_blks_total"], "blocks")
    for unit, done, total in _COUNTERS:
        if counters.get(total):
            return Progress(pid, label, phase, counters.get(done, 0), counters[total], unit)
    for unit, done in _OPEN:
        if done in counters:
            return Progress(pid, label, phase, counters[done], None, unit)
    return Progress(pid, label, phase, None, None, "")
