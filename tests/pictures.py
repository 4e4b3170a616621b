"""The pictures of `screenshots/`: `python -m tests.pictures [DIRECTORY]`, from made journals under a fixed clock."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from tests.console.journals import STORIES
from tests.console.twin import shown
from tui import locale
from tui.console.view import Mode


class Picture(Struct, frozen=True):
    """One picture: the story it shows, the screen's size, the keys pressed before it is taken."""

    name: str
    story: str
    size: tuple[int, int] = (120, 40)
    keys: tuple[str, ...] = ()
    mode: Mode = "operator"
    language: str = "en"


PICTURES = (
    Picture("overview-120x40", "prepared"),
    Picture("overview-80x24", "prepared", (80, 24)),
    Picture("migration-locks-120x40", "migrating"),
    Picture("migration-locks-80x24", "migrating", (80, 24)),
    Picture("rollback-proposed-120x40", "failed"),
    Picture("rollback-dialog-120x40", "failed", keys=("R",)),
    Picture("rolled-back-120x40", "rolled_back"),
    Picture("observer-120x40", "migrating", mode="observer"),
    Picture("details-120x40", "migrated", keys=("enter",)),
    Picture("help-120x40", "prepared", keys=("question_mark",)),
    Picture("portuguese-80x24", "migrating", (80, 24), language="pt_BR"),
)


async def take(picture: Picture, directory: Path) -> str:
    """The picture as SVG."""
    locale.use(picture.language)
    async with shown(STORIES[picture.story](), directory, size=picture.size, mode=picture.mode) as seen:
        await seen.press(*picture.keys)
        return seen.app.export_screenshot(title="virada")


def main(arguments: list[str]) -> int:
    """Write all pictures; names the files on stdout."""
    target = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent / "screenshots"
    target.mkdir(exist_ok=True)
    for picture in PICTURES:
        with tempfile.TemporaryDirectory() as scratch:
            svg = asyncio.run(take(picture, Path(scratch)))
        file = target / f"{picture.name}.svg"
        file.write_text(svg, encoding="utf-8")
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
