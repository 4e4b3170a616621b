"""A directory of migration scripts, made a plan of and loaded as `check` loads it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from tui.importer.migrations import read_directory
from tui.plan.loader import load
from tui.plan.model import Plan, Step, steps_of
from tui.steps.registry import KINDS
from tui.words.said import say


class Migrated(Struct, frozen=True):
    """The plan, the text of its file, and what was told."""

    plan: Plan
    text: str
    told: list[str]

    @property
    def steps(self) -> list[Step]:
        return list(steps_of(self.plan))

    def step(self, id: str) -> Step:
        return next(step for step in self.steps if step.id == id)

    def said_of(self, name: str) -> list[str]:
        """What was told of a file: each file has to be named in the plan, or told."""
        return [line for line in self.told if line.startswith(f"{name}:")]


def migrated(directory: Path, files: dict[str, str | bytes], language: str = "en") -> Migrated:
    """`files` by name; the plan is written beside the directory, and has no error."""
    source = directory / "db"
    for name, content in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    made = read_directory(source, language=language)
    plan = directory / "plan.yaml"
    plan.write_text(made.plan)
    for name, content in made.files.items():
        path = directory / name
        assert path.read_bytes() == content, "a file is carried over as it is"
    loaded = load(plan, KINDS)
    assert loaded.plan is not None, (made.plan, [say(problem.said) for problem in loaded.errors])
    told = [say(line) for line in made.told]
    for name in files:
        assert f"db/{name}" in made.files or f"# {name}\n" in made.plan or any(name in line for line in told), (
            f"{name} was lost"
        )
    return Migrated(loaded.plan, made.plan, told)
