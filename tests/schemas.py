"""The JSON Schemas that ship as files: `python -m tests.schemas` writes them anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tui.journal.events import event_schemas
from tui.plan.schema import json_schema
from tui.report.model import report_schema
from tui.steps.registry import KINDS

PACKAGE = Path(__file__).resolve().parent.parent / "tui"
FILES = {
    PACKAGE / "plan" / "plan.schema.json": "plan", PACKAGE / "journal" / "events.schema.json": "events",
    PACKAGE / "report" / "report.schema.json": "report",
}  # fmt: skip


def schema_of(what: str) -> dict[str, Any]:
    """The schema of a plan file, of the data of every event by its type, or of a report."""
    match what:
        case "plan":
            return json_schema(KINDS)
        case "events":
            return event_schemas()
    return report_schema()


def text_of(what: str) -> str:
    """As it stands in the file."""
    return json.dumps(schema_of(what), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    for path, what in FILES.items():
        path.write_text(text_of(what), encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
