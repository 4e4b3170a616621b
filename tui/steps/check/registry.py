"""The checks that there are. A further one: a file of its own, its key in `spec.py`, and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tui.steps.check import (
    access,
    backup_procedure,
    connections,
    consistency,
    dependencies,
    disk,
    load,
    monitoring,
    recent_backup,
    replication,
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


def _usual(part: Any, spec: type[Any]) -> Any:
    """`true` stands for what is usual."""
    return spec() if part is True else part or None


def _parts(spec: CheckSpec) -> tuple[tuple[Check, Any], ...]:
    """Each with its own part of the spec, None where nothing is asked, in the order in which they are looked at."""
    return (
        (server.CHECK, _any_of(spec.connect, spec.version, spec.writable)),
        (space.CHECK, _any_of(spec.disk_free, spec.space)),
        (disk.CHECK, spec.disk or None),
        (resources.CHECK, spec.resources or None),
        (connections.CHECK, spec.connections_free),
        (tools.CHECK, spec.tools or None),
        (roles.CHECK, _any_of(spec.role, spec.privilege)),
        (access.CHECK, spec.access or None),
        (staging.CHECK, spec.staging or None),
        (window.CHECK, spec.window or None),
        (monitoring.CHECK, spec.monitoring or None),
        (rollback.CHECK, spec.rollback or None),
        (dependencies.CHECK, spec.dependencies or None),
        (consistency.CHECK, _usual(spec.consistency, consistency.ConsistencySpec)),
        (load.CHECK, load.LoadLimits() if spec.load is True else spec.load or None),
        (replication.CHECK, replication.ReplicationSpec() if spec.replication is True else spec.replication or None),
        (recent_backup.CHECK, spec.recent_backup),
        (backup_procedure.CHECK, spec.backup_procedure or None),
    )


CHECKS: Final = tuple(check for check, _own in _parts(CheckSpec()))


def asked(spec: CheckSpec) -> Iterator[tuple[Check, Any]]:
    """Those that the plan asks for, each with its part of the spec."""
    yield from ((check, own) for check, own in _parts(spec) if own is not None)
