"""Every file that a document names is there, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OF_BEFORE = {"CHANGELOG.md"}
"""Tells of files that were."""
DOCUMENTS = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if path.name not in OF_BEFORE
)  # fmt: skip
_PATH = re.compile(r"(?<![\w/.])((?:tui|tests|doc|plans|findings|screenshots)/[\w./*-]*)")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_MODULE = re.compile(r"`([\w/]+\.(?:py|sql|toml))`")
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")

FILES = [f"/{path.relative_to(ROOT).as_posix()}" for top in ("tui", "tests") for path in (ROOT / top).rglob("*.*")]
EXAMPLES = {"expand.sql", "flyway.toml", "keys.toml"}
"""Of an operator's, not of the project's."""


def named(text: str) -> set[str]:
    """Files and directories; `tui/steps/*.py` is any of them, `tui/steps/NAME.py` one that is to come."""
    found = {path.rstrip(".") for path in _PATH.findall(text)}
    return {path for path in found if not any(part.isupper() for part in re.split(r"[/._]", path) if part)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert not sorted(path for path in named(text) if not any(ROOT.glob(path)))
    modules = {name for name in _MODULE.findall(text) if "NAME" not in name} - EXAMPLES
    there = {name for name in modules if (ROOT / name).exists() or any(path.endswith(f"/{name}") for path in FILES)}
    assert not sorted(modules - there)
    assert not sorted(link for link in _LINK.findall(text) if not (document.parent / link).exists())
    assert not sorted(
        f"{file}::{name}" for file, name in _TEST.findall(text)
        if not re.search(rf"def {name}\b", (ROOT / file).read_text(encoding="utf-8"))
    )  # fmt: skip


def test_a_file_that_is_not_there_is_found() -> None:
    (missing,) = (path for path in named("`tui/run/fold.py`, `tui/run/gone.py`.") if not any(ROOT.glob(path)))
    assert missing == "tui/run/gone.py"


def test_every_package_has_its_row_in_the_tree() -> None:
    rows = re.findall(r"(?m)^\| `tui/([\w.]+)` \|", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    packages = {path.parent.name for path in (ROOT / "tui").glob("*/__init__.py")}
    assert sorted(rows) == sorted(packages | {path.name for path in (ROOT / "tui").glob("[a-z]*.py")})
