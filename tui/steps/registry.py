"""The kinds of steps there are: every module of this package that has a `KIND`."""

from __future__ import annotations

import importlib
import pkgutil
from collections import UserDict
from collections.abc import Iterator
from pathlib import Path

from tui.plan.kinds import Kind, Needs
from tui.plan.model import Action, Step

_MODULES = frozenset(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))


class _Registry(UserDict[str, Kind]):
    """A kind is loaded when it is asked for: most of what is read of a run needs to know few of them."""

    def __missing__(self, name: str) -> Kind:
        kind = getattr(importlib.import_module(f"tui.steps.{name}"), "KIND", None) if name in _MODULES else None
        if not isinstance(kind, Kind):
            raise KeyError(name)
        self.data[name] = kind
        return kind

    def __contains__(self, name: object) -> bool:
        try:
            return self[str(name)] is not None
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(name for name in {*_MODULES, *self.data} if name in self))

    def __len__(self) -> int:
        return sum(1 for _name in self)


KINDS = _Registry()


def needs_of(action: Step | Action) -> Needs:
    """What a step, or what is done for it, needs that can be looked at before a run."""
    kind = KINDS[action.kind]
    return kind.needs(kind.typed(action.spec))
