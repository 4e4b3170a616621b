"""What a kind of step is: its typed spec, its lint, its generators. A further kind is one new file and its test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tui.plan.model import Repeat, Step
from tui.steps.effects import Effect, Outcome

Fence = Literal["transaction", "statements", "child", "none"]
"""How the fate of an interrupted attempt is learnt: by commit evidence, statement by statement, by the child's
exit status and the step's proof, or not at all because the kind changes nothing."""

Belongs = Literal["always", "unless_said", "never"]

StepRun = Generator[Effect, Any, Outcome]


class Context(Struct, frozen=True, kw_only=True):
    """What `execute` may know. `done`: statements that an earlier attempt is proved to have committed."""

    run: str
    step: Step
    attempt: int
    target: str
    environment: str
    companion: bool = False
    done: int = 0
    artifacts: str = ""
    evidence: dict[str, dict[str, Any]] = {}


class Finding(Struct, frozen=True, kw_only=True):
    """What a kind's lint says: `key` is the path inside the spec (such as `file`), `line` a line of the named file."""

    code: str
    message: str
    key: str = ""
    file: str | None = None
    line: int | None = None
    level: Literal["error", "warning"] = "error"


class Lint(Struct, frozen=True, kw_only=True):
    """What a lint may look at: the step, its spec, the plan's files, and what ids the plan has.

    `read` gives a file's text; `include` makes a file that only a script names one of the plan, and gives its name.
    """

    step: Step
    spec: Any
    read: Callable[[str], str]
    include: Callable[[str], str]
    kinds_of_steps: dict[str, str] = {}
    is_undo: bool = False


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of step, as the registry holds it.

    `short` names the spec's field that a bare scalar or list stands for (`sign: "..."`, `command: [...]`), and
    `true` alone means a spec of defaults. `changes`: it may change the target. `window`: whether a step of it belongs
    into the window: always, unless the plan says of it that it changes nothing, or never. `repeat`: its default.
    `atomic`: whether one transaction is the whole step. `says_proof`: its lint says where a step of it needs a proof.
    """

    name: str
    spec: type[Struct]
    execute: Callable[[Context, Any], StepRun]
    fence: Fence = "none"
    changes: bool = False
    window: Belongs = "never"
    signed: bool = False
    repeat: Repeat = "always"
    short: str | None = None
    atomic: Callable[[Any], bool] | None = None
    says_proof: bool = False
    lint: Callable[[Lint], Iterable[Finding]] | None = None
    facts: Callable[[dict[str, Any]], list[tuple[str, str]]] | None = None

    @property
    def changes_by_program(self) -> bool:
        """Whether a program of it may have changed the database: a dump or its trial restore does not."""
        return self.fence == "child" and (self.changes or self.repeat != "always")

    def belongs_into_window(self, step: Step) -> bool:
        """Whether a step of this kind changes something, as people plan a window for it."""
        return self.window == "always" or (self.window == "unless_said" and step.changes is not False)

    def typed(self, spec: dict[str, Any]) -> Any:
        """The spec of a step of this kind, typed. Raises msgspec.ValidationError for one that was never loaded."""
        return msgspec.convert(spec, self.spec)
