"""What an import makes of the checklists of `tests/documents/checklists`: `python -m tests.checklists [FILE ...]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from tui.importer.markdown.checklist import ReadChecklist, read_checklist
from tui.importer.markdown.fates import Fate
from tui.importer.write import write
from tui.plan.loader import load
from tui.said import Said
from tui.steps.registry import KINDS

ROOT = Path(__file__).parent / "documents"
CHECKLISTS = ROOT / "checklists"


@dataclass(frozen=True)
class Row:
    """What became of one checklist. `lines`: those with text; the four behind it are what they became."""

    lines: int
    headings: int
    of_steps: int
    details: int
    comments: int
    phases: int
    sections: int
    steps: int
    rollback: int
    estimates: int
    milestones: int
    roles: int
    metrics: int
    triggers: int
    proposals: int
    window: str
    look: int
    errors: int


def row(done: ReadChecklist) -> Row:
    """The figures of one import, with the errors that the loader finds in its plan."""
    draft, fates = done.draft, done.reading.fates
    sections = [section for phase in draft.phases for section in phase.sections]
    every = [*sections, *(section for phase in draft.rollback for section in phase.sections)]
    steps = [step for section in every for step in section.steps]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "plan.yaml")
        path.write_text(write(draft), encoding="utf-8")
        errors = len(load(path, KINDS).errors)
    facts = done.reading.window
    return Row(
        lines=sum(fate is not Fate.MARK for fate in fates.of.values()),
        headings=fates.count(Fate.HEADING), of_steps=fates.count(Fate.STEP),
        details=fates.count(Fate.DETAIL), comments=fates.count(Fate.COMMENT),
        phases=len(draft.phases), sections=len(sections), steps=sum(len(section.steps) for section in sections),
        rollback=len(steps) - sum(len(section.steps) for section in sections),
        estimates=sum("estimate" in one.keys for one in every) + sum("estimate" in one.keys for one in steps),
        milestones=sum("milestone" in step.keys for step in steps),
        roles=len(done.reading.team.members), metrics=len(done.reading.limits), triggers=len(draft.triggers),
        proposals=done.built.proposals,
        window="" if facts.length is None else f"{facts.opens or '?'} {facts.length / 60:g}m",
        look=len(done.reading.look) + len(done.reading.source.remarks),
        errors=errors,
    )  # fmt: skip


def read(path: Path) -> ReadChecklist:
    """The import of a file, its own sentences in English."""
    return read_checklist(path.read_bytes(), path.name, language="en", otherwise="en", say=_english)


def _english(said: Said, _language: str) -> str:
    return str(said)


def table(paths: list[Path]) -> Iterator[str]:
    """The lines of the table."""
    names = list(Row.__dataclass_fields__)
    yield f"{'checklist':34}" + " ".join(f"{name[:9]:>9}" for name in names)
    for path in paths:
        yield f"{path.stem[:33]:34}" + " ".join(f"{value!s:>9}" for value in astuple(row(read(path))))


def every() -> list[Path]:
    return [ROOT / "plano-de-execucao-em-producao.md", *sorted(CHECKLISTS.glob("*.md"))]


if __name__ == "__main__":
    for line in table([Path(name) for name in sys.argv[1:]] or every()):
        print(line)
