"""What a step prints, in `output/<step>.<attempt>`: redacted, complete, and group by group in the journal."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any

from tui.engine.recorder import Recorder
from tui.engine.spool import last_part
from tui.helm.paths import RunPaths, open_file
from tui.journal.events import StepOutput

_GROUP_S = 0.04


class StepOutputFile:
    """The output of one attempt. `line` takes what the engine itself has to say of it: the server's notices.

    Children write behind what is there (`length`) through a spool of their own and report with `grown`.
    """

    def __init__(self, recorder: Recorder, paths: RunPaths, step: str, attempt: int) -> None:
        self.path: Path = paths.output / f"{step}.{attempt}"
        self.length = 0
        self._recorder = recorder
        self._step = step
        self._attempt = attempt
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._file = -1

    def line(self, text: str) -> None:
        """Take a line; it is written with others within 40 ms."""
        self._lines.append(text)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GROUP_S, self._flush_later)

    def _flush_later(self) -> None:
        try:
            self.flush()
        except Exception as error:
            # What a server says must not end the work it is about; a broken journal ends it at its next event.
            self._recorder.stuck = self._recorder.stuck or str(error)

    def flush(self) -> None:
        """Write what was taken, and tell the journal."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._lines:
            return
        text = self._recorder.redactor.text("\n".join(self._lines) + "\n")
        self._lines.clear()
        data = text.encode("utf-8", "replace")
        if self._file < 0:
            self._file = open_file(self.path, 0o640)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        budget = self._recorder.budget
        shown = last_part(data, budget.level(last=True), whole=len(data))
        budget.spend(len(shown))
        self._recorder.append(
            StepOutput(
                step=self._step, attempt=self._attempt, stream="notice",
                text=shown.decode("utf-8", "replace"), offset=self.length,
                length=len(data), sha256=hashlib.sha256(data).hexdigest(), dropped=len(data) - len(shown),
            )
        )  # fmt: skip
        self.length += len(data)

    def grown(self, length: int) -> None:
        """The file now has this length."""
        self.length = length

    def evidence(self) -> dict[str, Any]:
        """What of the output stands in an outcome: where it lies and how long it is."""
        self.flush()
        if not self.length:
            return {}
        return {"output": {"path": f"output/{self.path.name}", "bytes": self.length}}

    async def close(self) -> None:
        """Write what is left and close the file."""
        try:
            self.flush()
        finally:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
