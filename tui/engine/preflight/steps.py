"""What kinds find wrong with the target before a run, each for the steps that are its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tui.engine.drivers.query import QueryDriver
from tui.engine.preflight.findings import Findings
from tui.engine.target.access import TargetAccess
from tui.plan.kinds import Finding, Kind
from tui.plan.model import Plan, Step, places
from tui.sql.touched import Touches
from tui.steps.context import Context
from tui.steps.effects import RunQuery, Sleep
from tui.steps.registry import KINDS
from tui.steps.touched import touched_by

Read = Callable[[], bytes]


async def step_problems(found: Findings, access: TargetAccess, plan: Plan, files: Mapping[str, Read]) -> None:
    """Of the steps on the way there; what goes back finds another database. Raises PostgresError."""
    steps = [step for _place, step in places(plan.phases)]
    if not any(KINDS[step.kind].foresees for step in steps):
        return

    def read(name: str) -> str:
        return files[name]().decode("utf-8", "replace")

    touches = touched_by(plan, read, KINDS)
    for number, step in enumerate(steps):
        kind = KINDS[step.kind]
        if kind.foresees is None:
            continue
        before = [touches.get(other.id, Touches()) for other in steps[:number] if _alters(other, read)]
        for finding in await _foreseen(access, plan, kind, step, before):
            at = f"steps.{step.id}"
            found.add(finding.level, finding.code, kind.sentence(finding), at)


_ALTERS: Final = re.compile(r"\b(create|alter|drop|do|call)\b", re.IGNORECASE)


def _alters(step: Step, read: Callable[[str], str]) -> bool:
    """Whether a step may change more than rows."""
    kind = KINDS[step.kind]
    if not kind.may_change(step.changes) or kind.script is None:
        return kind.may_change(step.changes)
    try:
        return _ALTERS.search(kind.script(kind.typed(step.spec), read)) is not None
    except (OSError, ValueError, KeyError):
        return True


async def _foreseen(access: TargetAccess, plan: Plan, kind: Kind, step: Step, before: list[Touches]) -> list[Finding]:
    """Carry the kind's questions out, each once: a person waits."""
    assert kind.foresees is not None

    def changed(table: str) -> bool:
        name = _last(table)
        return any(touched.whole or name in map(_last, touched.names) for touched in before)

    context = Context(
        run=access.run, step=step, attempt=0, target="", environment="", plan=plan, evidence=lambda _step: {}
    )  # fmt: skip
    queries = QueryDriver(access, step)
    generator = kind.foresees(context, kind.typed(step.spec), changed)
    result: Any = None
    try:
        while True:
            effect = generator.send(result)
            match effect:
                case RunQuery():
                    result = await queries.query(effect)
                case Sleep():
                    result = True
                case _:
                    result = None
    except StopIteration as ended:
        problems: list[Finding] = ended.value
        return problems
    finally:
        await queries.close()


def _last(name: str) -> str:
    """A name without its schema and quotes."""
    return name.rpartition(".")[2].strip('"')
