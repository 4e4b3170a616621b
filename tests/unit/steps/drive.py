"""Drives a kind's generator as the engine does: what it asks for is answered from a script of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tui.plan.files import UnusableFile
from tui.plan.kinds import Earlier, Finding, Kind, Lint
from tui.plan.model import Proof, Step
from tui.steps.context import Context
from tui.steps.effects import ChildDone, Effect, Emit, Outcome, SqlError, TxDone

LOCKED = SqlError(sqlstate="55P03", message="canceling statement due to lock timeout")
BROKEN = SqlError(sqlstate="42P01", message='relation "t" does not exist', line=3)


def step(kind: str, spec: dict[str, Any], **more: Any) -> Step:
    return Step(id="a", title="A", kind=kind, spec=spec, **more)


def context(of: Step, **more: Any) -> Context:
    given: dict[str, Any] = {"run": "R", "step": of, "attempt": 1, "target": "demo", "environment": "development"}
    recorded = more.pop("evidence", {})
    return Context(**(given | more), evidence=lambda step: recorded.get(step, {}))


class Played:
    """What a generator asked for, and how it ended; `outcome` is None while it wants more than it was answered."""

    def __init__(self, asked: list[Effect], outcome: Outcome | None) -> None:
        self.asked = asked
        self.outcome = outcome

    def of(self, type_: type[Any]) -> list[Any]:
        return [effect for effect in self.asked if isinstance(effect, type_)]

    @property
    def emitted(self) -> list[Any]:
        return [effect.event for effect in self.of(Emit)]

    @property
    def ended(self) -> Outcome:
        assert self.outcome is not None, f"it still asks: {self.asked[-1]}"
        return self.outcome


def play(
    kind: Kind, spec: dict[str, Any], answer: Callable[[Effect], Any], *, of: Step | None = None, **more: Any
) -> Played:
    """Run it to its end; what it emits needs no answer."""
    about = of or step(kind.name, spec)
    generator = kind.execute(context(about, **more), kind.typed(spec))
    asked: list[Effect] = []
    result: Any = None
    try:
        for _ in range(5000):
            effect = generator.send(result)
            asked.append(effect)
            result = None if isinstance(effect, Emit) else answer(effect)
    except StopIteration as end:
        outcome: Outcome = end.value
        return Played(asked, outcome)
    return Played(asked, None)


def answers(*given: Any) -> Callable[[Effect], Any]:
    """These, one after the other."""
    rest = iter(given)
    return lambda effect: next(rest)


def committed(rows: int = 1, **more: Any) -> TxDone:
    return TxDone(committed=True, rows=rows, **more)


def refused(error: SqlError = BROKEN, **more: Any) -> TxDone:
    return TxDone(committed=False, error=error, **more)


def ended(status: int | None = 0, **more: Any) -> ChildDone:
    return ChildDone(status=status, seconds=1.5, length=10, sha256="ab", tail="the end", **more)


def lint(
    kind: Kind,
    spec: dict[str, Any],
    *,
    files: dict[str, str] | None = None,
    kinds: dict[str, Kind] | None = None,
    is_undo: bool = False,
    with_: str | None = None,
    prove: Proof | None = None,
    earlier: dict[str, tuple[Kind, dict[str, Any]]] | None = None,
) -> list[Finding]:
    """What the kind's lint says; a file that is not given is not there. `earlier`: steps before it, with their specs;
    `kinds`: steps of the plan, of which no more is known."""

    def read(name: str) -> str:
        if files is None or name not in files:
            raise FileNotFoundError(name)
        return files[name]

    def include(name: str) -> str:
        if name.startswith(("/", "..")):
            raise UnusableFile("file-outside", name)
        if files is None or name not in files:
            raise UnusableFile("missing-file", name)
        return name

    question = Lint(
        step=step(kind.name, spec, with_=with_, prove=prove), spec=kind.typed(spec), read=read, include=include,
        kinds_of_steps={name: of for name, (of, _spec) in (earlier or {}).items()} | (kinds or {}), is_undo=is_undo,
        earlier=lambda: tuple(
            Earlier(id=name, kind=of, spec=of.typed(given)) for name, (of, given) in (earlier or {}).items()
        ),
    )  # fmt: skip
    assert kind.lint is not None
    return list(kind.lint(question))


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in findings]
