"""Whatever a journal may say has a test in which it would be false, and it is not said."""

from __future__ import annotations

import ast
from enum import StrEnum
from pathlib import Path

import pytest

from tui.journal import codes

TESTS = Path(__file__).parents[1]
_SILENT: dict[type[StrEnum], set[str]] = {codes.WaitReason: {"NONE"}, codes.CancelReason: {"ENGINE"}}
"""Members that say nothing: a wait that is over, and what is never journaled."""
NAMES = {family.__name__: family for family in codes.FAMILIES}


def marked() -> dict[str, set[str]]:
    """Members by family that a test is marked with: `@pytest.mark.unsaid(FateReason.PROVED, ...)`."""
    found: dict[str, set[str]] = {name: set() for name in NAMES}
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text("utf-8")
        if "mark.unsaid" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("mark.unsaid"):
                continue
            for argument in node.args:
                family, _dot, member = ast.unparse(argument).removeprefix("codes.").partition(".")
                assert member in NAMES[family].__members__, f"{path.name}:{node.lineno}: no {family}.{member}"
                found[family].add(member)
    return found


@pytest.mark.parametrize("family", codes.FAMILIES, ids=lambda family: family.__name__)
def test_every_member_has_a_test_that_makes_it_false(family: type[StrEnum]) -> None:
    missing = sorted(set(family.__members__) - marked()[family.__name__] - _SILENT.get(family, set()))
    assert not missing, f"no test is marked with {', '.join(f'{family.__name__}.{name}' for name in missing)}"
