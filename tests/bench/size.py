"""How much each bench does: as on a person's request, or just enough to show that it works."""

from __future__ import annotations

from msgspec import Struct


class Size(Struct, frozen=True, kw_only=True):
    rounds: int = 5
    appends: int = 200
    """Durable appends of each kind in a round."""
    group_events: int = 20_000
    output_mib: int = 1024
    workload_rows: int = 200_000
    presses: int = 300
    flood_lines: int = 50_000
    """Lines a second."""
    watch_s: float = 10.0
    """Seconds for which bytes and CPU are counted."""
    readers: tuple[int, ...] = (1, 20, 200)
    readers_s: float = 5.0
    recording_s: int = 86_400
    recording_lines: int = 1_000_000
    rows: int = 6_000_000
    """That a script returns."""
    memory_rounds: int = 1
    """At most: one of a day's samples takes minutes."""
    backfill_rows: tuple[int, ...] = (100_000, 1_000_000, 10_000_000)
    backup_mb: int = 1000
    """Of a database's rows, about."""
    seeks: int = 20
    steps: tuple[int, ...] = (10, 100, 1_000, 10_000)
    lines: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    """Of the log of one recording."""


TINY = Size(
    rounds=1, appends=5, group_events=200, output_mib=2, workload_rows=200, presses=4, flood_lines=1_000, watch_s=1.0,
    readers=(1, 3), readers_s=0.5, recording_s=120, recording_lines=600, seeks=2, steps=(10, 30), backup_mb=1,
    lines=(100, 600), rows=20_000, backfill_rows=(2_000,),
)  # fmt: skip
