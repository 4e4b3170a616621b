"""What each step of a plan is about: the relations whose sizes its duration depends on. Pure, but for reading files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tui.plan.model import Plan, places
from tui.run.steps import UNDO_PREFIX
from tui.sql.parts import part_text
from tui.sql.touched import touched
from tui.sql.touches import LONGEST, WHOLE, Touches

Read = Callable[[str], str]
"""A file of the plan by its name. Raises OSError and UnicodeDecodeError."""
_TIMELESS: Final = frozenset({"sign", "check", "monitor", "notify", "http", "collect", "report", "release"})
"""Kinds whose time does not depend on how much data there is."""
_ALL: Final = 1 << 20
"""Characters of all scripts together that are looked through."""
_INCLUDE: Final = re.compile(r"^[ \t]*\\(i|ir|include|include_relative)[ \t]+([^\s;]+)", re.MULTILINE)
_UNTOLD: Final = re.compile(r"\\(?:gexec|if|elif)\b")
_INCLUDES: Final = 50


def touched_by(plan: Plan, read: Read) -> dict[str, Touches]:
    """By the step's id, `undo.ID` for what undoes one. Steps whose time does not depend on the data are left out."""
    found: dict[str, Touches] = {}
    looking = _Looking(read)
    for phases in (plan.phases, plan.rollback.phases):
        for _place, step in places(phases):
            found[step.id] = looking.at(step.kind, step.spec)
            if step.prove is not None:
                found[step.id] |= looking.text(step.prove.query)
            if step.undo is not None:
                found[UNDO_PREFIX + step.id] = looking.at(step.undo.kind, step.undo.spec)
    return {id: touches for id, touches in found.items() if touches != Touches()}


class _Looking:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._left = _ALL
        self._known: dict[str, Touches] = {}

    def at(self, kind: str, spec: Mapping[str, Any]) -> Touches:
        """A step, or what undoes one, by its kind and the values of its spec."""
        if kind in _TIMELESS:
            return Touches()
        if kind == "sql":
            text = self._script(spec)
            if text is None or len(text) > LONGEST:
                return WHOLE
            return self.text(part_text(text, spec.get("part")))
        if kind in ("batch", "query"):
            both = (spec.get("sql"), spec.get("total"))
            return self.text(";\n".join(text for text in both if isinstance(text, str)))
        if kind == "psql":
            return self._psql(str(spec.get("file")), [])
        return WHOLE

    def text(self, text: str) -> Touches:
        if text not in self._known:
            self._left -= len(text)
            self._known[text] = WHOLE if self._left < 0 else touched(text)
        return self._known[text]

    def _script(self, spec: Mapping[str, Any]) -> str | None:
        text = spec.get("text")
        return text if isinstance(text, str) else self._file(str(spec.get("file")))

    def _file(self, name: str) -> str | None:
        try:
            return self._read(name)
        except (OSError, ValueError):
            return None

    def _psql(self, name: str, above: list[str]) -> Touches:
        """A psql script with the files it includes; where only the moment can tell which, the whole database."""
        text = self._file(name)
        if text is None or len(text) > LONGEST or name in above or len(above) > _INCLUDES:
            return WHOLE
        found = self.text(text)
        if _UNTOLD.search(text):
            found |= WHOLE
        for command, written in _INCLUDE.findall(text):
            base = posixpath.dirname(name) if "r" in command.removeprefix("include") else ""
            included = posixpath.normpath(posixpath.join(base, written.strip("'\"")))
            found |= self._psql(included, [*above, name])
        return found
