"""What the recorder writes of the server's log and of long texts: redacted first, then cut."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tui.engine.recorder import Recorder
from tui.engine.redaction.redactor import Redactor
from tui.journal.clock import RunClock
from tui.journal.cut import LONGEST
from tui.journal.events import LogLines, NoteAdded
from tui.journal.writer import JournalWriter
from tui.run.state import RunState

SECRET = "long-Zebra-1234"


def test_statements_of_the_servers_log_and_texts_that_are_cut(tmp_path: Path) -> None:
    recorder = Recorder(
        JournalWriter.create(tmp_path / "journal", RunClock.start()), RunState(), Redactor([SECRET, "two\nlines"])
    )
    statement = f"ERROR:  no\nSTATEMENT:  alter role x\n\tpassword 'abc'; select '{SECRET}', 'two\nlines'\nCONTEXT:  x"
    recorder.append(LogLines(stream="server", text=f"{statement}\nnext", lines=({"rows": 5}, {"rows": 1})))
    for before in range(LONGEST - len(SECRET), LONGEST, 3):
        recorder.append(NoteAdded(text="y" * before + SECRET + "y" * 200))
    recorder.close()
    written = (tmp_path / "journal").read_text()
    assert SECRET[:4] not in written and "'abc'" not in written and "two" not in written
    (line,) = [line for line in _lines(written) if line.stream == "server"]
    assert [entry["text"].count("\n") for entry in line.entries()] == [4, 0]


def _lines(written: str) -> list[LogLines]:
    found = []
    for line in written.splitlines():
        data = msgspec.json.decode(line)
        if data["type"] == "log.lines":
            found.append(msgspec.convert(data["data"], LogLines))
    return found
