"""The checks that there are. A further one: a file of its own, its key in `spec.py`, and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.steps.check import connections, dependencies, disk, roles, server, space, tools
from tui.steps.check.check import Check
from tui.steps.check.spec import CheckSpec

CHECKS = (server.CHECK, space.CHECK, disk.CHECK, connections.CHECK, tools.CHECK, roles.CHECK, dependencies.CHECK)
"""In the order in which they are looked at and told."""


def asked(spec: CheckSpec) -> Iterator[tuple[Check, Any]]:
    """Those that the plan asks for, each with its part of the spec."""
    parts: tuple[Any, ...] = (
        _any_of(spec.connect, spec.version, spec.writable),
        _any_of(spec.disk_free, spec.space),
        spec.disk or None,
        spec.connections_free,
        spec.tools or None,
        _any_of(spec.role, spec.privilege),
        spec.dependencies or None,
    )
    yield from ((check, own) for check, own in zip(CHECKS, parts, strict=True) if own is not None)


def _any_of(*parts: Any) -> tuple[Any, ...] | None:
    """Parts that belong together, where one of them is written."""
    return parts if any(part is not None and part != () for part in parts) else None
