"""Every command that README and docs/ show is typed, and prints what they show.

What cannot be typed in a test says why in the page; `test_what_is_not_typed` lists it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.book.blocks import ROOT, Block, agrees, blocks, pages
from tests.book.conftest import drop
from tests.book.shell import Shell
from tests.book.situations import SITUATIONS

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]


@pytest.mark.parametrize("page", [page for page in pages() if blocks(page)], ids=lambda page: page.stem)
def test_a_page_s_commands_do_what_it_shows(page: Path, shell: Shell) -> None:
    for block in blocks(page):
        if block.not_run is None:
            for situation in block.given:
                if situation == "a fresh start":
                    shell.anew()
                    drop(shell.database)
                else:
                    SITUATIONS[situation](shell)
            _type(block, shell)


def _type(block: Block, shell: Shell) -> None:
    if block.on_terminal:
        for one in block.typed:
            pieces = [piece.strip() for line in one.shown for piece in line.split("…") if piece.strip()]
            shell.type_on_terminal(one.command, pieces)
        return
    for one, printed in zip(block.typed, shell.type(block.typed, stop=block.language == "sh"), strict=True):
        print(f"{block.where}\n$ {one.command}\n{printed}")
        assert "Traceback" not in printed, printed
        if block.language == "console":
            assert agrees("\n".join(one.shown), printed), f"{block.where}: {one.command}\n--- printed\n{printed}"


NOT_TYPED = {"README.md": 3, "docs/jump-host.md": 1, "docs/set-up.md": 1, "docs/what-if.md": 1}
"""How many blocks of a page no test types. Each says why, right before it."""


def test_what_is_not_typed() -> None:
    found: dict[str, int] = {}
    for block in (block for page in pages() for block in blocks(page) if block.not_run is not None):
        print(f"{block.where}: {block.not_run}")
        assert block.not_run and len(block.not_run) > 20, f"{block.where} does not say why"
        found[block.page] = found.get(block.page, 0) + 1
    assert found == NOT_TYPED


def test_every_page_stands_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    lacking = [page.name for page in pages() if page.name != "README.md" and f"({page.name})" not in index]
    assert not lacking
