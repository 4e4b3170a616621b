"""What was found of one thing, and what is to be done about it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.said import Said

State = Literal["ok", "warn", "fail", "unknown"]


class Examined(Struct, frozen=True, kw_only=True):
    """`name`: what was looked at, such as `home.space`. `code` and `facts`: what was found, for programs; `said`: the
    same as a sentence. `todo`: what a person can do, where there is something."""

    name: str
    state: State
    code: str
    facts: dict[str, Any]
    said: Said
    todo: Said | None = None


def examined(
    name: str, state: State, code: str, said: str, todo: str | Said | None = None, /, **facts: Any
) -> Examined:  # fmt: skip
    """One whose sentences take their facts from `facts`."""
    advice = Said(todo, **facts) if isinstance(todo, str) else todo
    return Examined(name=name, state=state, code=code, facts=facts, said=Said(said, **facts), todo=advice)
