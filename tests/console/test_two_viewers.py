"""One process serves two viewers at once: each has its own language, characters, colours and keys."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from msgspec import Struct

from tests.console.journals import failed
from tests.console.twin import shown
from tui import locale
from tui.console.input.keymap import own
from tui.console.settings import ViewerSettings
from tui.pictures import glyphs
from tui.pictures.glyphs import ASCII, UNICODE
from tui.pictures.palette import CONTRAST, DARK, LIGHT

ENGLISH = ViewerSettings(language="en", glyphs=ASCII, palette=LIGHT, keys=own({"help": "H", "hold": "P", "undo": ","}))
PORTUGUESE = ViewerSettings(
    language="pt_BR", glyphs=UNICODE, palette=DARK, keys=own({"help": "A", "copy": ["C", "f5"]})
)


class Seen(Struct):
    """What one viewer saw of each screen, and the colours of the last one."""

    texts: list[str]
    grounds: set[str]


async def viewed(settings: ViewerSettings, help_key: str, directory: Path, turn: asyncio.Barrier) -> Seen:
    """Overview, help, a question and another theme, in turn with the other viewer."""
    texts: list[str] = []
    async with shown(failed(), directory, size=(100, 30), settings=settings, drawn=True) as seen:
        for key in ("k", help_key, "escape", "R"):
            await turn.wait()
            await seen.press(key)
            texts.append(seen.text())
        before = _grounds(seen.app.export_screenshot())
        await turn.wait()
        seen.app.use_theme("contrast")
        await seen.quiet()
        assert seen.app.settings.palette is CONTRAST and _grounds(seen.app.export_screenshot()) != before
    return Seen(texts, before)


def _grounds(svg: str) -> set[str]:
    return set(re.findall(r'<rect fill="(#[^"]+)"', svg))


async def test_two_viewers_of_one_process_have_each_their_own(tmp_path: Path) -> None:
    turn = asyncio.Barrier(2)
    one, other = await asyncio.gather(
        viewed(ENGLISH, "H", tmp_path / "one", turn), viewed(PORTUGUESE, "A", tmp_path / "other", turn)
    )
    alone = asyncio.Barrier(1)
    assert one == await viewed(ENGLISH, "H", tmp_path / "alone", alone), "as if there were no other"
    assert other == await viewed(PORTUGUESE, "A", tmp_path / "alone too", alone)
    english, portuguese = "\n".join(one.texts), "\n".join(other.texts)
    for words, mine, others in (("ROLL BACK", english, portuguese), ("Comandos para o motor", portuguese, english)):
        assert words in mine and words not in others
    assert not set("▌✗●…╭") & set(english) and set("▌✗●╭") <= set(portuguese)
    assert " P hold " in english and " h suspender " in portuguese and "C copiar" in portuguese
    assert "#fbfaf6" in one.grounds - other.grounds and "#12161c" in other.grounds - one.grounds
    assert locale.language() == "en" and glyphs.glyphs() is UNICODE, "whoever shows them is a viewer of their own"
