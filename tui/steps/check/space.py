"""Free space at places that the plan names: `disk_free`, `space`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from tui.plan.kinds import Finding, Needs
from tui.plan.scalars import disk_need
from tui.said import N_, Quoted
from tui.steps.answers import look as looked
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, row
from tui.steps.context import Context
from tui.steps.effects import Probe


class PlaceSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Free space at a place."""

    path: str
    """A directory on the filesystem that is meant."""
    free: str
    """What must be free there: `50GB`, or `2x` the size of the database."""
    on: Literal["here", "database"] = "here"
    """`here`: on the host that virada runs on. `database`: on the database's."""


Asked = tuple[str | None, tuple[PlaceSpec, ...]]
"""`disk_free` and `space` of the spec."""


def look(context: Context, spec: Asked, evidence: dict[str, Any]) -> Look:
    """A row for each place."""
    disk_free = spec[0]
    places: tuple[PlaceSpec, ...] = spec[1]
    rows: list[Row] = []
    if disk_free is not None:
        found = evidence["disk"] = yield from looked(context, Probe(name="disk", arguments={"need": disk_free}))
        rows.append(_room("disk_free", disk_free, found))
    for place in places:
        at = {"path": place.path, "on": place.on}
        found = yield from looked(context, Probe(name="disk", arguments={"need": place.free, **at}))
        evidence["space"] = [*evidence.get("space", ()), found]
        rows.append(_room("space", place.free, found) | at)
    return rows


def _room(name: str, need: str, found: Mapping[str, Any]) -> Row:
    holds = None if "error" in found else bool(found["enough"])
    return row(name, found.get("need_bytes", need), found.get("free_bytes"), holds, error=found, unit="bytes")


def lint(spec: Asked) -> Iterable[Finding]:
    """Needs that can be read."""
    disk_free = spec[0]
    places: tuple[PlaceSpec, ...] = spec[1]
    needs = {"disk_free": disk_free} | {f"space.{n}.free": place.free for n, place in enumerate(places)}
    for key, need in needs.items():
        if need is not None and disk_need(need, 1) is None:
            yield Finding(code="check-disk", facts={"need": Quoted(need)}, key=key)


def needs(spec: Asked) -> Needs:
    """The variables in the names of places on this host."""
    places: tuple[PlaceSpec, ...] = spec[1]
    return Needs(texts=tuple(place.path for place in places if place.on == "here"))


CHECK = Check(look=look, lint=lint, needs=needs, texts={"check-disk": N_("{need} is not a need such as 2x or 50GB")})
