"""No key of a plan is accepted and then does nothing: for each, something outside the plan's own loading reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct, inspect

from tests.unit.plan.reads import ROOT, Source
from tui.plan import model, shapes
from tui.steps.registry import KINDS

LOADING = (
    *(f"tui/plan/{name}" for name in ("convert", "lint", "outline", "reader", "references")),
    *(
        "tui/plan/schema",
        "tui/plan/seal",
        "tui/plan/secrets",
        "tui/plan/shapes",
        "tui/plan/targets",
        "tui/plan/model",
        "lint",
    ),
)
"""What only looks whether a plan is right, kinds' `lint` included: who reads a key there does nothing with it."""
ELSEWHERE = {
    "tui.plan.model.Plan.virada": ("tui/plan/lint.py", "plan.virada != 1"),
    "tui.steps.command.CommandSpec.files": ("tui/plan/convert.py", "self.files.claim("),
}
"""Keys that are read otherwise than as a field: where, and what stands there."""


def keys() -> dict[str, str]:
    """`module.Class.field` of everything that people may write in a plan, with the key."""
    found: dict[str, str] = {}
    seen: set[type[Struct]] = set()

    def add(cls: type[Struct]) -> None:
        if cls not in seen:
            seen.add(cls)
            for key, field in shapes.fields(cls).items():
                found[f"{cls.__module__}.{cls.__qualname__}.{field.name}"] = key
                walk(field.type)

    def walk(t: inspect.Type) -> None:
        t, _scalar = shapes.unwrap(t)
        if isinstance(t, inspect.StructType):
            add(t.cls)
        elif isinstance(t, inspect.UnionType):
            for member in t.types:
                walk(member)
        elif isinstance(t, inspect.DictType):
            walk(t.value_type)
        elif isinstance(t, inspect.VarTupleType):
            walk(t.item_type)

    add(model.Plan)
    for kind in KINDS.values():
        add(kind.spec)
    return found


def test_something_acts_upon_every_key_or_shows_it() -> None:
    read = Source(ROOT, "tui").reads(LOADING)
    dead = sorted(name for name in keys() if name not in read and name not in ELSEWHERE)
    assert not dead, f"nothing reads {', '.join(dead)}: until something does, it belongs to shapes.NOT_YET"
    assert not [name for name in ELSEWHERE if name in read], "what is read as a field needs no entry"
    for name, (file, text) in ELSEWHERE.items():
        assert name in keys() and text in (ROOT / file).read_text(), name


SOURCE = """
from dataclasses import dataclass
from pack.other import Other

@dataclass
class Spec:
    used: int
    twice: int
    unused: int
    linted: int
    inner: tuple[Other, ...]

def run(specs: list[Spec]) -> None:
    for spec in specs:
        print(spec.used)
        print([one.deep for one in spec.inner])

def lint(spec: Spec) -> None:
    print(spec.linted)

class Keeper:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def look(self) -> int:
        return self.spec.twice
"""
OTHER = """
class Other:
    deep: int
    unused: int

class Spec:
    unused: int

def f(spec: Spec) -> int:
    return spec.unused
"""


def test_a_key_that_nothing_reads_is_found(tmp_path: Path) -> None:
    """Among others of the same name, and where only a lint reads it."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "spec.py").write_text(SOURCE)
    (tmp_path / "pack" / "other.py").write_text(OTHER)
    read = Source(tmp_path, "pack").reads(("lint",))
    assert {"pack.spec.Spec.used", "pack.spec.Spec.twice", "pack.other.Other.deep", "pack.other.Spec.unused"} <= read
    assert not read & {"pack.spec.Spec.unused", "pack.spec.Spec.linted", "pack.other.Other.unused"}


@pytest.mark.parametrize("cls", shapes.NOT_YET, ids=lambda cls: cls.__name__)
def test_what_is_not_supported_yet_is_no_field(cls: type[Struct]) -> None:
    assert not set(shapes.NOT_YET[cls]) & set(shapes.fields(cls))
