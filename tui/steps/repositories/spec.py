"""Where repositories are, and how their programs are started."""

from __future__ import annotations

from msgspec import Struct


class PgbackrestSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Asked with `info` and `repo-ls`, which change nothing."""

    stanza: str
    """The stanza."""
    config: str | None = None
    """Its configuration file, where that is not the usual one."""
    repo: int | None = None
    """The number of one repository of several."""
    command: tuple[str, ...] = ()
    """How it is started, where that takes more than its name: `[sudo, -n, -u, postgres, pgbackrest]`, `[ssh, backup1,
    pgbackrest]`."""

    @property
    def argv(self) -> tuple[str, ...]:
        """How it begins."""
        argv = (*(self.command or ("pgbackrest",)), f"--stanza={self.stanza}", "--log-level-console=off")
        return (*argv, *(() if self.config is None else (f"--config={self.config}",)))


class BarmanSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Asked with commands that change nothing."""

    server: str
    """The server, by Barman's name for it."""
    config: str | None = None
    """Its configuration file, where that is not the usual one."""
    command: tuple[str, ...] = ()
    """How it is started, where that takes more than its name: `[sudo, -n, -u, barman, barman]`, `[ssh, backup1,
    barman]`."""

    @property
    def argv(self) -> tuple[str, ...]:
        """How it begins."""
        return (*(self.command or ("barman",)), *(() if self.config is None else ("-c", self.config)))
