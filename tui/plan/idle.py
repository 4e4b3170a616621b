"""Keys that a plan's language has and that do nothing where they stand: who wrote them relies on something."""

from __future__ import annotations

from collections.abc import Iterator

from tui.plan.kinds import Kind
from tui.plan.model import Step, Trigger
from tui.plan.outline import Outline, PlacedStep
from tui.plan.shapes import fields
from tui.said import N_, Quoted, Said


def lint_idle(outline: Outline) -> None:
    """Report every such key, where it stands."""
    for path, phase, in_rollback in outline.phases():
        if in_rollback:
            if outline.sound(f"{path}.starts"):
                text = N_("A rollback begins when it is decided, and goes on; {key} does nothing here.")
                _say(outline, f"{path}.starts", Said(text, key=Quoted("starts")))
            for section_path, section in outline.sections(path, phase):
                if section.parallel:
                    text = N_("The steps of a rollback run one after the other; {key} does nothing here.")
                    _say(outline, f"{section_path}.parallel", Said(text, key=Quoted("parallel")))
    for placed in outline.steps:
        kind = outline.kinds.get(placed.entry.step.kind)
        if kind is not None:
            for key, text in _of_step(placed, placed.entry.step, kind):
                if outline.sound(f"{placed.entry.path}.{key}"):
                    _say(outline, f"{placed.entry.path}.{key}", Said(text, key=Quoted(key)))
    for number, trigger in enumerate(outline.plan.rollback.triggers):
        path = f"rollback.triggers.{number}"
        keys = [key for key in fields(Trigger) if key not in ("title", "for")]
        silent = all(getattr(trigger, key) in (None, (), False) for key in keys)
        if silent and not outline.converter.bad & {f"{path}.{key}" for key in keys}:
            text = N_(
                "Nothing fires this trigger: write guards, steps, errors or a comparison; a person rolls back at any "
                "time."
            )
            outline.add("does-nothing", path, Said(text), "warning")


def _say(outline: Outline, path: str, text: Said) -> None:
    outline.report.add("does-nothing", outline.key_at(path), text)


def _of_step(placed: PlacedStep, step: Step, kind: Kind) -> Iterator[tuple[str, str]]:
    """Keys of a step, each with why it does nothing."""
    if kind.signed:
        text = N_("A person signs this step and nothing of it is executed; {key} does nothing here.")
        yield from ((key, text) for key in ("timeout", "tolerate", "repeat", "cleanup", "on_failure"))
    elif kind.fence == "none":
        text = N_("A step of this kind leaves nothing that could be half done; {key} does nothing here.")
        yield from ((key, text) for key in ("repeat", "cleanup"))
    if placed.in_rollback:
        yield "undo", N_("What a rollback does is not undone; {key} does nothing here.")
    elif not kind.may_change(step.changes):
        text = N_("A step of this kind leaves nothing to take back; {key} never runs: make it a step of the rollback.")
        yield "undo", text
    if step.prove is None and kind.roleless:
        yield "as", N_("A step of this kind asks nothing as another role; {key} does nothing here.")
    if placed.in_rollback and step.on_failure == "propose_rollback":
        yield "on_failure", N_("There is no rollback of a rollback; {key} does nothing here.")
    if step.with_ is not None:
        yield "needs", N_("A companion begins with the step that it runs with; {key} does nothing here.")
