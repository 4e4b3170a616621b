"""The files that a psql script names: what it includes and copies in is frozen with the plan, what it writes is not."""

from __future__ import annotations

import posixpath
from typing import Final, Literal, Protocol

from tui.said import Joined, Said
from tui.sql.meta import Argument, Meta
from tui.sql.meta_copy import parse_copy
from tui.sql.objections import objection

Level = Literal["error", "warning"]
_INCLUDES: Final = ("i", "include", "ir", "include_relative")
_DEEPEST: Final = 50
_MOST: Final = 2000
"""Inclusions that are followed; files that include each other twice and again would never end."""


class FileRefused(Exception):
    """A file that cannot be part of the plan; `line` and `file` where the fault lies in the file itself."""

    def __init__(self, code: str, message: str | Said, file: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code, self.file, self.line = code, file, line


class PlanFiles(Protocol):
    """The plan's files by their names, relative to the plan. Both raise FileRefused."""

    def text(self, name: str) -> str:
        """The text of a script, which is frozen with the plan."""
        ...

    def claim(self, name: str) -> None:
        """Have a file frozen with the plan, whatever it holds."""
        ...


class _Reading(Protocol):
    """The script that is being read, as far as files concern it."""

    source: PlanFiles

    @property
    def stack(self) -> tuple[str, ...]: ...
    def say(self, line: int, code: str, level: Level = "error", **facts: str) -> None: ...
    def refused(self, refused: FileRefused, line: int) -> None: ...
    def file(self, name: str, text: str) -> None: ...


class FileCommands:
    """The commands that read and write files."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading
        self._included = 0

    def command(self, line: int, shown: str, meta: Meta) -> None:
        """One of them; others are passed over."""
        match meta.name:
            case name if name in _INCLUDES:
                self._include(line, shown, meta, relative=name in ("ir", "include_relative"))
            case "copy":
                self._copy(line, shown, meta.rest)
            case "lo_import":
                if (imported := self._name(line, shown, meta.arguments[:1])) is not None:
                    self._claim(line, imported)
            case "lo_export":
                self._writes(line, shown, meta.arguments[1:2])
            case "o" | "out" | "w" | "write" | "s":
                self._writes(line, shown, meta.arguments[:1], meta.rest)
            case "g" | "gx":
                self._goes(line, shown, meta)

    def _include(self, line: int, shown: str, meta: Meta, *, relative: bool) -> None:
        name = self._name(line, shown, meta.arguments[:1], script=True)
        if name is None:
            return
        directory = posixpath.dirname(self._reading.stack[-1]) if relative else ""
        resolved = posixpath.normpath(posixpath.join(directory, name))
        if resolved in self._reading.stack or len(self._reading.stack) > _DEEPEST:
            self._reading.say(line, "includes_itself", what=shown)
            return
        self._included += 1
        if self._included > _MOST:
            self._reading.say(line, "too_many_files", what=shown)
            return
        try:
            text = self._reading.source.text(resolved)
        except FileRefused as refused:
            if refused.code == "missing-file" and not relative and posixpath.dirname(self._reading.stack[-1]):
                refused = FileRefused(refused.code, Joined((refused.message, objection("looked_for_in_plan")), " "))
            self._reading.refused(refused, line)
            return
        self._reading.file(resolved, text)

    def _copy(self, line: int, shown: str, rest: str) -> None:
        copy = parse_copy(f" {rest}")
        if copy is None:
            self._reading.say(line, "bad_command", what=shown)
        elif copy.place == "program":
            self._reading.say(line, "runs_program", what=shown)
        elif copy.place == "pstdin":
            self._reading.say(line, "no_input", what=shown)
        elif copy.file is not None:
            if copy.file.startswith(":"):
                self._reading.say(line, "copy_variable", what=copy.file)
            elif copy.direction == "to":
                self._written(line, shown, copy.file)
            else:
                self._claim(line, copy.file)

    def _goes(self, line: int, shown: str, meta: Meta) -> None:
        rest, arguments = meta.rest, list(meta.arguments)
        if rest.startswith("("):
            _options, closed, rest = rest.partition(")")
            number = next((at for at, argument in enumerate(arguments) if argument.source.endswith(")")), -1)
            arguments = arguments[number + 1 :] if closed else []
        self._writes(line, shown, arguments[:1], rest.strip())

    def _writes(self, line: int, shown: str, arguments: tuple[Argument, ...] | list[Argument], rest: str = "") -> None:
        if rest.startswith("|"):
            self._reading.say(line, "runs_program", what=shown)
        elif arguments and arguments[0].text is None:
            self._reading.say(line, "unknown_name", what=shown)
        elif arguments:
            self._written(line, shown, arguments[0].text or "")

    def _written(self, line: int, shown: str, name: str) -> None:
        if name.startswith("|"):
            self._reading.say(line, "runs_program", what=shown)
        elif name.startswith(("/", "~")):
            self._reading.say(line, "writes_outside", "warning", what=shown)
        else:
            self._reading.say(line, "writes_into_plan", what=shown)

    def _claim(self, line: int, name: str) -> None:
        try:
            self._reading.source.claim(posixpath.normpath(name))
        except FileRefused as refused:
            self._reading.refused(refused, line)

    def _name(self, line: int, shown: str, arguments: tuple[Argument, ...], *, script: bool = False) -> str | None:
        """The name of a file to be read; None after an objection."""
        if not arguments:
            self._reading.say(line, "bad_command", what=shown)
            return None
        argument = arguments[0]
        if argument.unset:
            self._reading.say(line, "unset_variable", what=f":{argument.unset}")
            return None
        if argument.text is None:
            if not argument.program:
                self._reading.say(line, "unknown_name", what=shown)
            return None
        name = argument.text.rstrip(";") if script and not argument.source.endswith("'") else argument.text
        if script and name == "-":
            self._reading.say(line, "no_input", what=shown)
            return None
        return name
