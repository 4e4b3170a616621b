"""How a dump is read: by pg_restore as it lies there, or through what unpacks or decrypts it first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from tui.steps.effects import Piped

_UNPACK: Final[Mapping[str, tuple[str, ...]]] = {"zstd": ("zstd", "-dcq")}
"""What reads again what a program compressed."""


class Reading(Struct, frozen=True, kw_only=True):
    """`path`: the last argument of pg_restore, where there is one; `piped`: what feeds it otherwise. A stream is read
    by one job alone."""

    path: tuple[str, ...] = ()
    piped: Piped | None = None


def reading(recorded: Mapping[str, Any], decrypt: tuple[str, ...] = ()) -> Reading | None:
    """Of the dump of which a backup's evidence tells; None where it is encrypted and nothing says what reads it."""
    path = str(recorded["path"])
    encrypted, packed = bool(recorded.get("encrypted")), recorded.get("packed")
    if encrypted and not decrypt:
        return None
    before = ((decrypt,) if encrypted else ()) + ((_UNPACK[str(packed)],) if packed else ())
    return Reading(piped=Piped(before=before, source=path)) if before else Reading(path=(path,))
