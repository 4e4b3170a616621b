"""The sources that a plan names for figures of its target's host, in the plan's order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.journal.remarks import Coded, Remarked
from tui.plan.model import HostSource
from tui.plan.scalars import ExpansionError, expand
from tui.probes.local_host import LocalHost
from tui.probes.node_exporter import NodeExporter
from tui.probes.reading import HostReading, ReadingSource, SourceFailed
from tui.probes.sql_host import Rows, SqlHost
from tui.probes.ssh import Ssh
from tui.probes.ssh_host import SshHost


class UnusableSource:
    """A source that the environment lacks something for."""

    patience = 1.0

    def __init__(self, kind: str, where: str, reason: Coded) -> None:
        self.kind = kind
        self.where = where
        self._reason = reason

    async def read(self) -> HostReading:
        """Raises SourceFailed with the reason, always."""
        raise SourceFailed(self._reason)

    async def close(self) -> None:
        """Nothing is open."""


def sources_of(
    named: Sequence[HostSource],
    environment: Mapping[str, str],
    ssh: Ssh,
    rows: Rows,
    directory: Callable[[], str | None],
) -> list[ReadingSource]:
    """`rows` asks the database, `directory` is its data directory as far as that is known. This host is among them only
    where the plan says so: what runs on a jump host says nothing of the database's."""
    found: list[ReadingSource] = []
    for source in named:
        if source.node_exporter is not None:
            found.append(_expanded("node_exporter", source.node_exporter, environment, directory, ssh))
        elif source.ssh is not None:
            found.append(_expanded("ssh", source.ssh, environment, directory, ssh))
        elif source.sql:
            found.append(SqlHost(rows))
        elif source.local:
            found.append(LocalHost(directory))
    return found


def _expanded(
    kind: str, text: str, environment: Mapping[str, str], directory: Callable[[], str | None], ssh: Ssh
) -> ReadingSource:
    try:
        value = expand(text, environment)
    except ExpansionError as error:
        return UnusableSource(kind, text, Coded(Remarked.VARIABLE_UNSET, name=error.name))
    return NodeExporter(value, directory) if kind == "node_exporter" else SshHost(value, ssh, directory)
