"""The twelve questions in seven situations at 80x24, with at most one key: of a plan that was rehearsed, or never."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.console.situations import SITUATIONS, UNREHEARSED, of_ones_own, shown_in
from tests.console.twin import Seen

SIZE = (80, 24)
QUESTIONS = (
    "1 what runs now, since when, against which estimate?", "2 what is next, and who does it?",
    "3 how long until the window opens or closes?", "4 will we finish in time?", "5 when is it too late to roll back?",
    "6 which guard is breached, since when, measured where?", "7 are we blocked, by whom, and whom do we block?",
    "8 did the migration commit?", "9 what failed, with which SQLSTATE?", "10 who has the helm, who am I?",
    "11 is this production?", "12 is what I see live, and how old is it?",
)  # fmt: skip


class Cell(Struct, frozen=True):
    """`wanted`: what answers the question; `never`: the same where the plan was never rehearsed, `own`: and says itself
    how long nothing takes, if these differ; `absent`: what would answer something else; `key`: the one key pressed."""

    wanted: tuple[str, ...]
    never: tuple[str, ...] | None = None
    own: tuple[str, ...] | None = None
    absent: tuple[str, ...] = ()
    key: str = ""


NEVER = ("roll back within", "at most")
UNKNOWN = ("last safe rollback not known: no rehearsal of this work has rolled back",)
QUIET = Cell(("ok",), absent=("BREACHED",), key="2")
FREE = Cell((), absent=("Waits !", "waiting for", "queue behind"))
HELM = Cell(("helm: you, ana@jump1", "OPERATOR"))
PRODUCTION = Cell(("PRODUCTION production",))
LIVE = Cell(("● live",), absent=("last event",))
UNTOUCHED = Cell(("· pending 2.2.1 Executar script de migração (dangerous)",), absent=("committed", "Committed"))
NOTHING_FAILED = Cell((), absent=("FAILED", "✗", "SQLSTATE", "error"))
BACKUP = Cell(("0:23 of about 4:40 2.1.1 Executar backup completo", "9.9 GB of 44.0 GB (22 %)"),
              never=("0:23 of about 5:00 2.1.1", "9.9 GB of 44.0 GB (22 %)"),
              own=("0:23 (not rehearsed) 2.1.1 Executar backup completo", "9.9 GB of 44.0 GB (22"))  # fmt: skip
BEHIND_BACKUP = Cell(
    ("· next 2.1.2 Verificar integridade do backup ~1:00 DBA",),
    own=("· next 2.1.2 Verificar integridade do backup DBA",),
)
ENDS = Cell(("ends about T+9m, 50 min to spare",), never=("ends about T+10m, 50 min to spare",),
            own=("end not known: 6 steps without estimate",))  # fmt: skip

CELLS: dict[str, tuple[Cell, ...]] = {
    "before the window": (
        Cell(("Next for DevOps",), absent=("▶",)),
        Cell(("Next for DevOps: 1.1.3 Informar usuários sobre a manutenção",)),
        Cell(("T-4:50 window opens in 4:50",)),
        replace(ENDS, own=("not before T+0m, 6 steps without estimate",)),
        Cell(("roll back within 1:00:50",), never=NEVER, own=UNKNOWN),
        QUIET, FREE, UNTOUCHED, NOTHING_FAILED, HELM, PRODUCTION, LIVE,
    ),
    "backup running": (
        BACKUP, BEHIND_BACKUP,
        Cell(("T+0:24 window closes in 59:36",)),
        ENDS,
        Cell(("roll back within 55:36",), never=NEVER, own=UNKNOWN),
        QUIET, FREE, UNTOUCHED, NOTHING_FAILED, HELM, PRODUCTION, LIVE,
    ),
    "blocked": (
        Cell(("0:18 of about 1:35 2.2.1 Executar script de migração",), never=("0:18 of about 2:00 2.2.1",),
             own=("0:18 (not rehearsed) 2.2.1",)),
        Cell(("· next 2.2.3 Preencher a região dos pedidos em lotes ~1:00 DBA",),
             own=("· next 2.2.3 Preencher a região dos pedidos em lotes DBA",)),
        Cell(("T+6:13 window closes in 53:46",)),
        Cell(("ends about T+10m, 50 min to spare",), own=("end not known: 4 steps without estimate",)),
        Cell(("roll back within 49:46",), never=NEVER, own=UNKNOWN),
        QUIET,
        Cell(("0:04 waits for a lock on app.orders, held by pid 4711, report, psql, idle in", "queue behind us",
              "Waits !")),
        Cell(("▶ waiting 2.2.1 Executar script de migração",), absent=("committed", "Committed")),
        NOTHING_FAILED, HELM, PRODUCTION, LIVE,
    ),
    "breached": (
        Cell(("0:55 of about 4:40 2.1.1 Executar backup completo",), never=("0:55 of about 5:00 2.1.1",),
             own=("0:55 (not rehearsed) 2.1.1",)),
        BEHIND_BACKUP,
        Cell(("T+0:56 window closes in 59:04",)),
        ENDS,
        Cell(("roll back within 55:04",), never=NEVER, own=UNKNOWN),
        Cell(("0:33 response time is BREACHED: 340 ms, measured on db1", "Gauges !")),
        FREE, UNTOUCHED, NOTHING_FAILED, HELM, PRODUCTION, LIVE,
    ),
    "failed psql step": (
        Cell(("FAILED", "▶ running 2.2.2 Monitorar logs em tempo real 0:19"),
             own=("FAILED", "▶ running 2.2.2 Monitorar logs em tempo real 0:19")),
        Cell(("x tries again, - skips, R rolls back",)),
        Cell(("T+6:14 window closes in 53:45",)),
        Cell(("ends about T+10m, 50 min to spare",), own=("end not known: 4 steps without estimate",)),
        Cell(("roll back within 49:45",), never=NEVER, own=UNKNOWN),
        QUIET, FREE,
        Cell(("part of it is in the database",), absent=("(committed)",)),
        Cell(("FAILED (SQLSTATE 42703) 2.2.1 Executar script de migração: column \"regiao\" does",)),
        HELM, PRODUCTION, LIVE,
    ),
    "rollback running": (
        Cell(("▶ 0:04 (not rehearsed) U2.2.1 Executar script de migração", "rolling back for 0:53")),
        Cell(("R1.3 Verificar",)),
        Cell(("T+7:27 window closes in 52:32",)),
        Cell(("rollback ends about T+11m, 48 min to spare",), never=("rollback not before T+11m",),
             own=("end of the rollback not known",)),
        Cell(("rolling back for 0:53",), absent=("roll back within",)),
        QUIET, FREE,
        Cell(("2.2.1 Executar script de migração (committed)",)),
        Cell(("attempt 2; the one before failed (SQLSTATE 55P03): canceling statement due to",
              "nothing of it is in the database")),
        HELM, PRODUCTION, LIVE,
    ),
    "engine killed": (
        Cell(("NOTHING RUNS. q, then virada attach", "2.1.1 Executar backup completo was at work for 0:21"),
             absent=("▶ running", " running ")),
        BEHIND_BACKUP,
        Cell(("window closes at 23:00", "T+0:22 at the last event, 22:00:22")),
        Cell(("no engine: the clocks stand",), own=("NOTHING RUNS",), absent=("to spare",)),
        Cell(("roll back before 22:56",), never=("roll back before 22:56 at the latest",), own=UNKNOWN),
        Cell(("no data for 5:00",), absent=(" ok ", "BREACHED"), key="2"),
        FREE, UNTOUCHED, NOTHING_FAILED, HELM, PRODUCTION,
        Cell(("engine ended, last event 5 min ago",), absent=("● live",)),
    ),
}  # fmt: skip


PLANS: dict[str, dict[str, Any]] = {"wanted": {}, "never": UNREHEARSED, "own": {**UNREHEARSED, "of": of_ones_own()}}


@pytest.mark.parametrize("known", list(PLANS))
@pytest.mark.parametrize("situation", list(SITUATIONS))
async def test_all_twelve_are_answered(situation: str, known: str, tmp_path: Path) -> None:
    story = SITUATIONS[situation](**PLANS[known])
    wrong: list[str] = []
    cells = CELLS[situation]
    assert len(cells) == len(QUESTIONS)
    async with shown_in(situation, story, tmp_path, SIZE) as seen:
        at_first = seen.text()
        for question, cell in zip(QUESTIONS, cells, strict=True):
            text = at_first if not cell.key else await _behind(seen, cell.key)
            wanted = cell.wanted if getattr(cell, known) is None else getattr(cell, known)
            # Columns are as wide as what stands in them.
            flat = " ".join(text.split())
            missing = [each for each in wanted if each not in flat]
            untrue = [each for each in cell.absent if each in text]
            if missing or untrue:
                wrong.append(f"{question}: not there {missing}, there {untrue}")
        assert not wrong, "\n".join([*wrong, at_first])


async def _behind(seen: Seen, key: str) -> str:
    """What one key shows; and back."""
    await seen.press(key)
    text = seen.text()
    await seen.press("1")
    return text
