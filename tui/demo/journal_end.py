"""Has a run's journal been closed? Reads what was added since the last look, and nothing of the journal's package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20


class JournalEnd:
    """Looks for a complete line of type `run.closed` in `RUN/journal.jsonl`; a missing file is an open run."""

    def __init__(self, run_directory: Path) -> None:
        self.path = run_directory / "journal.jsonl"
        self.closed = False
        self._offset = 0

    def look(self) -> bool:
        """Read what is new; True from the moment the run is closed."""
        if self.closed:
            return True
        try:
            with self.path.open("rb") as journal:
                self._read(journal)
        except OSError:
            return False
        return self.closed

    def _read(self, journal: BinaryIO) -> None:
        """Go on behind the last complete line: what follows it does not exist yet and may be cut on recovery."""
        journal.seek(self._offset)
        rest = b""
        while chunk := journal.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._offset += len(line) + 1
                self.closed = self.closed or _closes(line)


def _closes(line: bytes) -> bool:
    if b"run.closed" not in line:
        return False
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("type") == "run.closed"
