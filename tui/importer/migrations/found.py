"""What a convention has found in a directory, before it is made a plan of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tui.said import Said
from tui.sql.parts import Part


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A script by its name below the directory. `part`: what of a migration tool's file is meant. `untransacted`: its
    tool would execute it outside of a transaction. `variables`: those that its tool gives to psql."""

    name: str
    part: Part | None = None
    untransacted: bool = False
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Migration:
    """One change. `id`: what its step is called; `remarks`: lines of comment over it. `by_hand`: why its script
    cannot be executed here, in `line` of it; it keeps its place all the same. `stays`: why its way back cannot, and the
    line of that."""

    id: str
    title: str
    up: ScriptFile | None
    down: ScriptFile | None = None
    verify: ScriptFile | None = None
    remarks: list[str] = field(default_factory=list)
    by_hand: Said | None = None
    line: int = 1
    stays: tuple[Said, int] | None = None
    way_back: Literal["asked", "none"] = "asked"
    """`none`: nobody expects one, as of what a tool repeats."""


@dataclass(slots=True)
class Group:
    """Migrations that belong together, such as those of a tag or a directory. `repeated`: those that a tool executes
    again whenever they have changed."""

    title: str
    migrations: list[Migration] = field(default_factory=list)
    tagged: bool = False
    repeated: bool = False


@dataclass(slots=True)
class Project:
    """All of a directory. `tool`: who the convention belongs to; `record`: where that tool notes what is applied, and
    `recorded_by` what makes it note what somebody else applied."""

    name: str
    tool: str
    groups: list[Group]
    record: str = ""
    recorded_by: str = ""
    told: list[Said] = field(default_factory=list)
