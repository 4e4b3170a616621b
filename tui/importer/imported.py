"""What an import has made: a plan's text, the files that lie beside it, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.said import Said


class ImportFailed(ValueError):
    """There is nothing to make a plan of. Its argument is one sentence for people: what, where, what to do."""


@dataclass(frozen=True, slots=True)
class Imported:
    """`plan`: the YAML text. `files`: what is to lie beside the plan, by relative name (`/` between parts); one that
    lies there already with the same content is left alone. `told`: what was made of what, a line each."""

    plan: str
    files: dict[str, bytes] = field(default_factory=dict)
    told: tuple[str | Said, ...] = ()
