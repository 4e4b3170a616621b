"""`rls`: where row-level security is enabled and forced, by which policies, what can be read past it, and what somebody
of the application sees and may write.

What the plan says of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from tui.plan.scalars import Duration, EarlierStep


class PolicySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy, whole: its name says nothing about what it allows."""

    name: str
    """Its name."""
    for_: Literal["all", "select", "insert", "update", "delete"] = field(default="all", name="for")
    """The command that it is for."""
    to: tuple[str, ...] = ("public",)
    """The roles that it is for."""
    permissive: bool = True
    """`false`: it is restrictive, and must hold beside the others."""
    using: str | None = None
    """Its USING expression, as `pg_policies` shows it; blanks and outer parentheses do not count."""
    check: str | None = None
    """Its WITH CHECK expression."""


class SeesSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a table's rows must be seen; all that is written must hold."""

    only: str | None = None
    """No row but those for which this holds: `tenant = 1`."""
    some: str | None = None
    """A row at least for which this holds."""
    exactly: str | None = None
    """All rows of the table for which this holds, and no other. The plan's own login must be able to see them all."""
    count: int | None = None
    """So many rows."""


class AttemptSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to be written; exactly one of `insert`, `update` and `delete`."""

    table: str
    """Into which table, with its schema."""
    insert: str | None = None
    """What follows `insert into TABLE`: `(tenant, note) values (2, 'x')`."""
    update: str | None = None
    """What follows `update TABLE`: `set note = note where tenant = 2`."""
    delete: str | None = None
    """What follows `delete from TABLE`: `where tenant = 2`."""


class PersonaSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody of the application: a role with its claims. Each is tried on a fresh connection and on one that has been
    used, whose settings are empty and no longer unset."""

    name: str
    """What people call them."""
    role: str
    """The role that they become (SET ROLE); it must be one that the plan's login may become."""
    claims: dict[str, str] = {}
    """Settings that tell who they are, as the application sets them: `{app.tenant: "1"}`. Nobody's: none."""
    sees: dict[str, SeesSpec | Literal["nothing", "everything"]] = {}
    """By table what they must see: `{app.orders: {only: "tenant = 1", some: "true"}, app.secrets: nothing}`."""
    may: tuple[AttemptSpec, ...] = ()
    """What they may write: it is let in, and changes a row."""
    may_not: tuple[AttemptSpec, ...] = ()
    """What they may not write: it is refused, or finds no row."""


class RlsSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is written is tried in transactions that are taken back, and triggers are kept from firing; where that may
    not be, what would fire something is not tried, and unknown. Sequences go on all the same, and deferred constraints
    are not looked at; the evidence names both.
    """

    tables: tuple[str, ...] = ()
    """Tables with row-level security, or `app.*`. Where nothing is said those that the plan's steps change or name."""
    enabled: bool = True
    """Whether it must be enabled on each of them. Partitions are reached by way of their parents."""
    forced: bool = True
    """Whether it must be in force for their owners as well."""
    with_: EarlierStep | None = field(default=None, name="with")
    """The step that took a fingerprint: policies, owners, whether it is enabled and forced, and which roles bypass it,
    are as they were then, in the whole database."""
    expect: tuple[str, ...] = ()
    """What must be different from then, as `compare` has it: `changed policies app.orders: tenant`."""
    policies: dict[str, tuple[PolicySpec, ...]] = {}
    """By table its policies, all of them."""
    personas: tuple[PersonaSpec, ...] = ()
    """Who is tried."""
    anonymous: tuple[str, ...] = ()
    """Roles that anybody may have: whatever they can read past row-level security is found, in the whole database:
    tables without it, materialized views, SECURITY DEFINER functions; and, as for the personas' roles, partitions, and
    views that read with their owner's rights."""
    allow: tuple[str, ...] = ()
    """What of that is meant to be: `app.regions`, `functions app.public_*`; and what may be different from `with`:
    `roles dba_*`."""
    triggers: Literal["skip", "fire"] = "skip"
    """`fire`: triggers fire when something is written, and what they do outside the transaction is done."""
    timeout: Duration = 10.0
    """How long each statement may take."""
