"""Every part of the program that starts another, or reads its own files late, first asks whether it is still there."""

from __future__ import annotations

import re
from pathlib import Path

import tui

ROOT = Path(tui.__file__).parent
NOT_STARTED = {"doctor/program.py", "cli/timer.py"}
"""Name their interpreter to a person."""


def test_who_starts_this_interpreter_again_asks_before() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in ROOT.rglob("*.py")
        if re.search(r"sys\.executable|\bINTERPRETER\b", path.read_text(encoding="utf-8"))
    }
    assert {"engine/process/launch.py", "engine/process/detach.py", "demo/watchdog.py"} <= set(found)
    for name, text in found.items():
        if name not in NOT_STARTED and name != "engine/process/launch.py":
            assert "held.whole" in text or "held.part" in text, name
    # An engine is started by what detaches it.
    assert "start_detached(" in found["engine/process/launch.py"]
