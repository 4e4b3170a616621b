"""What a screen that opens keeps of a long journal: so many bytes, whatever the entries are."""

from __future__ import annotations

from tui.journal import events as e
from tui.journal.line import GENESIS, Line, encode, encode_data
from tui.journal.reader import Entry
from tui.recording import recent
from tui.recording.recent import RecentEntries


def entry(seq: int, event: e.Event) -> Entry:
    line = Line(1, seq, "2026-11-22T06:00:00.000000Z", float(seq), event.TYPE, "ana", encode_data(event), GENESIS)
    return Entry(0, encode(line), line)


def test_long_entries_of_every_kind_are_kept_up_to_a_bound() -> None:
    kept, text = RecentEntries(limit=1 << 20), "x" * (1 << 20)
    for seq in range(0, 90, 3):
        kept.add(
            entry(seq, e.StepFailed(step="a", attempt=1 + seq, message="no", evidence={"error": {"message": text}}))
        )
        kept.add(entry(seq + 1, e.NoteAdded(text=text)))
        kept.add(entry(seq + 2, e.StepOutput(step="a", attempt=1, text=text[: 1 << 18])))
    found = kept.entries()
    assert [each.line.seq for each in found] == sorted(each.line.seq for each in found)
    sizes = {kind: sum(len(each.raw) for each in found if each.line.type == kind) for kind in
             ("step.failed", "note.added", "step.output")}  # fmt: skip
    assert sizes["step.failed"] and sizes["note.added"]
    assert sizes["step.failed"] + sizes["note.added"] <= recent.TRANSITION_BYTES
    assert 0 < sizes["step.output"] <= 1 << 20
    assert found[-1].line.seq == 89, "the newest are there"
