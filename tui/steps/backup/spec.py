"""`backup`: pg_dump into a directory of one's own, hashed as soon as it is written; or a program of the plan's own."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from tui.plan.scalars import Duration


class BackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """pg_dump is one that is installed here and not older than the server. A backup is never overwritten, and nobody
    but this account reads it. Its files' hashes lie beside it and among the run's artifacts (`sha256sum -c`)."""

    directory: str | None = None
    """Where backups are written, each attempt a place of its own; may hold `${NAME}` of the environment. This, or
    `command`."""
    prefer: Literal["time", "size"] | None = None
    """The best way that is here, in place of `format` and `compress`. `time`: a directory, several tables at a time,
    with zstd where pg_dump was built with it, otherwise with gzip's fastest level; on two processors, where nothing is
    said of `jobs`, by the program `zstd` behind pg_dump. `size`: a higher level of zstd, by pg_dump or that program;
    without both, gzip's usual level."""
    format: Literal["custom", "directory"] = "custom"
    """pg_dump's format. `directory` can be written by several jobs."""
    jobs: int | None = None
    """How many tables are dumped at a time, one where nothing is said; more than one with `format: directory`. With
    `prefer`, where nothing is said, as many as this host has processors, four at most."""
    compress: int | str = 1
    """The level of gzip, from 0 (none) to 9, or what pg_dump from 16 on takes (`zstd:3`, `lz4`)."""
    schemas: tuple[str, ...] = ()
    """Only these schemas; all where nothing is said."""
    tables: tuple[str, ...] = ()
    """Only these tables; all where nothing is said."""
    globals: bool = False
    """Whether roles, memberships and tablespaces of the whole server come along (`pg_dumpall --globals-only`), without
    passwords where the role may not read them."""
    restore_point: bool | str = False
    """A restore point is made in the server's WAL at the backup's moment, `virada RUN STEP` or of this name. Where the
    role may not make one, that is said, and the backup goes on."""
    fingerprint: bool = False
    """Whether a fingerprint of all there is, rows included, is taken of the backup's own moment; a trial restore can be
    held against it. It reads every row once more."""
    encrypt: tuple[str, ...] = ()
    """A program and its arguments that reads the dump and prints it encrypted, such as `[age, -r, KEY]`. What is not
    encrypted is written nowhere."""
    from_: str | None = field(default=None, name="from")
    """A libpq service: the standby of the target that is read in its place, once it has caught up."""
    command: tuple[str, ...] = ()
    """Another program that makes the backup, and its arguments (`[pgbackrest, --stanza=app, backup]`), in the place of
    pg_dump. Its exit status, its output's hash and what it says last are evidence."""
    space: str = "auto"
    """What must be free in the directory before it begins: `50GB`, or `1x` the size of the database. `auto`: half as
    much again as the last backup of the database took, without one the database's size. `skip` looks at nothing."""
    timeout: Duration | None = None
    """How long pg_dump, or the command, may take before it is ended; where nothing is said the step's own `timeout`."""
