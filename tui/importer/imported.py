"""What an import has made: a plan's text, the files that lie beside it, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.files import OPEN
from tui.said import Said


class ImportFailed(ValueError):
    """There is nothing to make a plan of. Its argument is one sentence for people: what, where, what to do."""


@dataclass(frozen=True, slots=True)
class Imported:
    """`plan`: the YAML text. `files`: what is to lie beside the plan, by relative name (`/` between parts); one that
    lies there already with the same content is left alone. `told`: what was made of what, a line each. `mode` of the
    plan and `modes` of files by the same names: the permissions (of `OPEN`) that are not gone beyond, those of the file
    that it is a copy of, so that nobody reads the copy who may not read that one."""

    plan: str
    files: dict[str, bytes] = field(default_factory=dict)
    told: tuple[str | Said, ...] = ()
    mode: int = OPEN
    modes: dict[str, int] = field(default_factory=dict)
