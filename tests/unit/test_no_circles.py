"""No module of `tui` imports itself by way of others: neither when it is loaded, nor in a function, nor for types."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Graph = dict[str, set[str]]


def imports_of(root: Path) -> Graph:
    """The modules of `tui`, each with the others that its syntax tree imports, wherever in it that stands."""
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (root / "tui").rglob("*.py")
    }
    return {name: {each for each in _named(path, files) if each != name} for name, path in files.items()}


def _named(path: Path, files: dict[str, Path]) -> Iterator[str]:
    left: list[ast.AST] = [ast.parse(path.read_bytes())]
    while left:
        node = left.pop()
        # Statements alone: an import is never within an expression.
        for part in ("body", "orelse", "handlers", "finalbody", "cases"):
            left += getattr(node, part, ())
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None and not node.level, f"{path}: relative"
            for alias in node.names:
                found = f"{node.module}.{alias.name}"
                found = found if found in files else node.module
                if found in files:
                    yield found


def circles(graph: Graph) -> set[frozenset[str]]:
    """Sets of modules of which each reaches each."""
    reached = {name: _reached(name, graph) for name in graph}
    return {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in graph if name in reached[name]
    }  # fmt: skip


def _reached(name: str, graph: Graph) -> set[str]:
    found: set[str] = set()
    left = [name]
    while left:
        new = graph[left.pop()] - found
        found |= new
        left += new
    return found


def test_there_is_no_circle_of_imports() -> None:
    assert circles(imports_of(ROOT)) == set()


def test_a_circle_is_found_wherever_an_import_stands(tmp_path: Path) -> None:
    texts = {
        "__init__": "", "a": "from tui import b", "b": "def f():\n    import tui.c",
        "c": "if TYPE_CHECKING:\n    from tui.a import A", "d": "from tui.a import A",
    }  # fmt: skip
    (tmp_path / "tui").mkdir()
    for name, text in texts.items():
        (tmp_path / "tui" / f"{name}.py").write_text(text)
    assert circles(imports_of(tmp_path)) == {frozenset({"tui.a", "tui.b", "tui.c"})}
