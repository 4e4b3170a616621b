"""The text of a plan: a draft as YAML that a DBA likes to read, with its comments where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui.importer.draft import Draft, DraftPhase, DraftSection, DraftStep
from tui.importer.yaml_text import comment, entries, items, text


def write(draft: Draft) -> str:
    """The whole file, in UTF-8 when it is encoded, lines ended by `\\n`."""
    return "\n".join(_lines(draft)) + "\n"


def step_lines(step: DraftStep, indent: int) -> list[str]:
    """The lines of one step as an item of a list, its comments included; also what a proposal is made of."""
    pad = " " * indent
    return [
        *_comments(step.above, pad),
        f"{pad}- id: {text(step.id)}",
        f"{pad}  title: {text(step.title, in_block=True)}",
        *entries(step.keys, indent + 2),
        *_comments(step.below, pad + "  "),
    ]


def _lines(draft: Draft) -> Iterator[str]:
    yield from _comments(draft.above, "")
    yield "virada: 1"
    yield f"name: {text(draft.name, in_block=True)}"
    if draft.locale is not None:
        yield f"locale: {text(draft.locale)}"
    for key, value in draft.head.items():
        if value is not None:
            yield ""
            yield from entries({key: value}, 0)
    yield ""
    yield "phases:" if draft.phases else "phases: []"
    yield from _phases(draft.phases, 2)
    if draft.triggers or draft.rollback or draft.rollback_above:
        yield ""
        yield from _comments(draft.rollback_above, "")
    if draft.triggers or draft.rollback:
        yield "rollback:"
        if draft.triggers:
            yield "  triggers:"
            yield from items(draft.triggers, 4)
        if draft.rollback:
            yield "  phases:"
            yield from _phases(draft.rollback, 4)
    if draft.below:
        yield ""
        yield from _comments(draft.below, "")


def _phases(phases: Sequence[DraftPhase], indent: int) -> Iterator[str]:
    pad = " " * indent
    for number, phase in enumerate(phases):
        if number:
            yield ""
        yield from _comments(phase.above, pad)
        yield f"{pad}- title: {text(phase.title, in_block=True)}"
        yield from entries(phase.keys, indent + 2)
        yield f"{pad}  sections:" if phase.sections else f"{pad}  sections: []"
        for section in phase.sections:
            yield from _section(section, indent + 4)
        yield from _comments(phase.below, pad + "  ")


def _section(section: DraftSection, indent: int) -> Iterator[str]:
    pad = " " * indent
    yield from _comments(section.above, pad)
    yield f"{pad}- title: {text(section.title, in_block=True)}"
    yield from entries(section.keys, indent + 2)
    if section.steps:
        yield f"{pad}  steps:"
        for step in section.steps:
            yield from step_lines(step, indent + 4)
    yield from _comments(section.below, pad + "  ")


def _comments(lines: Iterable[str], pad: str) -> Iterator[str]:
    return (pad + comment(line) for line in lines)
