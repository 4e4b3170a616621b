"""How events of a class are treated stands on the class: nowhere else is a list of types, and no type that is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tui
from tui.journal import events as e

NAMES = {class_.__name__ for class_ in e.TYPES.values()}
FIRST = {name.partition(".")[0] for name in e.TYPES} | {"approval", "notify", "fingerprint"}
NAMED = re.compile(rf"({'|'.join(sorted(FIRST))})\.(?!lock|log|sock|phases|sections|triggers)[a-z_]+")
"""What is named like an event, and is no file of a run and no section of a plan."""
QUOTED, CLASSES = re.compile(rf'"{NAMED.pattern}"'), re.compile(rf"\b(?:{'|'.join(sorted(NAMES))})\b")


def listed(node: ast.AST) -> Iterator[str]:
    """The types of events that a literal lists."""
    for each in node.elts if isinstance(node, ast.Set | ast.List | ast.Tuple) else ():
        if isinstance(each, ast.Constant) and each.value in e.TYPES:
            yield str(each.value)
        if isinstance(each, ast.Attribute) and each.attr == "TYPE":
            each = each.value
        name = getattr(each, "attr", None) or getattr(each, "id", None)
        if name in NAMES:
            yield str(name)


def faults(source: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if len(set(listed(node))) > 1:
            yield f"{source}: {sorted(listed(node))} stand in a list, where a trait of their classes would do"
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and NAMED.fullmatch(value) and value not in e.TYPES:
            yield f"{source}: no event is called {value}"


def test_no_list_of_types_and_no_event_that_is_none() -> None:
    home, found = Path(tui.__file__).parent, list[str]()
    for source in home.rglob("*.py"):
        text = source.read_text()
        if QUOTED.search(text) or len(set(CLASSES.findall(text))) > 1:
            found += faults(source.relative_to(home), text)
    assert found == []


def test_such_are_found() -> None:
    text = 'A = frozenset(("run.opened", "run.closed"))\nB = (e.StepPassed.TYPE, StepFailed)\nC = "run.mended"'
    assert len(list(faults(Path("a.py"), text))) == 3
    assert (
        list(faults(Path("a.py"), 'A = ("run.opened", "engine.log"), isinstance(event, RunOpened | RunClosed)')) == []
    )


def test_an_unknown_type_has_no_trait() -> None:
    assert e.class_of("run.mended") is e.Event and e.class_of("step.failed") is e.StepFailed
    assert e.StepSkipped.TURN and e.StepSkipped.INCIDENT and not e.StepSkipped.FAILURE
