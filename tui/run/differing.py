"""How a plan differs from another one of the same change: by step and by file, as an amendment tells it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from tui.journal.cut import cut
from tui.journal.events import FileChange, PartChange, StepChange
from tui.plan.model import Phase, Place, Plan, Section, Step, places

LINES: Final = 200
"""Lines of a difference that are told of one step or file."""
ALL_LINES: Final = 2000
"""Lines of all differences of an amendment."""
_LONGEST_LINE: Final = 500
_LARGEST: Final = 1 << 20
"""Bytes of a file beyond which nobody reads how it differs, and working that out takes long."""


class PlanText(Struct, frozen=True, kw_only=True):
    """A plan with its files: `digests` by name, without the plan's own; `uses`: by the step's id the files that it, its
    undo and its cleanup use; `text`: that of a file, None where there is none to show."""

    plan: Plan
    digests: Mapping[str, str]
    uses: Mapping[str, tuple[str, ...]]
    text: Callable[[str], str | None]


class PlanDifference(Struct, frozen=True, kw_only=True):
    """What differs: steps in the order of the new plan, those that are gone last, files by name, and other parts in the
    order of a plan's keys."""

    steps: tuple[StepChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    parts: tuple[PartChange, ...] = ()


def differing(before: PlanText, after: PlanText, show: Callable[[Plan], Plan] = lambda plan: plan) -> PlanDifference:
    """`show`: a plan without its secrets, by which differences are written."""
    room = _Room(ALL_LINES)
    files = tuple(_files(before, after, room))
    changed = frozenset(file.name for file in files)
    old, new = _placed(before.plan), _placed(after.plan)
    old_shown, new_shown = _placed(show(before.plan)), _placed(show(after.plan))
    titles = {id: step.title for id, (_place, step) in (*old_shown.items(), *new_shown.items())}
    moved = _moved([step for step in old if step in new], [step for step in new if step in old])
    found: list[StepChange] = []
    for id, (place, step) in new.items():
        used = tuple(name for name in after.uses.get(id, ()) if name in changed)
        back = place.number.startswith("R") or step.undo is not None
        if id not in old:
            told, more = room.difference([], _written(new_shown[id][1]))
            found.append(StepChange(step=id, how="added", title=titles[id], difference=told, more=more, files=used,
                                    back=back))  # fmt: skip
            continue
        was_place, was = old[id]
        if was != step or used:
            told, more = room.difference(_written(old_shown[id][1]), _written(new_shown[id][1]))
            back = place.number.startswith("R") or was.undo != step.undo or (bool(used) and step.undo is not None)
            found.append(StepChange(step=id, how="changed", title=titles[id], difference=told, more=more, files=used,
                                    back=back))  # fmt: skip
        elif id in moved or _where(was_place) != _where(place):
            found.append(StepChange(step=id, how="moved", title=titles[id]))
    for id, (place, step) in old.items():
        if id not in new:
            told, more = room.difference(_written(old_shown[id][1]), [])
            back = place.number.startswith("R") or step.undo is not None
            found.append(StepChange(step=id, how="removed", title=titles[id], difference=told, more=more, back=back))
    parts = tuple(_parts(before.plan, after.plan, show, room))
    return PlanDifference(steps=tuple(found), files=files, parts=parts)


def _parts(before: Plan, after: Plan, show: Callable[[Plan], Plan], room: _Room) -> Iterable[PartChange]:
    """What is neither a step nor a file, a key of the plan each."""
    was, now = _around(before), _around(after)
    was_shown, now_shown = _around(show(before)), _around(show(after))
    for part in dict.fromkeys((*was, *now)):
        if was.get(part) != now.get(part):
            told, more = room.difference(*([*_lines_of(of.get(part) or {}, "")] for of in (was_shown, now_shown)))
            yield PartChange(part=part, difference=told, more=more)


def _around(plan: Plan) -> dict[str, dict[str, Any]]:
    """A plan's parts without its steps, by their keys, each as keys with what they have."""
    found = {key: part if isinstance(part, dict) else {key: part} for key, part in msgspec.to_builtins(plan).items()}
    found["phases"] = _headings(plan.phases, "")
    rollback = found.pop("rollback", {})
    rollback.pop("phases", None)
    return found | {"rollback": rollback, "rollback.phases": _headings(plan.rollback.phases, "R")}


def _headings(phases: tuple[Phase, ...], prefix: str) -> dict[str, Any]:
    """What phases and sections have beside what is in them, by their numbers."""
    found: dict[str, Any] = {}
    for p, phase in enumerate(phases, 1):
        found[f"{prefix}{p}"] = _without(phase, "sections")
        for s, section in enumerate(phase.sections, 1):
            found[f"{prefix}{p}.{s}"] = _without(section, "steps")
    return found


def _without(node: Phase | Section, key: str) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(node).items() if name != key}


def unified(before: Iterable[str], after: Iterable[str], name: str = "") -> list[str]:
    """The lines that differ with three around them, without line ends; nothing where none does. `name`: of a file, for
    a head as other programs write it."""
    lines = list(difflib.unified_diff(list(before), list(after), f"a/{name}", f"b/{name}", lineterm=""))
    return lines if name else lines[2:]


class _Room:
    """So many lines of differences, for all of an amendment together."""

    def __init__(self, left: int) -> None:
        self._left = left

    def difference(self, before: list[str], after: list[str]) -> tuple[str, int]:
        """The text, and how many lines of it were left out."""
        lines = unified(before, after)
        kept = lines[: min(LINES, self._left)]
        self._left -= len(kept)
        return "\n".join(cut(line, _LONGEST_LINE) for line in kept), len(lines) - len(kept)


def _files(before: PlanText, after: PlanText, room: _Room) -> Iterable[FileChange]:
    for name in sorted({*before.digests, *after.digests}):
        was, now = before.digests.get(name, ""), after.digests.get(name, "")
        if was == now:
            continue
        old, new = (_lines(of, name, digest) for of, digest in ((before, was), (after, now)))
        if old is None or new is None:
            yield FileChange(name=name, before=was, after=now, private=True)
            continue
        told, more = room.difference(old, new)
        yield FileChange(name=name, before=was, after=now, difference=told, more=more)


def _lines(of: PlanText, name: str, digest: str) -> list[str] | None:
    if not digest:
        return []
    text = of.text(name)
    return None if text is None or len(text) > _LARGEST else text.splitlines()


def _placed(plan: Plan) -> dict[str, tuple[Place, Step]]:
    found = {step.id: (place, step) for place, step in places(plan.phases)}
    return found | {step.id: (place, step) for place, step in places(plan.rollback.phases, "R")}


def _where(place: Place) -> tuple[Any, ...]:
    """What of its place says when a step runs, and beside which: numbers change with every step before it."""
    return (place.phase, place.section, place.parallel, place.starts, place.window, place.number.startswith("R"))


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Of the ids that both have the fewest that were put elsewhere."""
    if before == after:
        return set()
    kept = set[str]()
    for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        kept.update(before[block.a : block.a + block.size])
    return set(after) - kept


def _written(step: Step) -> list[str]:
    """A step as lines: a key each, lists and texts over several lines where they have them."""
    return list(_lines_of(msgspec.to_builtins(step), ""))


def _lines_of(value: Any, indent: str) -> Iterable[str]:
    for key, part in value.items():
        if isinstance(part, dict) and part:
            yield f"{indent}{key}:"
            yield from _lines_of(part, indent + "  ")
        elif isinstance(part, str) and "\n" in part:
            yield f"{indent}{key}: |"
            yield from (f"{indent}  {line}" for line in part.rstrip("\n").split("\n"))
        elif isinstance(part, list) and any(isinstance(each, dict | list) for each in part):
            yield f"{indent}{key}:"
            for each in part:
                yield f"{indent}  - {_scalar(each)}"
        else:
            yield f"{indent}{key}: {_scalar(part)}"


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
