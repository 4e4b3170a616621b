"""Which tables a plan concerns, as far as its words tell: those that its scripts change, and those that it names. Pure,
but for reading files. `tui.steps.tables` asks the server which of the words are tables."""

from __future__ import annotations

from msgspec import Struct

from tui.plan.kinds import Kinds, Read
from tui.plan.model import Plan, Step, actions
from tui.sql.touched import WHOLE, Touches
from tui.steps.touched import Looking


class Concerned(Struct, frozen=True, kw_only=True):
    """`names`: identifiers in scripts of steps that change something, `schema.name` where they are qualified; columns
    and aliases are among them. `tables`: those that steps of any kind name as tables, `schema.table`. `untold`: ids of
    steps that may change tables that nobody can tell beforehand."""

    names: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()


def concerned_by(plan: Plan, read: Read, kinds: Kinds) -> Concerned:
    """What a plan's steps concern, what takes them back and what cleans up behind them included."""
    looking = Looking(read)
    names: set[str] = set()
    tables: dict[str, None] = {}
    untold: dict[str, None] = {}
    for step, action in actions(plan):
        kind = kinds.get(action.kind)
        if kind is None:
            untold[step.id] = None
            continue
        spec = kind.typed(action.spec)
        tables |= dict.fromkeys(kind.needs(spec).tables)
        if not kind.may_change(action.changes if isinstance(action, Step) else None):
            continue
        found: Touches = WHOLE if kind.touches is None else kind.touches(spec, looking)
        names.update(found.names)
        if found.whole:
            untold[step.id] = None
    return Concerned(names=tuple(sorted(names)), tables=tuple(tables), untold=tuple(untold))
