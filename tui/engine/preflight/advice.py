"""What squawk, where it is installed, says of the scripts that a plan executes: others' words, with their codes.

It reads what is executed alone, with psql's meta-commands and COPY data left out, which it does not know, in the lines
in which it stands. That a lock timeout is missing is not taken over: a step has one.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tui.journal.cut import cut
from tui.journal.events import Advice, StepAdvice
from tui.plan.kinds import Kinds, Read
from tui.plan.model import UNDO_PREFIX, Plan, steps_of
from tui.sql.script import read_script

PROGRAM: Final = "squawk"
NAMED: Final = 50
"""Of one step; all are counted."""
_LONGEST: Final = 300
_TIMEOUT: Final = 5.0
_NOT_TAKEN_OVER: Final = "require-lock-timeout"
_SCRIPTS: Final = 100
"""Scripts that are looked at."""


def advice(plan: Plan, read: Read, kinds: Kinds) -> dict[str, StepAdvice]:
    """By the step's id, `undo.ID` for what takes it back; nothing without the program, nor of what it cannot read."""
    program = shutil.which(PROGRAM)
    if program is None:
        return {}
    found: dict[str, StepAdvice] = {}
    for number, (step, text, atomic) in enumerate(_scripts(plan, read, kinds)):
        if number >= _SCRIPTS:
            break
        said = _asked(program, text, atomic)
        if said:
            found[step] = StepAdvice(tool=PROGRAM, count=len(said), found=tuple(said[:NAMED]))
    return found


def _scripts(plan: Plan, read: Read, kinds: Kinds) -> Iterator[tuple[str, str, bool]]:
    """Step, what is executed, and whether that is one transaction."""
    for step in steps_of(plan):
        for id, action in ((step.id, step), (UNDO_PREFIX + step.id, step.undo)):
            kind = None if action is None else kinds.get(action.kind)
            if action is None or kind is None or kind.executed is None:
                continue
            try:
                spec = kind.typed(action.spec)
                text = readable(kind.executed(spec, read))
            except (OSError, ValueError, msgspec.ValidationError):
                continue
            yield id, text, kind.atomic is not None and kind.atomic(spec)


def readable(text: str) -> str:
    """The statements of a script in their lines, without what only psql knows."""
    lines: list[str] = []
    line = 1
    for statement in read_script(text).statements:
        if statement.kind == "meta":
            continue
        if statement.line > line:
            lines.append("\n" * (statement.line - line))
            line = statement.line
        lines.append(statement.text + ";")
        line += statement.text.count("\n")
    return "".join(lines)


def _asked(program: str, text: str, atomic: bool) -> list[Advice]:
    options = ["--reporter", "json", "--stdin-filepath", "script.sql", "--exclude", _NOT_TAKEN_OVER]
    command = [program, *options, *(["--assume-in-transaction"] if atomic else [])]
    try:
        # Whatever configuration lies about here is nobody's of the plan.
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                command, input=text.encode("utf-8", "replace"), capture_output=True, timeout=_TIMEOUT, cwd=empty,
                check=False,
            )  # fmt: skip
        told = msgspec.json.decode(done.stdout)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        return []
    return [_taken(one) for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _taken(one: dict[str, Any]) -> Advice:
    line = one.get("line")
    return Advice(
        code=cut(str(one.get("rule_name") or "?"), 80), text=cut(str(one.get("message") or ""), _LONGEST),
        line=line + 1 if isinstance(line, int) else None, help=cut(str(one.get("help") or ""), _LONGEST),
    )  # fmt: skip
