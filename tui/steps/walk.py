"""How far a walk over the keys of a table has come: what is behind it is done, whatever is interrupted. Pure.

A walk goes through a table in ranges of its key, each a transaction, several of which may be under way at a time. What
is known to be committed is `at`, up to which nothing is missing, and what lies `beyond` it with a gap before.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Key = tuple[str, ...]
"""The values of a key's columns, as the server prints them."""


class Walk(Struct, frozen=True, kw_only=True):
    """`end`: the key at which it ends, fixed when it began. `at` None: nothing is done. `beyond`: ranges (behind the
    first key, up to the second) that are done before what precedes them, each with its place in the order in which they
    were begun, which is that of the keys. `keys`: how many keys are done, of `total` where those are counted already;
    `rows`: how many rows of them were changed, as far as command tags told. `number`: how often it has begun anew."""

    end: Key
    total: int | None
    at: Key | None = None
    beyond: tuple[tuple[Key | None, Key, int], ...] = ()
    keys: int = 0
    rows: int = 0
    number: int = 0

    @property
    def whole(self) -> bool:
        """Whether it has come to its end."""
        return self.at == self.end


def reached(walk: Walk | None, reach: dict[str, Any], rows: int | None) -> Walk | None:
    """The walk behind the commit of a transaction that tells this `reach`; as it was where that tells none."""
    try:
        after = None if reach["after"] is None else tuple(map(str, reach["after"]))
        upto, end = tuple(map(str, reach["upto"])), tuple(map(str, reach["end"]))
        keys, number = int(reach["keys"]), int(reach.get("number", 0))
        total = None if reach["total"] is None else int(reach["total"])
        order = int(reach.get("order", 0))
    except (KeyError, TypeError, ValueError, OverflowError):
        return walk
    if walk is None or walk.number != number:
        walk = Walk(end=end, total=total, number=number)
    at, beyond = walk.at, list(walk.beyond)
    if after == at:
        at = upto
    else:
        beyond.append((after, upto, order))
    while (behind := next((each for each in beyond if each[0] == at), None)) is not None:
        at = behind[1]
        beyond.remove(behind)
    return Walk(
        end=walk.end, total=walk.total if total is None else total, at=at, beyond=tuple(beyond), keys=walk.keys + keys,
        rows=walk.rows + (rows or 0), number=number,
    )  # fmt: skip


def gaps(walk: Walk) -> tuple[tuple[Key | None, Key], ...]:
    """The ranges before what lies beyond, which are still to be done, in their order as far as that is known: behind
    one key, up to the other."""
    ends = {after: upto for after, upto, _order in walk.beyond}
    behind = set(ends.values())
    chains: list[tuple[int, Key, Key]] = []
    for after, _upto, _order in walk.beyond:
        if after is None or after in behind:
            continue
        end, members = after, {after}
        while end in ends:
            members.add(end)
            end = ends[end]
        first = min(order for begins, _upto, order in walk.beyond if begins in members)
        chains.append((first, after, end))
    found: list[tuple[Key | None, Key]] = []
    before: Key | None = walk.at
    # Each chain holds a range of the round in which the gaps came to be; those were begun in the order of their keys.
    for _first, start, end in sorted(chains):
        found.append((before, start))
        before = end
    return tuple(found)
