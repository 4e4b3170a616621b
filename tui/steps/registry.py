"""The kinds of steps there are: every module of this package that has a `KIND`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tui.plan.kinds import Kind, Needs
from tui.plan.model import Action, Step


def _found() -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        kind = getattr(importlib.import_module(f"tui.steps.{module.name}"), "KIND", None)
        if isinstance(kind, Kind):
            kinds[kind.name] = kind
    return dict(sorted(kinds.items()))


KINDS: dict[str, Kind] = _found()


def needs_of(action: Step | Action) -> Needs:
    """What a step, or what is done for it, needs that can be looked at before a run."""
    kind = KINDS[action.kind]
    return kind.needs(kind.typed(action.spec))
