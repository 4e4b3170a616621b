"""Who may do what with a database, and the statements that make one list of grants another. Pure.

A grant belongs to whoever gave it: only as that role is it taken or given again exactly. What rests on another grant is
taken first and given last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from tui.sql.quoting import identifier

CONNECT: Final = "CONNECT"
PUBLIC: Final = ""


class Grant(Struct, frozen=True):
    """One privilege of one role, or of PUBLIC (""), by the role that gave it; `grantable`: it may be given on."""

    grantor: str
    grantee: str
    privilege: str
    grantable: bool = False

    def row(self) -> list[Any]:
        """As the journal has it."""
        return [self.grantor, self.grantee, self.privilege, self.grantable]


def grants(rows: Iterable[Sequence[Any]]) -> tuple[Grant, ...]:
    """Of rows as the journal or the server has them, in one order."""
    found = {Grant(str(row[0]), str(row[1]), str(row[2]), bool(row[3])) for row in rows}
    return tuple(sorted(found, key=lambda g: (g.grantor, g.grantee, g.privilege, g.grantable)))


def connecting(found: Iterable[Grant]) -> tuple[str, ...]:
    """The roles that may connect by these grants, PUBLIC as ""."""
    return tuple(sorted({grant.grantee for grant in found if grant.privilege == CONNECT}))


def closed(former: Iterable[Grant], owner: str, keep: Iterable[str]) -> tuple[Grant, ...]:
    """The same without CONNECT but for the roles to `keep`, each of which has it from the owner."""
    rest = [grant for grant in former if grant.privilege != CONNECT]
    return grants([*(grant.row() for grant in rest), *([owner, role, CONNECT, False] for role in keep)])


def statements(
    database: str, owner: str, have: Iterable[Grant], want: Iterable[Grant], role: str | None = None
) -> tuple[str, ...]:
    """What makes the first list the second, inside a transaction; empty where they are equal. What another role than
    the owner gave is given and taken as that role. `role`: as which the rest is done."""
    had, wanted = set(have), set(want)
    place = f"on database {identifier(database)}"
    found: list[str] = []

    def act(grantor: str, words: str) -> None:
        back = "reset role" if role is None else f"set local role {identifier(role)}"
        found.extend([words] if grantor == owner else [f"set local role {identifier(grantor)}", words, back])

    for grant in sorted(had - wanted, key=lambda g: (-_distance(g, had, owner), g.grantee, g.privilege)):
        option = _only_option(grant, wanted)
        words = f"revoke {'grant option for ' if option else ''}{grant.privilege} {place} from {_role(grant.grantee)}"
        act(grant.grantor, words)
    for grant in sorted(wanted - had, key=lambda g: (_distance(g, wanted, owner), g.grantee, g.privilege)):
        if not grant.grantable and Grant(grant.grantor, grant.grantee, grant.privilege, True) in had:
            continue
        words = f"grant {grant.privilege} {place} to {_role(grant.grantee)}"
        act(grant.grantor, words + (" with grant option" if grant.grantable else ""))
    return tuple(found)


def _only_option(grant: Grant, wanted: set[Grant]) -> bool:
    """Whether nothing but the right to give it on is to go."""
    return grant.grantable and Grant(grant.grantor, grant.grantee, grant.privilege, False) in wanted


def _role(grantee: str) -> str:
    return "public" if grantee == PUBLIC else identifier(grantee)


def _distance(grant: Grant, among: set[Grant], owner: str) -> int:
    """Through how many roles it came from the owner."""
    steps, grantor, met = 0, grant.grantor, set[str]()
    while grantor != owner and grantor not in met:
        met.add(grantor)
        steps += 1
        above = [g.grantor for g in among if g.grantee == grantor and g.privilege == grant.privilege and g.grantable]
        grantor = min(above, default=owner)
    return steps
