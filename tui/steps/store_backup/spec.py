"""`store_backup`: a backup is copied to a safe place, read back there, and held against what was written."""

from __future__ import annotations

from msgspec import Struct

from tui.plan.scalars import Duration, EarlierStep


class StoreBackupSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one of `directory`, `ssh` and `command`. A copy bears its name when it is whole, never before."""

    of: EarlierStep
    """The id of the `backup` step."""
    directory: str | None = None
    """A directory of this host, of another filesystem best; may hold `${NAME}` of the environment."""
    ssh: str | None = None
    """`HOST:DIRECTORY` of another host, by the account's own configuration of ssh, or `ssh://USER@HOST:PORT/DIRECTORY`.
    It needs sh, tar and sha256sum there."""
    command: tuple[str, ...] = ()
    """A program and its arguments that stores one file, such as an object store's client: `[mc, cp, "{file}",
    "safe/app/{name}"]`. `{file}` is the file's path, `{name}` its name within the backup. Without `{file}` it is
    executed once, for all of them."""
    verify: tuple[str, ...] = ()
    """What prints a file as it is stored there, `[mc, cat, "safe/app/{name}"]`; for `command`. Without `{name}` it
    prints a line of `sha256sum` for each of them."""
    timeout: Duration | None = None
    """How long each program may take before it is ended; where nothing is said the step's own `timeout`."""
