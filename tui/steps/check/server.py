"""Who answers: `connect`, `version`, `writable`."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from typing import Any

from tui.plan.kinds import Finding
from tui.said import N_, Quoted
from tui.steps.answers import look as looked
from tui.steps.check.check import Check
from tui.steps.check.row import Look, row
from tui.steps.context import Context
from tui.steps.effects import Probe

Asked = tuple[bool | None, str | None, bool | None]
"""`connect`, `version` and `writable` of the spec, None where nothing is asked."""


def look(context: Context, spec: Asked, evidence: dict[str, Any]) -> Look:
    """All three are told by one question."""
    connect, version, writable = spec
    identity = evidence["identity"] = yield from looked(context, Probe(name="identity"))
    if "error" in identity:
        return [row("connect", None, None, None, error=identity)]
    number = int(identity["server_version"])
    there = f"{number // 10000}.{number % 10000}"
    rows = []
    if connect is not None:
        rows.append(row("connect", None, there, True))
    if version is not None:
        rows.append(row("version", version, there, version_holds(version, number)))
    if writable is not None:
        primary = not identity["in_recovery"]
        rows.append(row("writable", writable, primary, primary == writable))
    return rows


_RELATIONS = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq, "=": operator.eq,
}  # fmt: skip
_PART = re.compile(r"\s*(>=|<=|>|<|==|=)?\s*(\d+)(?:\.(\d+))?\s*")


def version_holds(wanted: str, server_version: int) -> bool:
    """Whether a server's version number (150018) satisfies `>=14`, `<18`, `16` or several, separated by commas."""
    major, minor = divmod(server_version, 10000)
    for part in wanted.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return False
        there: tuple[int, ...] = (major, minor) if match[3] is not None else (major,)
        asked = (int(match[2]), int(match[3])) if match[3] is not None else (int(match[2]),)
        if not _RELATIONS[match[1] or "=="](there, asked):
            return False
    return True


def lint(spec: Asked) -> Iterable[Finding]:
    """A comparison that can be read."""
    _connect, version, _writable = spec
    if version is not None and any(_PART.fullmatch(part) is None for part in version.split(",")):
        yield Finding(code="check-version", facts={"version": Quoted(version)}, key="version")


CHECK = Check(
    look=look, first=True, lint=lint, texts={"check-version": N_("{version} is not a version such as '>=14'")}
)
