"""`restore`: a backup of this run becomes the target again; the database of before is kept."""

from __future__ import annotations

from msgspec import Struct

from tui.plan.scalars import Duration, EarlierStep


class RestoreSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole dump of this run goes into a new database, which then takes the target's name; the one of before is kept
    under another name, and `undo` gives it its own back. What the target has since the backup is lost with it: the step
    always costs the target's name, and the confirmation says what is lost. Never is it begun by itself.
    """

    of: EarlierStep | None = None
    """The id of the `backup` step whose dump is restored. `restore: backup` is short for it."""
    back: EarlierStep | None = None
    """In the place of `of`: the id of a `restore` step; the database that it kept takes its name back."""
    database: str | None = None
    """What the new database is called before it takes the name; where nothing is said the target's name with
    `_restored_` and the end of the run's id."""
    keep_as: str | None = None
    """What the one of before is called from then on; where nothing is said the target's name with `_before_` and the
    end of the run's id."""
    maintenance: str = "postgres"
    """The database from which the two are renamed."""
    jobs: int = 1
    """How many tables are restored at a time."""
    quiesced: bool = True
    """Whether others must be kept out (`quiesce`) before it begins. `false`: what they write meanwhile is lost."""
    analyze: bool = True
    """Whether the new database has all statistics before it takes the name: from 18 on the dump brings them, and
    ANALYZE makes those that it lacks; else ANALYZE makes all. `false`: the first plans may be bad ones."""
    decrypt: tuple[str, ...] = ()
    """A program and its arguments that reads an encrypted dump and writes what was dumped."""
    timeout: Duration | None = None
    """How long pg_restore may take before it is ended; where nothing is said the step's own `timeout`."""
