"""What the loader must know of a kind of step, so that the plan needs none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from tui.plan.model import Step
from tui.plan.problems import Level

KINDS_TO_COME = (
    *("sign", "check", "sql", "batch", "psql", "command", "query", "backup", "verify_backup", "store_backup"),
    *("fingerprint", "compare", "rls", "http", "notify", "monitor", "load", "quiesce", "release", "restore"),
    *("collect", "report"),
)
"""All kinds the plan's language knows; those missing from the registry are named as not supported yet."""


class FindingLike(Protocol):
    """What a kind's lint says: `key` is a path inside the spec, `line` a line of the named `file`."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def file(self) -> str | None: ...
    @property
    def line(self) -> int | None: ...
    @property
    def level(self) -> Level: ...


class Question(Struct, frozen=True, kw_only=True):
    """What a kind's lint is asked about; the same attributes as `tui.steps.base.Lint`.

    `read` gives the text of a file of the plan; `include` makes one of the plan that only a script names, and gives its
    name (`tui.plan.files.Unusable` where it cannot be). `is_undo` also holds for a `cleanup`: it is no step of its own.
    """

    step: Step
    spec: Any
    read: Callable[[str], str]
    include: Callable[[str], str]
    kinds_of_steps: dict[str, str] = {}
    is_undo: bool = False


class KindLike(Protocol):
    """A kind as the registry holds it; `tui.steps.base.Kind` is one."""

    @property
    def name(self) -> str: ...
    @property
    def spec(self) -> type[Struct]: ...
    @property
    def short(self) -> str | None: ...
    @property
    def changes(self) -> bool: ...
    @property
    def window(self) -> str: ...
    @property
    def signed(self) -> bool: ...
    @property
    def says_proof(self) -> bool: ...
    @property
    def fence(self) -> str: ...
    @property
    def lint(self) -> Callable[[Any], Iterable[FindingLike]] | None: ...


Kinds = Mapping[str, KindLike]
