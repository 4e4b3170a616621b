"""What the rules look at: the plan as far as it could be read, every step with its place, and where things stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.plan.convert import Converter
from tui.plan.kinds import Kinds
from tui.plan.model import Phase, Plan, Section
from tui.plan.problems import Level
from tui.plan.reader import PlanReader, StepEntry
from tui.said import Said


@dataclass(slots=True, frozen=True)
class PlacedStep:
    """A step in its place: `order` counts over phases and then rollback, `section` is the path of its section."""

    entry: StepEntry
    order: int
    phase: Phase
    section: str
    parallel: bool
    in_rollback: bool


class Outline:
    """The whole plan for its rules; `steps` is in the order in which they run."""

    def __init__(self, plan: Plan, converter: Converter, reader: PlanReader, kinds: Kinds) -> None:
        self.plan = plan
        self.converter = converter
        self.reader = reader
        self.kinds = kinds
        self.report = converter.report
        self.steps: list[PlacedStep] = []
        for path, phase, in_rollback in self.phases():
            for section_path, section in self.sections(path, phase):
                for step in section.steps:
                    entry = reader.entries[id(step)]
                    placed = PlacedStep(entry, len(self.steps), phase, section_path, section.parallel, in_rollback)
                    self.steps.append(placed)
        self.by_id = {placed.entry.step.id: placed for placed in self.steps if placed.entry.step.id}

    def phases(self) -> Iterator[tuple[str, Phase, bool]]:
        """Every phase with its path, those of the rollback last."""
        for prefix, phases in (("phases", self.plan.phases), ("rollback.phases", self.plan.rollback.phases)):
            paths = self.paths(prefix, len(phases))
            for path, phase in zip(paths, phases, strict=True):
                yield path, phase, prefix != "phases"

    def sections(self, path: str, phase: Phase) -> Iterator[tuple[str, Section]]:
        """Every section of a phase with its path."""
        return zip(self.paths(f"{path}.sections", len(phase.sections)), phase.sections, strict=True)

    def paths(self, prefix: str, count: int) -> list[str]:
        """The paths of the items of a list; those that could not be read are left out, as they are in the model."""
        paths: list[str] = []
        number = 0
        while len(paths) < count:
            path = f"{prefix}.{number}"
            number += 1
            if path not in self.converter.bad:
                paths.append(path)
        return paths

    def sound(self, path: str) -> bool:
        """Was the value at this path written, and without a mistake?"""
        return path in self.converter.positions and path not in self.converter.bad

    def at(self, path: str) -> tuple[int, int]:
        """Where the value at this path stands, or the nearest thing around it."""
        while path not in self.converter.positions:
            if "." not in path:
                return (1, 1)
            path = path.rpartition(".")[0]
        return self.converter.positions[path]

    def key_at(self, path: str) -> tuple[int, int]:
        """Where the key of this path stands, or the nearest thing around it."""
        return self.converter.keys.get(path) or self.at(path)

    def add(self, code: str, path: str, message: str | Said, level: Level = "error") -> None:
        """Report a problem with the value at this path."""
        self.report.add(code, self.at(path), message, level)
