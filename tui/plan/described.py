"""What stands in the source behind a field: its description in the schema and in PLAN.md. Never needed for a run."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from itertools import pairwise
from typing import Any

from msgspec import NODEFAULT, UNSET, Struct
from msgspec import inspect as shape

from tui.plan import shapes

UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s"), (0.001, "ms"))


def texts(cls: type[Struct]) -> dict[str, str]:
    """The text behind each field of a struct that has one, by the key under which people write the field."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, behind in pairwise(tree.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(behind, ast.Expr):
            text = behind.value.value if isinstance(behind.value, ast.Constant) else None
            if isinstance(text, str):
                found[field.target.id] = " ".join(text.split())
    return {key: found[field.name] for key, field in shapes.fields(cls).items() if field.name in found}


def about(cls: type[Struct]) -> str:
    """The first paragraph of a struct's own text."""
    return _paragraph(cls.__doc__)


def about_kind(spec: type[Struct], name: str) -> str:
    """What a kind of step is, by the first paragraph of its module; empty where that tells of no kind."""
    told = _paragraph(getattr(sys.modules.get(spec.__module__), "__doc__", None))
    start = f"`{name}`: "
    text = told.removeprefix(start)
    if not told.startswith(start):
        return ""
    # Names of programs (pg_dump) stay as they are written.
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").partition("\n\n")[0].split())


def default(field: shape.Field) -> Any:
    """What holds where nothing is written, as people would write it; NODEFAULT where that cannot be written."""
    value = field.default
    if value is NODEFAULT or value is UNSET or value is None or value == () or isinstance(value, Struct):
        return NODEFAULT
    return duration(value) if _is_duration(field.type) and isinstance(value, float) else value


def _is_duration(t: shape.Type) -> bool:
    t, scalar = shapes.unwrap(t)
    return scalar == "duration" or (isinstance(t, shape.UnionType) and any(_is_duration(member) for member in t.types))


def duration(seconds: float) -> str:
    """`500ms`, `1m`, `0s`: a span in the largest unit that divides it."""
    for length, unit in UNITS:
        count = seconds / length
        if seconds >= length and abs(count - round(count)) < 1e-9:
            return f"{round(count)}{unit}"
    return f"{seconds:g}s"
