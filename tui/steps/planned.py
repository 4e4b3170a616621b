"""What the statements of a plan would ask of the server, as far as their words tell: locks, and changes of rows and
columns. Pure, but for reading files. `tui.steps.check.ways` says which tables that concerns, and who is in the way."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tui.plan.kinds import Kinds, Read
from tui.plan.model import Plan, places
from tui.sql.demands import StatementDemands, demanded
from tui.sql.touched import WHOLE, Touches
from tui.steps.touched import Looking


class Planned(Struct, frozen=True, kw_only=True):
    """`statements`: each with its step's id, in the plan's order. `untold`: ids of steps whose statements nobody can
    tell beforehand, or not all of them."""

    statements: tuple[tuple[str, StatementDemands], ...] = ()
    untold: tuple[str, ...] = ()


def planned_by(plan: Plan, read: Read, kinds: Kinds) -> Planned:
    """Of the steps that change something; not of what takes them back."""
    found: list[tuple[str, StatementDemands]] = []
    untold: dict[str, None] = {}
    for _place, step in places(plan.phases):
        kind = kinds.get(step.kind)
        if kind is None:
            untold[step.id] = None
        elif kind.may_change(step.changes):
            looking = _Texts(read)
            touches: Touches = WHOLE if kind.touches is None else kind.touches(kind.typed(step.spec), looking)
            read_through = list(_statements(looking))
            found += [(step.id, statement) for statement in read_through if statement is not None]
            if touches.whole or None in read_through:
                untold[step.id] = None
    return Planned(statements=tuple(found), untold=tuple(untold))


def _statements(looking: _Texts) -> Iterator[StatementDemands | None]:
    """None where a text is too long to be looked through."""
    for text in looking.texts:
        asked = demanded(text)
        yield from (None,) if asked is None else asked


class _Texts(Looking):
    """Keeps the texts that a kind looks through: those that it executes."""

    def __init__(self, read: Read) -> None:
        super().__init__(read)
        self.texts: dict[str, None] = {}

    def text(self, text: str) -> Touches:
        self.texts[text] = None
        return super().text(text)
