"""The peer of the console: a bare Textual app with one list. `python -m tests.bench.bare [ITEMS]`"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import OptionList


class Bare(App[None]):
    """The list, and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, items: int) -> None:
        super().__init__()
        self._items = items

    def compose(self) -> ComposeResult:
        yield OptionList(*(f"item {number} of the list" for number in range(1, self._items + 1)))


if __name__ == "__main__":
    Bare(int(sys.argv[1]) if len(sys.argv) > 1 else 52).run()
