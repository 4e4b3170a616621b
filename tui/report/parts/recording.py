"""The session's recording: it is the journal itself. How it is replayed, what belongs to the run, and how this document
is held against it."""

from __future__ import annotations

from typing import Any

from tui.journal import events as e
from tui.locale import _
from tui.report.blocks import (
    Cell,
    Chapter,
    CodeLines,
    Fact,
    Facts,
    GridColumn,
    Paragraph,
    ReportBlock,
    Row,
    Subtitle,
    row,
    table,
)
from tui.report.reading import JournalReading
from tui.words.figures import size, span, whole
from tui.words.steps import name_of


def section(reading: JournalReading, recording: tuple[str, str] | None) -> Chapter:
    """`recording`: name and SHA-256 of an asciicast that was written beside the document."""
    state = reading.state
    opened = state.opened
    assert opened is not None
    text = _(
        "The journal is the recording: every screen, at any moment of the run, is drawn from it, on any machine that "
        "has virada and the run's directory, or a copy of its file journal.jsonl."
    )
    commands = (
        f"virada replay {opened.id}", f"virada replay {opened.id} --plain",
        f"virada export {opened.id} --format cast -o {opened.id}.cast",
        f"virada export {opened.id} --format svg -o {opened.id}.svg",
        f"virada verify {opened.id} --head {reading.head}", f"virada verify {opened.id} --report FILE",
    )  # fmt: skip
    facts = [
        Fact(_("run id"), opened.id), Fact(_("length"), span(state.mono)),
        Fact(_("lines"), whole((reading.head.seq or 0) + 1)), Fact(_("journal's head"), str(reading.head)),
        Fact(_("plan's seal"), opened.seal), Fact(_("work"), opened.work),
    ]  # fmt: skip
    if recording is not None:
        facts.append(Fact(_("asciicast beside it"), f"{recording[0]}\nSHA-256 {recording[1]}"))
    blocks: list[ReportBlock] = [Paragraph(text=text), Facts(rows=tuple(facts)), CodeLines(lines=commands)]
    kept = _files(reading)
    if kept:
        columns = (
            GridColumn(_("step"), loose=True),
            GridColumn(_("file"), wide=True),
            GridColumn(_("size"), right=True),
            GridColumn("SHA-256", wide=True),
        )
        blocks += [Subtitle(text=_("Files that belong to it")), table(columns, kept)]
    blocks += [Subtitle(text=_("Whether this document is genuine")), Paragraph(text=_genuine())]
    return Chapter(name="recording", title=_("Session recording"), blocks=tuple(blocks))


def _genuine() -> str:
    return _(
        "It is made from the journal alone and is the same each time, so that whoever has the journal can make it "
        "anew: `virada verify RUN --report FILE` does that, and says whether it belongs to the journal as it is, to "
        "its beginning, or not at all. The digest above is of the journal's last line that went into it; each line has "
        "the digest of the one before it. Without the journal nobody can tell a forged document from this one."
    )


def _files(reading: JournalReading) -> list[Row]:
    """Artifacts, backups and outputs, with their hashes as the journal has them."""
    state = reading.state
    rows = []
    for kept in reading.kept:
        event = kept.event
        if isinstance(event, e.BackupRecorded):
            rows.append(_file(reading, event.step, event.path, event.bytes, event.sha256))
        elif isinstance(event, e.FingerprintRecorded):
            rows.append(_file(reading, event.step, f"artifacts/{event.file}", event.bytes, event.sha256))
    for at in state.steps:
        found: dict[str, Any] = at.evidence
        if isinstance(found.get("kept_as"), str):
            name = f"artifacts/{found['kept_as']}"
            rows.append(_file(reading, at.id, name, found.get("bytes"), found.get("sha256")))
        documents = found.get("documents")
        for one in documents if isinstance(documents, list | tuple) else ():
            if isinstance(one, dict):
                rows.append(_file(reading, at.id, f"artifacts/{one.get('file')}", one.get("bytes"), one.get("sha256")))
        output = found.get("output")
        if isinstance(output, dict) and output.get("path") and not documents:
            digest = found.get("output_sha256")
            rows.append(_file(reading, at.id, str(output["path"]), output.get("bytes"), digest))
    return rows


def _file(reading: JournalReading, step: str, name: str, bytes_: Any, digest: Any) -> Row:
    at = reading.state.steps.get(step)
    shown = size(bytes_) if isinstance(bytes_, int | float) else "?"
    return row(step if at is None else name_of(at), name, shown, Cell(str(digest or "-"), "dim"))
