"""The pictures of `screenshots/`: `python -m tests.pictures [DIRECTORY]`, from made journals under a fixed clock,
the recording of the README's first page, and a page of its report."""

from __future__ import annotations

import asyncio
import gzip
import html
import re
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from tests.browser import CHROMIUM, browse
from tests.console.journals import STORIES
from tests.console.test_twelve_questions import breached, commit_sent, lock_timeout, undecided
from tests.console.twin import Seen, shown
from tests.recording import JOURNAL, RECORDING, recorded
from tui import locale
from tui.console.settings import ViewerSettings
from tui.pictures.palette import THEMES
from tui.pictures.view import Mode
from tui.report.make import made
from tui.report.reading import JournalReading
from tui.runs.paths import RunPaths

DIRECTORY = Path(__file__).resolve().parent.parent / "screenshots"
TOLD = {
    **STORIES, "breached": breached, "commit_sent": commit_sent, "lock_timeout": lock_timeout, "undecided": undecided,
}  # fmt: skip
SMALL, LARGE = (80, 24), (120, 40)


class Picture(Struct, frozen=True, kw_only=True):
    """One picture: the story it shows, the screen's size, the keys pressed before it is taken."""

    name: str
    story: str
    size: tuple[int, int] = LARGE
    keys: tuple[str, ...] = ()
    mode: Mode = "operator"
    language: str = "en"
    theme: str = "dark"


def _both(name: str, story: str, *keys: str, mode: Mode = "operator") -> tuple[Picture, Picture]:
    """A situation at both sizes."""
    return (
        Picture(name=f"{name}-120x40", story=story, keys=keys, mode=mode),
        Picture(name=f"{name}-80x24", story=story, keys=keys, mode=mode, size=SMALL),
    )


PICTURES = (
    *_both("overview", "prepared"),
    *_both("backup-running", "backing_up"),
    *_both("migration-locks", "migrating"),
    *_both("waits", "migrating", "4"),
    *_both("committing", "commit_sent"),
    *_both("undecided", "undecided"),
    *_both("breach", "breached", "2"),
    *_both("migration-failed", "lock_timeout", "enter"),
    *_both("rollback-proposed", "failed"),
    *_both("rollback-dialog", "failed", "R"),
    *_both("rolled-back", "rolled_back"),
    *_both("observer", "migrating", mode="observer"),
    *_both("details", "migrated", "k", "k", "k", "k", "enter"),
    *_both("replay", "rolled_back", "space", "9", mode="replay"),
    *_both("help", "prepared", "question_mark"),
    Picture(name="folded-120x40", story="migrated", keys=("F",)),
    Picture(name="light-120x40", story="failed", theme="light"),
    Picture(name="contrast-120x40", story="failed", theme="contrast"),
    Picture(name="terminal-colours-80x24", story="migrating", theme="ansi", size=SMALL),
    Picture(name="portuguese-80x24", story="migrating", size=SMALL, language="pt_BR"),
)


async def take(picture: Picture, directory: Path) -> str:
    """The picture as SVG."""
    settings = ViewerSettings(language=picture.language, palette=THEMES[picture.theme])
    story = TOLD[picture.story]()
    async with shown(story, directory, size=picture.size, mode=picture.mode, settings=settings, drawn=True) as seen:
        await seen.press(*picture.keys)
        if picture.mode == "replay":
            await seen.until(lambda: _stands_at(seen, 0.9))
        return seen.app.export_screenshot(title="virada")


def _stands_at(seen: Seen, share: float) -> bool:
    """Whether the recording has come to this share of its length: a seek ends in a thread of its own."""
    playback = seen.app.playback
    return playback is not None and not playback.playing and playback.position >= share * playback.length - 0.001


def words(svg: str) -> list[str]:
    """The texts of a picture and their colours, line by line: what a reader sees, without the ids that are drawn anew
    with every picture."""
    styles = dict(re.findall(r"\.terminal-\d+-(r\d+) \{ ([^}]*) \}", svg))
    found = re.findall(r'<text class="terminal-\d+-(r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg)
    grounds = re.findall(r'<rect fill="(#[^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg)
    return [
        *(f"{y} {x} {styles.get(name, '')} {html.unescape(text)}" for name, x, y, text in found),
        *(f"{y} {x} {width} on {fill}" for fill, x, y, width in grounds),
    ]


def report(directory: Path) -> bytes | None:
    """The first page of the report of the README's run, as PNG; None where there is no browser."""
    if CHROMIUM is None:
        return None
    paths = RunPaths(directory / "run")
    paths.directory.mkdir()
    paths.journal.write_bytes(gzip.decompress(JOURNAL.read_bytes()))
    locale.use("en")
    page, png = directory / "report.html", directory / "report.png"
    page.write_text(made(JournalReading(paths.journal), "html"), encoding="utf-8")
    browse(page, directory, "--hide-scrollbars", "--window-size=1000,1120", f"--screenshot={png}")
    return png.read_bytes()


def main(arguments: list[str]) -> int:
    """Write all pictures; names the files on stdout."""
    target = Path(arguments[0]) if arguments else DIRECTORY
    target.mkdir(exist_ok=True)
    for picture in PICTURES:
        with tempfile.TemporaryDirectory() as scratch:
            svg = asyncio.run(take(picture, Path(scratch)))
        file = target / f"{picture.name}.svg"
        file.write_text(svg, encoding="utf-8")
        print(file)
    with tempfile.TemporaryDirectory() as scratch:
        found = report(Path(scratch))
        file = target / "report.png"
        if found is None:
            print(f"{file} was not made: chromium is not installed", file=sys.stderr)
        else:
            file.write_bytes(found)
            print(file)
    with tempfile.TemporaryDirectory() as scratch:
        file = target / RECORDING.name
        file.write_text(recorded(Path(scratch)), encoding="utf-8")
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
