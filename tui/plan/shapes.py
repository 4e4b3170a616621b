"""The shape of the plan's types as msgspec sees them, with the rules that types alone cannot say.

Loader and JSON Schema both read these, so that they cannot disagree.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct, inspect

from tui.plan import model

STEP_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")

NOT_YET: dict[type[Struct], tuple[str, ...]] = {model.Step: ("approval",)}
"""Keys of the language that this version does not support: one that was accepted and did nothing would be relied on."""

REQUIRED: dict[type[Struct], tuple[str, ...]] = {model.Plan: ("name", "targets", "phases"), model.Phase: ("sections",)}
"""Keys a person must write although the model has a default for them."""

CHOICES: dict[type[Struct], tuple[tuple[str, ...], bool]] = {
    model.Target: (("service", "dsn"), True),
    model.HostSource: (("node_exporter", "ssh", "sql", "local"), True),
    model.Canary: (("sql", "http"), True),
    model.Dependency: (("tcp", "http"), True),
    model.Guard: (("below", "above", "equals"), True),
    model.Proof: (("equals", "empty", "not_empty"), True),
    model.Trigger: (("guard", "guards", "step", "steps", "errors", "comparison", "comparisons"), False),
}
"""Keys of which one alone may be written, and whether one must be."""

ONLY_TRUE: dict[type[Struct], tuple[str, ...]] = {
    model.Proof: ("empty", "not_empty"),
    model.HostSource: ("sql", "local"),
    model.Trigger: ("comparisons",),
}
"""Switches that say something only when they are true."""

SERVER_LOG_KEYS = ("file", "ssh")


@cache
def shape(cls: type[Struct]) -> inspect.StructType:
    """The shape of a struct."""
    found = inspect.type_info(cls)
    assert isinstance(found, inspect.StructType)
    return found


@cache
def fields(cls: type[Struct]) -> dict[str, inspect.Field]:
    """The fields of a struct by the key under which people write them."""
    return {field.encode_name: field for field in shape(cls).fields}


def required(cls: type[Struct]) -> list[str]:
    """The keys that must be written."""
    named = REQUIRED.get(cls, ())
    return [key for key, field in fields(cls).items() if field.required or key in named]


def unwrap(t: inspect.Type) -> tuple[inspect.Type, str | None]:
    """A type without its metadata, and the scalar it is written as: duration, offset, quantity or file."""
    scalar: str | None = None
    while isinstance(t, inspect.Metadata):
        scalar = (t.extra or {}).get("scalar", scalar)
        t = t.type
    return t, scalar


@cache
def keys_of(cls: type[Struct], scalar: str) -> tuple[str, ...]:
    """The keys behind which stand such scalars (see `unwrap`), or lists of them."""
    return tuple(key for key, field in fields(cls).items() if _is_written_as(field.type, scalar))


def _is_written_as(t: inspect.Type, scalar: str) -> bool:
    t, written = unwrap(t)
    if isinstance(t, inspect.UnionType):
        return any(_is_written_as(member, scalar) for member in t.types)
    return written == scalar or (isinstance(t, inspect.CollectionType) and _is_written_as(t.item_type, scalar))


def members(t: inspect.UnionType) -> list[inspect.Type]:
    """The members of a union, None left out."""
    return [member for member in t.types if not isinstance(member, inspect.NoneType)]


def placeholder(t: inspect.Type) -> Any:
    """Something of a type, to stand in for a value that is wrong while the rest of the plan is examined."""
    t, _scalar = unwrap(t)
    if isinstance(t, inspect.LiteralType):
        return t.values[0]
    if isinstance(t, inspect.IntType | inspect.FloatType):
        return 0
    if isinstance(t, inspect.DictType):
        return {}
    if isinstance(t, inspect.VarTupleType):
        return ()
    if isinstance(t, inspect.StructType):
        return t.cls(**{f.name: placeholder(f.type) for f in t.fields if f.required})
    return "" if isinstance(t, inspect.StrType) else None


def plain(value: Any) -> Any:
    """A typed value as the journal holds it: what comes back when its JSON is read."""
    return msgspec.json.decode(msgspec.json.encode(value))
