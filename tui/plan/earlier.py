"""What a step rests on of earlier ones: every key of a spec that names one (`EarlierStep`) names one that has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tui.plan import shapes
from tui.plan.kinds import Earlier
from tui.plan.outline import Outline, PlacedStep
from tui.plan.reader import Use
from tui.said import N_, Quoted, Said


def lint_earlier(outline: Outline, placed: PlacedStep, use: Use) -> None:
    """That there is one, and of what kind, is the kind's to say. What an undo rests on ended when it was applied."""
    if use.spec is None or use.is_action:
        return
    for path, named in _named(use.spec, use.path):
        other = outline.by_id.get(named)
        if other is None or not outline.sound(path):
            continue
        message = None
        if other is placed:
            message = N_("A step cannot rest on itself.")
        elif other.order > placed.order and not _beside(placed, other):
            message = N_("{id} comes later; this must be a step that has ended when this one begins.")
        elif placed.entry.step.with_ == named:
            message = N_("This step runs while {id} runs; what that one finds is not known before it has ended.")
        elif _beside(placed, other) and named not in placed.entry.step.needs:
            message = N_("{id} runs beside this step; name it under 'needs', too, so that it has ended by then.")
        if message is not None:
            outline.add("later-step", path, Said(message, id=Quoted(named)))


def earlier_of(outline: Outline, placed: PlacedStep) -> tuple[Earlier, ...]:
    """The steps that come before it, with their kinds and specs."""
    found = []
    for other in outline.steps[: placed.order]:
        uses = other.entry.uses
        kind = outline.kinds.get(other.entry.step.kind)
        if kind is not None and uses and not uses[0].is_action and uses[0].spec is not None:
            found.append(Earlier(id=other.entry.step.id, kind=kind, spec=uses[0].spec, in_rollback=other.in_rollback))
    return tuple(found)


def _beside(one: PlacedStep, other: PlacedStep) -> bool:
    return one.parallel and one.section == other.section


def _named(value: Any, path: str, written: bool = False) -> Iterator[tuple[str, str]]:
    """Paths of what names an earlier step, with the name, in a typed spec and all that it holds."""
    if isinstance(value, Struct):
        keys = shapes.keys_of(type(value), "earlier")
        for key, field in shapes.fields(type(value)).items():
            yield from _named(getattr(value, field.name), f"{path}.{key}", key in keys)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _named(each, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _named(each, f"{path}.{number}", written)
    elif written and isinstance(value, str):
        yield path, value
