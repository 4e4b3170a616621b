"""What differs between two fingerprints, by name. Pure.

A fingerprint is neutral data: `families` (family -> object -> definition), `tables` (what was read of a table's rows:
`count`, with `hash` and `columns` where they were hashed; or why it was not read), `sequences` (where they stand, null
where that may not be known), `invariants` (name -> value), `large_objects`; `elsewhere`: roles of the server that
nothing in the database concerns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from tui.journal.codes import NotCompared
from tui.sql.wildcard import any_matches

FAMILIES: Final = (
    "database", "schemas", "extensions", "types", "tables", "columns", "constraints", "indexes", "sequences",
    "statistics", "policies", "triggers", "views", "functions", "casts", "others", "event_triggers", "publications",
    "subscriptions", "foreign", "grants", "default_grants", "roles", "comments",
)  # fmt: skip
"""What the catalogue is looked through for, in the order in which differences are told."""
ROLES: Final = "roles"
ROWS: Final = "rows"
"""The family of tables' content."""
POSITIONS: Final = "positions"
"""Of where sequences stand."""
INVARIANTS: Final = "invariants"
LARGE_OBJECTS: Final = "large_objects"
ALL_FAMILIES: Final = (*FAMILIES, ROWS, POSITIONS, LARGE_OBJECTS, INVARIANTS)
Change = Literal["added", "removed", "changed"]
Fingerprint = dict[str, Any]
_SHOWN: Final = 400
"""Characters of a definition that are told of a difference."""


class Difference(Struct, frozen=True):
    """One object that differs; None where it is not there."""

    change: Change
    family: str
    object: str
    before: Any = None
    after: Any = None

    @property
    def name(self) -> str:
        """As a plan expects it: `added columns app.orders.region`."""
        return f"{self.change} {self.family} {self.object}"

    def facts(self) -> dict[str, Any]:
        """With what differs of it: of a definition with several parts those alone."""
        before, after = _parts(self.before, self.after)
        return {"change": self.change, "family": self.family, "object": self.object, "before": before, "after": after}


class Left(Struct, frozen=True):
    """Something that could not be compared, and why; `sqlstate` of what the server said."""

    family: str
    object: str
    why: NotCompared
    sqlstate: str = ""

    def facts(self) -> dict[str, Any]:
        told = {"family": self.family, "object": self.object, "why": self.why}
        return told | ({"sqlstate": self.sqlstate} if self.sqlstate else {})


class Comparison(Struct, frozen=True):
    """Differences and what was not compared, families in their order. `objects`: how many were compared.
    `elsewhere`: names of differences of roles that nothing in the database concerns: roles are the server's, and others
    make and drop some at any time."""

    differences: tuple[Difference, ...] = ()
    left: tuple[Left, ...] = ()
    objects: int = 0
    tables: int = 0
    elsewhere: tuple[str, ...] = ()


def compared(
    before: Fingerprint, after: Fingerprint, *, content: bool, ignore: tuple[str, ...] = (),
    expected: Sequence[str] = (),
) -> Comparison:  # fmt: skip
    """Every object that differs. Without `content` what rows and sequences say is left out: an application that goes
    on changes them. `ignore`: patterns of objects, or of `FAMILY OBJECT`, that are not looked at. `expected`: what
    of roles elsewhere is a difference all the same."""
    found: list[Difference] = []
    left: list[Left] = []
    objects = tables = 0
    for family in FAMILIES:
        old, new = before["families"].get(family), after["families"].get(family)
        if old is None or new is None:
            left.append(Left(family, "*", NotCompared.NOT_TAKEN))
            continue
        objects += len(old.keys() | new.keys())
        found += _differing(family, old, new)
    found += _differing(INVARIANTS, before.get("invariants", {}), after.get("invariants", {}))
    if content:
        pairs, unread = _rows(before.get("tables", {}), after.get("tables", {}))
        tables, left = len(pairs), left + unread
        found += [Difference("changed", ROWS, name, *pair) for name, pair in pairs.items() if pair[0] != pair[1]]
        found += _positions(before.get("sequences", {}), after.get("sequences", {}), left)
        objects_before, objects_after = before.get(LARGE_OBJECTS), after.get(LARGE_OBJECTS)
        if objects_before != objects_after:
            found.append(Difference("changed", LARGE_OBJECTS, "*", objects_before, objects_after))
    kept = tuple(each for each in found if not ignored(each.family, each.object, ignore))
    unknown = tuple(each for each in left if not ignored(each.family, each.object, ignore))
    elsewhere = {each.name for each in kept if each.family == ROLES and _elsewhere(each.object, before, after)}
    elsewhere = {name for name in elsewhere if not any_matches(expected, name)}
    ours = tuple(each for each in kept if each.name not in elsewhere)
    return Comparison(ours, unknown, objects, tables, tuple(sorted(elsewhere)))


def _elsewhere(role: str, *sides: Fingerprint) -> bool:
    """Whether nothing in the database concerned it, then and now; an older fingerprint does not tell."""
    return all(role in side.get("elsewhere", ()) for side in sides if role in side["families"][ROLES])


def ignored(family: str, name: str, patterns: tuple[str, ...]) -> bool:
    """Whether an object is one of those that nobody wants compared."""
    return bool(patterns) and any_matches(patterns, name, f"{family} {name}")


def _differing(family: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield Difference("added", family, name, None, new[name])
        elif name not in new:
            yield Difference("removed", family, name, old[name], None)
        elif old[name] != new[name]:
            yield Difference("changed", family, name, old[name], new[name])


def _rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, tuple[Any, Any]], list[Left]]:
    """What was read of each table before and after, as far as the same was; and what could not be compared."""
    pairs: dict[str, tuple[Any, Any]] = {}
    left: list[Left] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            # One that came or went is told by the catalogue.
            left.append(Left(ROWS, name, NotCompared.NOT_TAKEN))
            continue
        sides = (old[name], new[name])
        failed = next((side for side in sides if "count" not in side), None)
        if failed is not None:
            timed = failed.get("left_out") == "time"
            why = NotCompared.TIME_OVER if timed else NotCompared.NOT_READ
            left.append(Left(ROWS, name, why, str(failed.get("error", ""))))
            continue
        hashed = all("hash" in side for side in sides)
        if hashed and sides[0]["columns"] != sides[1]["columns"]:
            left.append(Left(ROWS, name, NotCompared.OTHER_COLUMNS))
            hashed = False
        keys = ("count", "hash") if hashed else ("count",)
        pairs[name] = ({key: sides[0][key] for key in keys}, {key: sides[1][key] for key in keys})
    return pairs, left


def _positions(old: Mapping[str, Any], new: Mapping[str, Any], left: list[Left]) -> Iterator[Difference]:
    for name in sorted(old.keys() & new.keys()):
        if old[name] is None or new[name] is None:
            left.append(Left(POSITIONS, name, NotCompared.NOT_READ, "42501"))
        elif old[name] != new[name]:
            yield Difference("changed", POSITIONS, name, old[name], new[name])


def _parts(before: Any, after: Any) -> tuple[Any, Any]:
    old, new = _decoded(before), _decoded(after)
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
        return {key: _short(old.get(key)) for key in keys}, {key: _short(new.get(key)) for key in keys}
    return _short(before), _short(after)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _SHOWN:
        return value[: _SHOWN - 1] + "…"
    return value
