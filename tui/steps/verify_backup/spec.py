"""`verify_backup`: what a backup is worth: its hash read back, the whole archive decoded, a trial restore.

`list` reads the table of contents alone, which a truncated archive still passes (reference): it is never the
default. `decode` reads every byte, which finds damage in gzip alone. `restore` loads it into a scratch database like
its source, and holds the rows that arrived against those that the source had then and still has (`trial.py`).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.plan.scalars import Duration, EarlierStep
from tui.steps.repositories.spec import BarmanSpec, PgbackrestSpec


class VerifyBackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Most keys say what a trial restore (`level: restore`) does."""

    of: EarlierStep
    """The id of the `backup` step. `verify_backup: backup` is short for it."""
    level: Literal["hash", "list", "decode", "restore"] = "decode"
    """`hash`: it is what was written, byte by byte. `list`: the table of contents alone can be read, too, which a
    truncated archive passes. `decode`: all of it is read. `restore`: all of it is restored into a scratch database and
    compared."""
    decrypt: tuple[str, ...] = ()
    """A program and its arguments that reads what the backup's `encrypt` printed and prints the dump (`[age, -d, -i,
    KEYFILE]`). Without it an encrypted backup is worth its hash alone."""
    database: str = "virada_restore_check"
    """The name of the scratch database that a trial restore makes and drops again."""
    server: str | None = None
    """The libpq service of the server that has the scratch database, where that is not to be the target's own; owners,
    privileges and tablespaces are left out there. For `level: restore`."""
    jobs: int = 1
    """How many tables are restored at a time."""
    schemas: tuple[str, ...] = ()
    """Restored alone, with what they need; all where nothing is said. For `level: restore`."""
    tables: tuple[str, ...] = ()
    """Restored alone (`schema.table`), with what they need; all where nothing is said. For `level: restore`."""
    exclude_extensions: tuple[str, ...] = ()
    """Extensions that are left out, with what needs them. For `level: restore`."""
    exclude: tuple[str, ...] = ()
    """Kinds of entries of pg_restore's list that are left out (`EVENT TRIGGER`, ...), with what needs them. For `level:
    restore`."""
    no_owner: bool | None = None
    """Whether owners are left out; where nothing is said, where the role is no superuser."""
    no_privileges: bool | None = None
    """Whether grants are left out; where nothing is said, where the role is no superuser."""
    no_tablespaces: bool | None = None
    """Whether tablespaces are left out; where nothing is said, where the role is no superuser."""
    fingerprint: bool = False
    """Whether what was restored is compared with the fingerprint that the backup took of its own moment (`fingerprint:
    true` there): the rows of every table and, where all was restored with owners and grants, the catalogue."""
    compare: bool = True
    """Whether the rows that arrived are held against those that the source had then and still has."""
    pgbackrest: PgbackrestSpec | None = None
    """For what the `command` of a backup step made: pgBackRest's `info` and `verify`, by which every file is read back.
    Where that command is pgBackRest's or Barman's itself it is known without this."""
    barman: BarmanSpec | None = None
    """For what the `command` of a backup step made: Barman's `check-backup` and `verify-backup`. With `level: list` the
    former alone, which says nothing of a damaged file."""
    command: tuple[str, ...] = ()
    """For what the `command` of a backup step made: a program and its arguments that verifies it, and says by its exit
    status whether it is whole. What it looks at it alone knows."""
    timeout: Duration | None = None
    """How long each program may take before it is ended; where nothing is said the step's own `timeout`."""
