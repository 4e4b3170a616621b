"""A console that is left: what comes behind the key that leaves it does nothing, and breaks nothing."""

from __future__ import annotations

from pathlib import Path

from textual.events import Key

from tests.console.journals import prepared
from tests.console.twin import Seen, shown


async def _closed(seen: Seen) -> None:
    """Until the console has ended."""
    await seen.until(lambda: seen.app._closed)


async def test_what_is_typed_behind_the_key_that_leaves_is_for_somebody_else(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        driver = seen.app._driver
        assert driver is not None
        # In one piece, as it comes over a slow line: the console has not closed yet when the others are there.
        for key in "qxRh":
            driver.send_message(Key(key, key))
        await _closed(seen)
        assert seen.app.return_code == 0 and not seen.helm.taken


async def test_a_box_that_opens_while_the_console_ends_breaks_nothing(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        seen.app.exit(return_code=129)
        seen.app.ask_text("Title", "Go", "A label", "", lambda text: None)
        await _closed(seen)
        assert seen.app.return_code == 129
