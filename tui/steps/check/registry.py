"""The checks that there are. A further one: a file of its own, its key in `spec.py`, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tui.steps.check import (
    connections,
    dependencies,
    disk,
    load,
    monitoring,
    resources,
    roles,
    rollback,
    server,
    space,
    staging,
    tools,
    window,
)
from tui.steps.check.check import Check
from tui.steps.check.spec import CheckSpec


def _any_of(*parts: Any) -> tuple[Any, ...] | None:
    """Parts that belong together, where one of them is written."""
    return parts if any(part is not None and part != () for part in parts) else None


_PARTS: Final[tuple[tuple[Check, Callable[[CheckSpec], Any]], ...]] = (
    (server.CHECK, lambda spec: _any_of(spec.connect, spec.version, spec.writable)),
    (space.CHECK, lambda spec: _any_of(spec.disk_free, spec.space)),
    (disk.CHECK, lambda spec: spec.disk or None),
    (resources.CHECK, lambda spec: spec.resources or None),
    (connections.CHECK, lambda spec: spec.connections_free),
    (tools.CHECK, lambda spec: spec.tools or None),
    (roles.CHECK, lambda spec: _any_of(spec.role, spec.privilege)),
    (staging.CHECK, lambda spec: spec.staging or None),
    (window.CHECK, lambda spec: spec.window or None),
    (monitoring.CHECK, lambda spec: spec.monitoring or None),
    (rollback.CHECK, lambda spec: spec.rollback or None),
    (dependencies.CHECK, lambda spec: spec.dependencies or None),
    (load.CHECK, lambda spec: load.LoadSpec() if spec.load is True else spec.load or None),
)
"""Each with its own part of the spec, None where nothing is asked, in the order in which they are looked at."""

CHECKS: Final = tuple(check for check, _part in _PARTS)


def asked(spec: CheckSpec) -> Iterator[tuple[Check, Any]]:
    """Those that the plan asks for, each with its part of the spec."""
    yield from ((check, own) for check, part in _PARTS if (own := part(spec)) is not None)
