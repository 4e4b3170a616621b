"""A plan that is being made of something else, with the comments that it is to have; `write` makes its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Keys = dict[str, Any]
"""Keys of the plan's language in the order in which they are written; values as YAML has them. One that is None is left
out."""


@dataclass(slots=True)
class DraftStep:
    """A step. `keys`: all but id and title, the kind's among them. Comments are lines without their sign: `above` stand
    in front of it, `below` behind its keys, indented as these, such as a proposal of another kind."""

    id: str
    title: str
    keys: Keys = field(default_factory=dict)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DraftSection:
    """A section. `keys`: all but title and steps."""

    title: str
    steps: list[DraftStep] = field(default_factory=list)
    keys: Keys = field(default_factory=dict)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DraftPhase:
    """A phase. `keys`: all but title and sections."""

    title: str
    sections: list[DraftSection] = field(default_factory=list)
    keys: Keys = field(default_factory=dict)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Noted:
    """Something of a list or a mapping with lines of comment in front of it."""

    value: Any
    above: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """A plan. `head`: keys between `locale` and `phases` (targets, team, success, ...), whose values, and the items of
    whose lists, may be `Noted`. `above` stands at the top of the file, `below` at its end; `triggers` and `rollback`
    are those of the key `rollback`, `rollback_above` stands in front of it."""

    name: str
    locale: str | None = None
    head: Keys = field(default_factory=dict)
    phases: list[DraftPhase] = field(default_factory=list)
    triggers: list[Any] = field(default_factory=list)
    rollback: list[DraftPhase] = field(default_factory=list)
    rollback_above: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
