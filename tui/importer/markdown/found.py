"""What is found in a part of a checklist: steps and comments, in their order."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Proposal:
    """What a step might execute. `kind`: `sql` or `command`; `lines`: as they stand in the checklist, line `number` of
    it."""

    kind: str
    lines: list[str]
    number: int
    file: bool = False


@dataclass(slots=True)
class FoundStep:
    """`raw`: as it stands in the checklist, without box and sign of the list. `details`: what is shown to who signs.
    `blanks`: what is to be filled in. `milestone`: seconds from the beginning; `at`: time of day. `estimate`: seconds.
    `above`: comments."""

    number: int
    raw: str
    title: str
    details: list[str] = field(default_factory=list)
    blanks: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    role: str | None = None
    estimate: float | None = None
    milestone: float | None = None
    at: tuple[int, int] | None = None
    done: bool = False
    above: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FoundComment:
    lines: list[str]


Entry = FoundStep | FoundComment


@dataclass(slots=True)
class Part:
    """What stands below one heading, without what its own headings have. `estimate`, `owner`, `timing` (seconds from
    the beginning) are of all of it."""

    entries: list[Entry] = field(default_factory=list)
    estimate: float | None = None
    owner: str | None = None
    timing: float | None = None

    @property
    def steps(self) -> list[FoundStep]:
        return [entry for entry in self.entries if isinstance(entry, FoundStep)]
