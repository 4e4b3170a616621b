"""The run's document, made by a process of its own: the engine knows no language, and waits for no document."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from tui.engine.drivers.child import ChildDriver
from tui.journal.events import RunOpened
from tui.onefile import held
from tui.runs.paths import RunPaths
from tui.steps.effects import MakeReport, ReportMade, RunChild

_ROOT = str(Path(__file__).resolve().parents[3])


class ReportDriver:
    """Carries out MakeReport for one attempt, as one of its programs."""

    def __init__(self, paths: RunPaths, opened: RunOpened, children: ChildDriver) -> None:
        self._paths = paths
        self._locale = opened.plan.locale
        self._children = children

    async def make(self, effect: MakeReport) -> ReportMade:
        """See MakeReport. What was there under its name is another document afterwards, or as it was."""
        file = self._paths.artifacts / effect.name
        named = [word for part in effect.parts for word in ("--part", part)]
        argv = (
            sys.executable, "-m", "tui.cli.main", "report", str(self._paths.directory), "--format", effect.format,
            "-o", str(file), *named, *(["--cast"] if effect.cast else []),
        )  # fmt: skip
        await asyncio.to_thread(held.whole)
        done = await self._children.run(RunChild(argv=argv, environment=self._variables(), timeout=effect.timeout))
        if done.status != 0:
            return ReportMade(done=done)
        files = [file, *([file.with_suffix(".cast")] if effect.cast else [])]
        return ReportMade(done=done, files=tuple(await asyncio.to_thread(lambda: [_told(each) for each in files])))

    def _variables(self) -> dict[str, str]:
        """Where this program's own modules are; the plan's language, whoever's the engine was started in."""
        path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
        found = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
        return found if self._locale is None else found | {"LANGUAGE": self._locale}


def _told(file: Path) -> dict[str, Any]:
    data = file.read_bytes()
    return {"file": file.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
