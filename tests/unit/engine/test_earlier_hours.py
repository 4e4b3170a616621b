"""What an earlier run's monitor measured at the same hour of the day, on the same database."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tui.engine.drivers.hours import earlier_hours

HERE = {"system_identifier": "7", "database": "app"}
FIGURES = {"response_time": {"median": 0.1, "p95": 0.2, "max": 0.3, "samples": 3600}}


def run(home: Path, ident: str, *steps: dict[str, Any], **opened: Any) -> None:
    lines = [{"type": "run.opened", "data": {"id": ident, "identity": HERE, **opened}}]
    lines += [{"type": of.pop("type", "step.passed"), "data": {"evidence": of}} for of in steps]
    place = home / "runs" / ident
    place.mkdir(parents=True)
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (place / "journal.jsonl").write_text(text)


def test_the_last_run_on_the_database_counts_hour_by_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    other = {"response_time": FIGURES["response_time"] | {"median": 9.0}}
    run(tmp_path, "20260101T000000Z-0001", {"hours": {"22": other, "23": other}})
    run(tmp_path, "20260102T000000Z-0002", {"hours": {"22": FIGURES}})
    run(tmp_path, "20260103T000000Z-0003", {"hours": {"22": other}, "type": "step.failed"})
    run(tmp_path, "20260104T000000Z-0004", {"hours": {"22": other}}, compress=1000.0)
    run(tmp_path, "20260105T000000Z-0005", {"hours": {"22": other}}, identity=HERE | {"database": "b"})
    run(tmp_path, "20260106T000000Z-0006", {"hours": {"22": other}})
    os.mkfifo(tmp_path / "runs" / "20260106T000000Z-0006" / "x")
    (tmp_path / "runs" / "20260107T000000Z-0007").mkdir()
    found = earlier_hours(HERE, but="20260106T000000Z-0006")["hours"]
    assert found["22"] == FIGURES | {"run": "20260102T000000Z-0002"}
    assert found["23"]["run"] == "20260101T000000Z-0001" and set(found) == {"22", "23"}
