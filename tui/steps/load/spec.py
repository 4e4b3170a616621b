"""`load`: pgbench with scripts of the plan, in rising numbers of clients, until a success criterion is breached."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from tui.plan.scalars import Duration, File


class LoadSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """pgbench runs each level for a while and tells transactions a second and their latency. The success criteria, the
    canary's answers among them, are watched meanwhile; where one has a `for`, a level should last longer than that.
    """

    scripts: tuple[File, ...]
    """What a client does, again and again: pgbench's scripts, files beside the plan."""
    clients: tuple[int, ...]
    """How many clients at a time, a level after the other: `[1, 2, 4, 8]`."""
    for_: Duration = field(default=30.0, name="for")
    """How long a level lasts."""
    must_hold: int | None = None
    """With so many clients every criterion has to hold, or the step fails. Where nothing is said it tells where they
    break, which is no failure."""
    all_levels: bool = False
    """Whether the levels above the first one that breaches a criterion are tried as well."""
    threads: int = 2
    """How many threads pgbench has."""
    within: Duration | None = None
    """Transactions that take longer than this are counted."""
    protocol: Literal["simple", "extended", "prepared"] = "simple"
    """How statements are sent, as pgbench's `-M`."""
    variables: dict[str, str] = {}
    """The scripts' variables by name, as pgbench's `-D` gives them."""
    lock_timeout: Duration | None = None
    """The sessions' lock_timeout; nothing, or `0`, is no limit."""
    statement_timeout: Duration | None = None
    """How long one statement may take, as PostgreSQL's setting of this name; nothing, or `0`, is no limit."""
    row_security: Literal["off", "on"] = "on"
    """`on`: policies apply as they do for the application. `off`: a statement that they would cut short is an error."""
