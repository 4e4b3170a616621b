"""`window`: defined, not over, without a change of the clocks, long enough for the work and for a way back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.engine.checks.looks import Looked, look, looked
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import Shortcoming
from tui.journal.events import OpenWindow
from tui.run.clock import instant, rfc3339

PLAN = """
virada: 1
name: window
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none}}}}
phases:
  - title: Preparation
    sections:
      - title: Look
        steps:
          - {{id: look, title: Look, check: {{window: true}}}}
  - title: Change
    {own}
    sections:
      - title: Change
        steps:
          - {{id: add, title: Add, sql: "select 1", undo: {{sql: "select 2"}}, {estimate}}}
rollback:
  phases:
    - title: Back
      sections:
        - title: Back
          {back}
          undo_applied: true
          steps: [{{id: told, title: Told, sign: "told", estimate: 1m}}]
"""


def window(opens: float, minutes: float, zone: str = "UTC") -> OpenWindow:
    return OpenWindow(
        opens=rfc3339(opens), closes=rfc3339(opens + minutes * 60 + 900), duration_s=minutes * 60, buffer_s=900.0,
        timezone=zone,
    )  # fmt: skip


async def at(
    home: Path, database: Database, its: OpenWindow | None, estimate: str = "estimate: 10m", back: str = "estimate: 5m",
    own: str = "starts: T+0",
) -> Looked:  # fmt: skip
    plan = PLAN.format(estimate=estimate, back=back, own=own)
    async with Rig(home, database, plan, window=its) as rig:
        return await looked(rig)


@pytest.mark.unsaid(Shortcoming.CLOCK_CHANGE, Shortcoming.NO_DURATION, Shortcoming.NO_WAY_BACK_KNOWN)
@awaited
async def test_one_in_which_all_of_it_fits(database: Database, tmp_path: Path) -> None:
    opens = time.time() + 86400
    found = await at(tmp_path, database, window(opens, 30))
    assert found.event["type"] == "step.passed" and not found.codes, found.rows
    length, back = found.row("window_length"), found.row("window_rollback")
    assert (length["found"], length["expected"]) == (600.0, 1800.0) and abs(length["begins_at_s"] - opens) < 1
    # Closes after 45 minutes, and going back takes five.
    assert back["rollback_s"] == 300.0 and abs(back["found"] - 2400) < 1 and back["after_work"] is True


@awaited
async def test_without_one_there_is_nothing_to_look_at(database: Database, tmp_path: Path) -> None:
    found = await look(tmp_path, database, "{window: true}")
    assert [(row["name"], row["holds"]) for row in found.rows] == [("window_defined", False)]


@awaited
async def test_the_work_takes_longer_than_it_or_nobody_knows(database: Database, tmp_path: Path) -> None:
    opens = time.time() + 3600
    late = await at(tmp_path / "1", database, window(opens, 5))
    assert late.failed == ["window_length"] and late.row("window_length")["found"] == 600.0
    unknown = await at(tmp_path / "2", database, window(opens, 5), estimate="", back="")
    assert unknown.event["data"]["reason"] == "not_answered"
    assert set(unknown.unanswered) == {"window_length", "window_rollback"}
    assert unknown.row("window_length")["unknown"] == ["add"] and unknown.codes == {"no_duration", "no_way_back_known"}


@awaited
async def test_the_way_back_takes_longer_than_it(database: Database, tmp_path: Path) -> None:
    found = await at(tmp_path, database, window(time.time() + 3600, 30), back="estimate: 2h")
    assert found.failed == ["window_rollback"] and found.row("window_rollback")["found"] < 0


@awaited
async def test_one_that_is_open_counts_for_what_is_left_of_it_and_one_that_is_over_does_not(
    database: Database, tmp_path: Path
) -> None:
    still = await at(tmp_path / "1", database, window(time.time() - 1500, 30))
    assert still.row("window_ahead")["found"] == "open" and still.failed == ["window_length"]
    assert still.row("window_length")["expected"] < 301
    over = await at(tmp_path / "2", database, window(time.time() - 7200, 30))
    assert over.row("window_ahead")["found"] == "over" and "window_ahead" in over.failed


@awaited
async def test_the_clocks_change_inside_it(database: Database, tmp_path: Path) -> None:
    """On the last Sunday of March 2031 in Berlin; in a phase's own window a day later, too."""
    change = instant("2031-03-30T01:00:00Z")
    inside = await at(tmp_path / "1", database, window(change - 1200, 30, "Europe/Berlin"))
    row = inside.row("window_clock")
    assert inside.failed == ["window_clock"] and (row["at_s"], row["by_s"]) == (change, 3600.0)
    assert inside.codes == {"clock_change"} and "Europe/Berlin" in inside.words
    own = "window: {opens: T+24h, duration: 2h}"
    found = await at(tmp_path / "2", database, window(change - 86400 - 1200, 10, "Europe/Berlin"), own=own)
    assert found.failed == ["window_clock"] and found.row("window_clock", of="Change")["holds"] is False
    utc = await at(tmp_path / "3", database, window(change - 1200, 30))
    assert utc.row("window_clock")["holds"] is True
