"""A step that was found as one of the plan: signed by a person, with what could be executed as a proposal beside it."""

from __future__ import annotations

from typing import Any, Final

from tui.importer.draft import DraftStep
from tui.importer.markdown import times
from tui.importer.markdown.found import FoundStep, Proposal
from tui.importer.markdown.ids import Ids
from tui.importer.markdown.inline import title_of
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.yaml_text import entries
from tui.said import Said

LONGEST_LABEL: Final = 200
LONGEST_PROPOSAL: Final = 400
"""Lines of one proposal."""


def drafted(reading: ChecklistReading, found: FoundStep, ids: Ids) -> DraftStep:
    """The step as it is written. What it says is signed; nothing of a checklist is executed by itself."""
    # A line may hold nothing but what nobody sees.
    title = found.title if found.title.strip() else reading.say(Said("line {line}", line=found.number))
    step = DraftStep(ids.of(title), title)
    step.above = list(found.above)
    if _changed(found):
        said = Said("line {line}: {text}", line=found.number, text=found.raw)
        step.above.append(reading.say(said))
    if found.role is not None and found.role.strip():
        step.keys["role"] = reading.team.add(found.role, found.number)
    if found.milestone is None and found.at is not None and reading.window.begins is not None:
        seconds = times.between(reading.window.begins, found.at)
        found.milestone = seconds if seconds <= times.DAY / 2 else seconds - times.DAY
    if found.milestone is not None:
        step.keys["milestone"] = times.written_offset(found.milestone)
    if found.estimate is not None:
        step.keys["estimate"] = times.written(found.estimate)
    sign: dict[str, Any] = {}
    details = [line for line in found.details if line.strip()]
    if details:
        sign["text"] = "\n".join(line.rstrip() for line in details)
    if found.blanks:
        label = ", ".join(dict.fromkeys(title_of(blank) for blank in found.blanks))
        sign["expect"] = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
    step.keys["sign"] = sign
    for proposal in found.proposals:
        step.below += proposed(reading, proposal)
    return step


def put_milestone(step: DraftStep, seconds: float) -> None:
    """Give a step its milestone, behind its role."""
    role = {key: step.keys[key] for key in ("role",) if key in step.keys}
    step.keys = {**role, "milestone": times.written_offset(seconds), **step.keys}


def proposed(reading: ChecklistReading, proposal: Proposal) -> list[str]:
    """A kind for a step in place of `sign`, as lines of comment that are ready to be uncommented."""
    text = "\n".join(line.rstrip() for line in proposal.lines[:LONGEST_PROPOSAL]).strip("\n")
    said = Said("Proposal, from line {line}; it takes the place of sign:", line=proposal.number)
    keys: dict[str, Any]
    if proposal.kind == "sql":
        keys = {"sql": {"file": text}} if proposal.file else {"sql": text}
    else:
        keys = {"command": {"run": ["sh", "-euc", text]}}
    return [reading.say(said), *entries(keys, 0)]


def _changed(found: FoundStep) -> bool:
    """Whether the title says less than what stands in the checklist."""
    return " ".join(found.raw.split()) != found.title
