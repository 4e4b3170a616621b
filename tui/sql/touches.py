"""What a script is about, as names of which the database says whether they are relations. See `tui.sql.touched`."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

LONGEST: Final = 256 * 1024
"""Characters of a script that are looked through; of a longer one the whole database is taken."""


class Touches(Struct, frozen=True, kw_only=True):
    """`names`: identifiers, `schema.name` where they are qualified; `calls`: functions, without their schemas;
    `otherwise`: where none of the names is a relation, it is about the whole database; `whole`: it is in any case."""

    names: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    otherwise: bool = False
    whole: bool = False

    def __or__(self, other: Touches) -> Touches:
        return Touches(
            names=tuple(sorted({*self.names, *other.names})), calls=tuple(sorted({*self.calls, *other.calls})),
            otherwise=self.otherwise or other.otherwise, whole=self.whole or other.whole,
        )  # fmt: skip


WHOLE: Final = Touches(whole=True)
