"""What a step prints, in `output/<step>.<attempt>`: redacted, complete, and group by group in the journal."""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tui.engine.programs.spool import last_part
from tui.engine.recorder import Recorder
from tui.files import open_or_create, write_all
from tui.journal.events import StepOutput
from tui.journal.line import JournalError
from tui.journal.remarks import neutral_of
from tui.runs.paths import RunPaths

_GROUP_S = 0.04
_GROUP_LONGEST = 1 << 20
"""Characters that wait for that; a flood of notices does not queue up."""


class StepOutputFile:
    """The output of one attempt. `line` takes what the engine itself has to say of it: the server's notices.

    Children write behind what is there (`length`) through a spool of their own and report with `grown`. A file that
    cannot be written costs what would be in it, which `evidence` says, and not the work it is about.
    """

    def __init__(self, recorder: Recorder, paths: RunPaths, step: str, attempt: int) -> None:
        self.path: Path = paths.output / f"{step}.{attempt}"
        self.length = 0
        self._recorder = recorder
        self._step = step
        self._attempt = attempt
        self._lines: list[str] = []
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._file = -1
        self.trouble: str | dict[str, Any] | None = None
        """Why the file does not hold all of it."""

    def line(self, text: str) -> None:
        """Take a line; it is written with others within 40 ms."""
        self._lines.append(text)
        self._waiting += len(text)
        if self._waiting > _GROUP_LONGEST:
            self._flush_later()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GROUP_S, self._flush_later)

    def _flush_later(self) -> None:
        try:
            self.flush()
        except JournalError:
            # What a server says must not end the work it is about; the next event meets the same.
            return
        except Exception as error:
            self.trouble = self.trouble or neutral_of(error)

    def flush(self) -> None:
        """Write what was taken, and tell the journal."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._lines:
            return
        text = self._recorder.redactor.text("\n".join(self._lines) + "\n")
        self._lines.clear()
        self._waiting = 0
        data = text.encode("utf-8", "replace")
        self._write(data)
        budget = self._recorder.budget
        shown = last_part(data, budget.level(last=True), whole=len(data))
        budget.spend(len(shown))
        told = StepOutput(
            step=self._step, attempt=self._attempt, stream="notice", text=shown.decode("utf-8", "replace"),
            dropped=len(data) - len(shown),
        )  # fmt: skip
        if self.trouble is None:
            told = replace(told, offset=self.length, length=len(data), sha256=hashlib.sha256(data).hexdigest())
            self.length += len(data)
        self._recorder.append(told)

    def _write(self, data: bytes) -> None:
        """Once this has failed nothing more is written: what is there would not be what the journal says."""
        if self.trouble is not None:
            return
        try:
            if self._file < 0:
                self._file = open_or_create(self.path, 0o640)
            write_all(self._file, data)
        except OSError as error:
            self.trouble = neutral_of(error)

    def grown(self, length: int) -> None:
        """The file now has this length."""
        self.length = length

    def evidence(self) -> dict[str, Any]:
        """What of the output stands in an outcome: where it lies and how long it is."""
        self.flush()
        found: dict[str, Any] = {}
        if self.length:
            found["output"] = {"path": f"output/{self.path.name}", "bytes": self.length}
        return found if self.trouble is None else found | {"output_error": self.trouble}

    async def close(self) -> None:
        """Write what is left and close the file."""
        try:
            self.flush()
        finally:
            if self._file >= 0:
                file, self._file = self._file, -1
                # What an error of closing is about cannot be told any more.
                with suppress(OSError):
                    os.close(file)
