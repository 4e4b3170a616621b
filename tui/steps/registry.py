"""The kinds of steps there are: every module of this package that has a `KIND`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tui.plan.kinds import Kind


def _found() -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        kind = getattr(importlib.import_module(f"tui.steps.{module.name}"), "KIND", None)
        if isinstance(kind, Kind):
            kinds[kind.name] = kind
    return dict(sorted(kinds.items()))


KINDS: dict[str, Kind] = _found()
