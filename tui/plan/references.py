"""Rules for what names something else in the plan: needs, companions, roles, guards' exceptions, triggers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import ValidationError

from tui.plan.model import Trigger
from tui.plan.outline import Outline, PlacedStep
from tui.said import N_, Joined, Quoted, Said


def lint_references(outline: Outline) -> None:
    """Every name leads somewhere, and to something that runs in time."""
    ids = outline.reader.ids()
    for placed in outline.steps:
        _lint_role(outline, placed)
        _lint_companion(outline, placed, ids)
        for number, needed in enumerate(placed.entry.step.needs):
            _lint_need(outline, placed, needed, f"{placed.entry.path}.needs.{number}", ids)
    _lint_cycles(outline)
    for number, guard in enumerate(outline.plan.success):
        for place, ident in enumerate(guard.except_):
            _known_step(outline, ident, f"success.{number}.except.{place}", ids)
    for number, quality in enumerate(outline.plan.quality):
        for place, ident in enumerate(quality.steps):
            _known_step(outline, ident, f"quality.{number}.steps.{place}", ids)
        if not quality.steps and outline.sound(f"quality.{number}.steps"):
            text = Said("This criterion names no step that could tell it.")
            outline.add("empty-quality", f"quality.{number}.steps", text)
    for number, trigger in enumerate(outline.plan.rollback.triggers):
        _lint_trigger(outline, trigger, f"rollback.triggers.{number}", ids)


def _lint_trigger(outline: Outline, trigger: Trigger, path: str, ids: list[str]) -> None:
    metrics = [guard.metric for guard in outline.plan.success]
    for key, names in (("guard", trigger.guard), ("guards", trigger.guards)):
        for at, metric in _written(outline, f"{path}.{key}", names):
            if metric not in metrics:
                said = Said("There is no success criterion for {metric} that could fire this.", metric=Quoted(metric))
                outline.add("unknown-guard", at, _suggesting(outline, said, metric, metrics))
    for key, names in (("step", trigger.step), ("steps", trigger.steps), ("comparison", trigger.comparison)):
        for at, ident in _written(outline, f"{path}.{key}", names):
            if not _known_step(outline, ident, at, ids):
                continue
            placed = outline.by_id.get(ident)
            if placed is not None and placed.in_rollback:
                message = Said("{id} is a step of the rollback itself; there is no rollback of a rollback.",
                               id=Quoted(ident))  # fmt: skip
                outline.add("bad-trigger", at, message)
            elif placed is not None and key == "comparison" and not _compares(outline, placed):
                message = Said("{id} compares nothing; name it under {key}.", id=Quoted(ident), key=Quoted("step"))
                outline.add("bad-trigger", at, message)
    ours = [placed for placed in outline.steps if not placed.in_rollback]
    if trigger.comparisons and not any(_compares(outline, placed) for placed in ours):
        text = Said("No step of this plan compares anything, so that nothing fires this.")
        outline.add("bad-trigger", f"{path}.comparisons", text)
    if trigger.for_ and not (trigger.guard or trigger.guards) and outline.sound(f"{path}.for"):
        text = Said("Only what a guard measures lasts; {key} goes with guard or guards.", key=Quoted("for"))
        outline.report.add("does-nothing", outline.key_at(f"{path}.for"), text)


def _written(outline: Outline, path: str, names: str | tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    """Names with where each stands; none that could not be read."""
    if isinstance(names, str):
        if outline.sound(path):
            yield path, names
        return
    yield from zip(outline.paths(path, len(names or ())), names or (), strict=True)


def _compares(outline: Outline, placed: PlacedStep) -> bool:
    step = placed.entry.step
    kind = outline.kinds.get(step.kind)
    if kind is None:
        # That it is unknown is told where it stands.
        return True
    try:
        return kind.compares(kind.typed(step.spec))
    except ValidationError:
        return True


def _suggesting(outline: Outline, said: Said, word: str, candidates: Iterable[str]) -> Said:
    guess = outline.report.guess(word, candidates)
    return said if guess is None else Joined((said, Said("Did you mean {guess}?", guess=Quoted(guess))), " ")


def _known_step(outline: Outline, ident: str, path: str, ids: list[str]) -> bool:
    if outline.reader.is_id(ident):
        return True
    message = Said("There is no step {id}.", id=Quoted(ident))
    outline.add("unknown-step", path, _suggesting(outline, message, ident, ids))
    return False


def _lint_role(outline: Outline, placed: PlacedStep) -> None:
    role, path = placed.entry.step.role, f"{placed.entry.path}.role"
    roles = [member.role for member in outline.plan.team]
    if role is not None and role not in roles and outline.sound(path) and "team" not in outline.converter.bad:
        message = Said("There is no role {role} in the team.", role=Quoted(role))
        outline.add("unknown-role", path, _suggesting(outline, message, role, roles))


def _lint_companion(outline: Outline, placed: PlacedStep, ids: list[str]) -> None:
    step, path = placed.entry.step, f"{placed.entry.path}.with"
    if step.with_ is None or not outline.sound(path) or not _known_step(outline, step.with_, path, ids):
        return
    main = outline.by_id.get(step.with_)
    if main is None:
        return
    if main is placed:
        outline.add("bad-companion", path, Said("A step cannot be its own companion."))
    elif main.section != placed.section:
        message = Said("A companion stands in the section of its step; {id} is in another one.", id=Quoted(step.with_))
        outline.add("bad-companion", path, message)
    elif main.entry.step.with_ is not None:
        message = Said("{id} is itself a companion; name the step that it runs with.", id=Quoted(step.with_))
        outline.add("bad-companion", path, message)
    elif main.order > placed.order:
        message = Said("{id} comes later; write a companion after its step.", id=Quoted(step.with_))
        outline.add("later-step", path, message)


def _lint_need(outline: Outline, placed: PlacedStep, needed: str, path: str, ids: list[str]) -> None:
    if not _known_step(outline, needed, path, ids):
        return
    other = outline.by_id.get(needed)
    if other is placed:
        outline.add("step-cycle", path, Said("A step cannot need itself."))
    elif other is not None and other.order > placed.order and not _siblings(placed, other):
        message = Said("{id} comes later; a step may only need what runs before it.", id=Quoted(needed))
        outline.add("later-step", path, message)


def _siblings(one: PlacedStep, other: PlacedStep) -> bool:
    return one.parallel and one.section == other.section


def _lint_cycles(outline: Outline) -> None:
    """Only steps of one parallel section may need each other in any order, so only there a circle can hide."""
    waits_for: dict[int, list[PlacedStep]] = {}
    for placed in outline.steps:
        if placed.parallel:
            others = (outline.by_id.get(needed) for needed in placed.entry.step.needs)
            waits_for[placed.order] = [
                other for other in others if other and other is not placed and _siblings(placed, other)
            ]
    done: set[int] = set()
    for start in [placed for placed in outline.steps if placed.parallel]:
        trail: list[tuple[PlacedStep, int]] = [(start, 0)]
        on_trail = {start.order}
        while trail:
            placed, position = trail.pop()
            others_ = waits_for[placed.order]
            if placed.order in done or position >= len(others_):
                done.add(placed.order)
                on_trail.discard(placed.order)
                continue
            trail.append((placed, position + 1))
            other = others_[position]
            if other.order in on_trail:
                number = placed.entry.step.needs.index(other.entry.step.id)
                message = N_("These steps need each other in a circle: {ids}.")
                members = [p.entry.step.id for p, _position in trail]
                circle = [*members[members.index(other.entry.step.id) :], other.entry.step.id]
                shown = " > ".join(circle if len(circle) < 12 else [*circle[:10], "...", circle[-1]])
                outline.add("step-cycle", f"{placed.entry.path}.needs.{number}", Said(message, ids=shown))
            elif other.order not in done:
                trail.append((other, 0))
                on_trail.add(other.order)
