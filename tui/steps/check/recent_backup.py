"""`recent_backup`: a backup from before this run's own, complete and not too old: of a directory of dumps, or of a
repository to which the server's WAL has gone without a gap since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.plan.kinds import Finding, Needs, Program
from tui.plan.scalars import Duration
from tui.said import N_
from tui.steps.check import barman_server, dumps, pgbackrest_stanza
from tui.steps.check.check import Check
from tui.steps.check.row import Look
from tui.steps.context import Context
from tui.steps.repositories.spec import BarmanSpec, PgbackrestSpec


class RecentBackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one of `directory`, `pgbackrest` and `barman`."""

    max_age: Duration = 86400.0
    """How old it may be: of a dump since it was begun, of a base backup since it ended."""
    directory: str | None = None
    """A directory of this host that holds pg_dump's archives, of this database and of others, and what runs of virada
    have compressed or encrypted. The newest that is whole counts; those that this run makes do not. May hold
    `${NAME}` of the environment."""
    hashes: Literal["required", "if_there"] = "required"
    """Of a dump: whether it counts without a file that holds its hashes (`SHA256SUMS` in the directory, or one of the
    dump's name with `.SHA256SUMS` or `.sha256` behind it). `if_there`: without one it is read through by pg_restore,
    which notices damage for certain in gzip alone."""
    pgbackrest: PgbackrestSpec | None = None
    """A repository of pgBackRest's."""
    barman: BarmanSpec | None = None
    """A server of Barman's."""


def look(context: Context, spec: RecentBackupSpec, evidence: dict[str, Any]) -> Look:
    """A row for the backup; of a repository one for the archive, too."""
    if spec.directory is not None:
        return (yield from dumps.look(context, spec.directory, spec.max_age, spec.hashes == "required"))
    if spec.pgbackrest is not None:
        return (yield from pgbackrest_stanza.look(context, spec.pgbackrest, spec.max_age))
    assert spec.barman is not None
    return (yield from barman_server.look(context, spec.barman, spec.max_age))


def lint(spec: RecentBackupSpec) -> Iterable[Finding]:
    """One source."""
    if sum(source is not None for source in (spec.directory, spec.pgbackrest, spec.barman)) != 1:
        yield Finding(code="recent-backup-source", key="recent_backup")


def needs(spec: RecentBackupSpec) -> Needs:
    """The variables in the directory's name; pg_restore, which tells nothing of the server."""
    if spec.directory is None:
        return Needs()
    programs = () if spec.hashes == "required" else (Program("pg_restore"),)
    return Needs(texts=(spec.directory,), programs=programs)


CHECK = Check(
    look=look, lint=lint, needs=needs,
    texts={"recent-backup-source": N_("recent_backup needs exactly one of 'directory', 'pgbackrest' and 'barman'")},
)  # fmt: skip
