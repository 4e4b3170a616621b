"""One `check` step on a real server: what it found, by the names of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.words.steps import evidence_words

PLAN = """
virada: 1
name: looked
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none, {target}}}}}
{more}
phases:
  - title: Look
    sections:
      - title: Look
        steps:
          - {{id: look, title: Look, check: {check}}}
{steps}
"""


class Looked:
    """`rows` in their order; `event` is the step's outcome, `words` what its line in the checklist says."""

    def __init__(self, event: Event, words: str) -> None:
        self.event = event
        self.words = words
        evidence = event["data"]["evidence"]
        self.rows: list[dict[str, Any]] = evidence["checks"]
        self.failed: list[str] = evidence.get("failed", [])
        self.unanswered: list[str] = evidence.get("unanswered", [])

    @property
    def codes(self) -> set[str]:
        """Every reason that is told of a row."""
        return {why["code"] for row in self.rows for why in row.get("why", ())}

    def row(self, name: str, **facts: Any) -> dict[str, Any]:
        """The one of this name, and with these facts."""
        found = [row for row in self.rows if row["name"] == name and facts.items() <= row.items()]
        assert len(found) == 1, f"{len(found)} of {name} {facts}: {self.rows}"
        return found[0]


async def look(
    home: Path, database: Database | str, check: str, steps: str = "", *, target: str = "", more: str = "",
    files: Mapping[str, str] | None = None, **rig: Any,
) -> Looked:  # fmt: skip
    """`steps`: further ones of the plan, indented by ten blanks; `target`, `more`: keys of the target and the plan."""
    plan = PLAN.format(check=check, steps=steps, target=target, more=more)
    async with Rig(home, database, plan, files, **rig) as run:
        return await looked(run)


async def looked(rig: Rig, step: str = "look") -> Looked:
    """Execute a check of a run and see what it found."""
    event = await rig.execute(step)
    return Looked(event, evidence_words(rig.step(step)))
