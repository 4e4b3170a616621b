"""What a plan leaves open: placeholders that nobody has filled in, and variables that are not set here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from tui.engine.preflight.findings import Findings
from tui.plan.model import Plan, Target, actions
from tui.plan.placeholders import placeholder_in
from tui.plan.problems import Level
from tui.plan.scalars import variables
from tui.said import N_, Quoted, Said
from tui.steps.registry import KINDS, needs_of

Read = Callable[[], bytes]

_IN_SCRIPT: Final = re.compile(r"\b(?:CHANGE[_-]?ME|REPLACE[_-]?ME|FILL[_-]?ME[_-]?IN)\b", re.IGNORECASE)
"""Words that are one wherever they stand."""
_TEMPLATE: Final = re.compile(r"\{\{\s*[A-Za-z_][\w.]*\s*\}\}|<[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+>")
"""What a template's engine would have replaced; no SQL."""
_COMMENT: Final = re.compile(r"/\*.*?\*/|--[^\n]*|'(?:[^']|'')*'", re.DOTALL)
"""Where anything may stand."""
_LARGEST: Final = 4 << 20


def written_problems(
    found: Findings, target: Target, plan: Plan, files: Mapping[str, Read], environment: Mapping[str, str]
) -> None:
    """`files`: how those of the plan are read, by name. What belongs to other targets is not looked at."""
    for message, at, executed in placeholders(plan, target, files):
        # Of what a rehearsal executes nothing may be open either; who is called when is asked for the day.
        level: Level = "error" if executed or target.environment == "production" else "warning"
        found.add(level, "placeholder", message, at)
    for name, at in needed(plan, target):
        if name in environment:
            continue
        text = Said("The environment variable {name} is not set here, and the run needs it.", name=name)
        found.add("error", "no-variable", text, at)


Open = tuple[Said, str | None, bool]
"""The sentence, its place in the plan, and whether a run would go by it, as a script or the opening of a window is gone
by, and not only people."""


def placeholders(plan: Plan, target: Target | None, files: Mapping[str, Read]) -> Iterator[Open]:
    """What is to be filled in; of all targets without one."""
    for text, at, executed in _texts(plan, target):
        found = placeholder_in(text, of_people=at is not None and at.startswith("team."))
        if found is not None:
            yield Said("{text} is a placeholder; write what is meant.", text=Quoted(found)), at, executed
    used = {
        name: step.id
        for step, action in actions(plan)
        if (kind := KINDS.get(action.kind)) is not None
        for name in kind.files(action.spec)
    }
    for name in sorted(files):
        if not name.lower().endswith((".sql", ".psql")):
            continue
        try:
            content = files[name]()
        except OSError:
            continue
        for number, text in _in_script(content[:_LARGEST].decode("utf-8", "replace")):
            message = N_("Line {line} of {file} holds the placeholder {text}; write what is meant.")
            at = f"steps.{used[name]}" if name in used else None
            yield Said(message, line=number, file=Quoted(name), text=Quoted(text)), at, True


def _in_script(script: str) -> Iterator[tuple[int, str]]:
    """Line and text of each placeholder in what a server would execute."""
    if not (_IN_SCRIPT.search(script) or _TEMPLATE.search(script)):
        return
    bare = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), script)
    for pattern, where in ((_IN_SCRIPT, bare), (_TEMPLATE, bare)):
        for match in pattern.finditer(where):
            yield where.count("\n", 0, match.start()) + 1, match[0]


def _texts(plan: Plan, target: Target | None) -> Iterator[tuple[str, str | None, bool]]:
    """Every text of the plan that people or programs go by, with its place, and whether it is executed."""
    yield plan.name, None, False
    executed: list[tuple[Any, str]] = []
    for name, one in plan.targets.items():
        if target is None or one is target:
            executed.append((replace(one, window=None), f"targets.{name}"))
            executed += [] if one.window is None else [(one.window.opens, f"targets.{name}.window.opens")]
    executed += [(one, f"dependencies.{number}") for number, one in enumerate(plan.dependencies)]
    executed += [] if plan.canary is None else [(plan.canary, "canary")]
    told: list[tuple[Any, str]] = [(member, f"team.{number}") for number, member in enumerate(plan.team)]
    for phases in (plan.phases, plan.rollback.phases):
        for phase in phases:
            yield phase.title, None, False
            for section in phase.sections:
                yield section.title, None, False
                for step in section.steps:
                    at = f"steps.{step.id}"
                    told.append(((step.title, step.role), at))
                    to_people = KINDS[step.kind].signed or needs_of(step).channels
                    (told if to_people else executed).append((replace(step, title="", role=None), at))
    for trigger in plan.rollback.triggers:
        yield trigger.title, None, False
    for parts, by_programs in ((executed, True), (told, False)):
        for part, at in parts:
            yield from ((text, where, by_programs) for text, where in _strings(part, at))


def _strings(value: Any, at: str) -> Iterator[tuple[str, str | None]]:
    """Every text in a part of the plan."""
    left = [msgspec.to_builtins(value)]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one, at
        elif isinstance(one, dict):
            left.extend(reversed(one.values()))
        elif isinstance(one, list | tuple):
            left.extend(reversed(one))


def needed(plan: Plan, target: Target) -> Iterator[tuple[str, str | None]]:
    """Variables of the environment that a run needs, each with the places that need it. How the target itself is
    reached is told by who tries it."""
    found: dict[tuple[str, str | None], None] = {}
    texts: list[tuple[Any, str | None]] = [(None if plan.canary is None else plan.canary.http, "canary")]
    texts += [(one, f"dependencies.{number}") for number, one in enumerate(plan.dependencies)]
    for step, action in actions(plan):
        needs = needs_of(action)
        texts.append((needs.texts, f"steps.{step.id}"))
        texts += [(target.channels.get(name, ""), f"steps.{step.id}") for name in needs.channels]
    for value, at in texts:
        for text, _at in _strings(value, ""):
            found |= {(name, at): None for name in variables(text)}
    yield from found
