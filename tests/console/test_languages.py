"""English and Portuguese on every screen, overlay and dialog of every story: no text of the catalogue is missing, and
none is cut because its place is too narrow for the language."""

from __future__ import annotations

import gettext
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.journals import Story
from tests.console.twin import Seen, shown, undrawn
from tests.pictures import TOLD
from tui import locale
from tui.console.widgets.pane import Pane
from tui.pictures import cells, lines
from tui.pictures.lines import Line, plain, width_of
from tui.pictures.view import Mode
from tui.said import LANGUAGES

SIZES = ((60, 20), (80, 24), (120, 40))
PANES = ("1", "2", "3", "4")
OVERLAYS = ("enter", "question_mark", "t", "colon", "x", "X", "s", "b", "minus", "c", "R", "n", "u", "g")
"""Keys that open a text, a question or the palette, where they apply."""
SENTENCE = 40
"""Columns from which a text is a sentence, not the name of something."""
HOLE = re.compile(r"\{[^}]*\}")
Cut = tuple[str, str]
"""What was to be shown, and what of it was."""


def messages(language: str) -> dict[str, str]:
    """Every message of the catalogue and its text in the language; plurals with each of their forms."""
    found = gettext.translation("virada", Path(locale.__file__).parent, languages=[language])
    texts: dict[str | tuple[str, int], str] = found._catalog  # type: ignore[attr-defined]
    return {f"{key}" if isinstance(key, str) else f"{key[0]}#{key[1]}": text for key, text in texts.items() if key}


def fixed(texts: Iterable[str]) -> set[str]:
    """The texts that have no holes: what they need of room is known beforehand."""
    return {text.strip() for text in texts if not HOLE.search(text)}


def english_only() -> list[str]:
    """Literal parts of English messages, of two words or more, that no Portuguese text contains."""
    catalogue = messages("pt_BR")
    portuguese = "\n".join(catalogue.values())
    parts = {part.strip(" .,:;()") for key in catalogue for part in HOLE.split(key.split("#")[0])}
    return sorted(part for part in parts if " " in part and len(part) > 6 and part not in portuguese)


@contextmanager
def noticing(cuts: list[Cut]) -> Iterator[None]:
    """Take down whatever the pictures cut."""
    cut, clipped = cells.cut, lines.clipped

    def noticed_cut(text: str, width: int) -> str:
        result = cut(text, width)
        if result != text:
            cuts.append((text, result))
        return result

    def noticed_clipped(line: Iterable[lines.Span], width: int) -> Line:
        whole = tuple(line)
        result = clipped(whole, width)
        if width_of(whole) > width:
            cuts.append((plain(whole), plain(result)))
        return result

    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("tui.console"):
                for attribute, old, new in (("cut", cut, noticed_cut), ("clipped", clipped, noticed_clipped)):
                    if getattr(module, attribute, None) is old:
                        patch.setattr(module, attribute, new)
        yield


async def walk(seen: Seen, look: Callable[[str], None]) -> None:
    """Every pane and everything that opens over it, at every size."""
    below = len(seen.app.screen_stack)
    opened = 0
    for width, height in SIZES:
        await seen.resize(width, height)
        for key in PANES:
            await seen.press(key)
            look(f"{width}x{height} {key}")
        await seen.press("1")
        for key in OVERLAYS:
            # Behind a key that was refused a letter would be text.
            await seen.press("escape", key)
            look(f"{width}x{height} {key}")
            while len(seen.app.screen_stack) > below:
                opened += 1
                seen.app.pop_screen()
                await seen.quiet()
    assert opened >= 3 * len(SIZES), "help, palette and details open in every story"


def lost(cut: Cut, texts: set[str]) -> bool:
    """Whether what was cut is a text of the catalogue that has a place of its own: a status, a title, a label.

    What stands behind a title, which is the plan's, is cut with it, and so are sentences in one line of a list."""
    if re.match(r" (- )?\w", cut[0]) or len(cut[0]) > SENTENCE or cut[0].endswith("."):
        return False
    return re.sub(r"^\W+", "", cut[0]).rstrip() in texts


def check_panes(seen: Seen, where: str) -> None:
    for pane in seen.app.screen.query(Pane):
        width, height = pane.size
        if width and height:
            lines = pane.picture(width, height)
            assert len(lines) <= height, f"{where}: {pane.id} draws {len(lines)} lines in {height}"
            for line in lines:
                assert width_of(line) <= width, f"{where}: {pane.id} is wider than {width}: {plain(line)}"


def test_every_message_has_its_portuguese_text() -> None:
    file = Path(locale.__file__).parent / "pt_BR" / "LC_MESSAGES" / "virada.po"
    from babel.messages.pofile import read_po

    with file.open("rb") as opened:
        missing = [message.id for message in read_po(opened) if message.id and not all(_forms(message.string))]
    assert not missing


def _forms(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (string or "",) if string is None or isinstance(string, str) else tuple(string)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "mode"), [*((name, "operator") for name in TOLD), ("migrating", "observer"),
                                            ("rolled_back", "replay")])  # fmt: skip
async def test_texts_are_there_and_have_room(name: str, mode: Mode, language: str, tmp_path: Path) -> None:
    locale.use(language)
    story: Story = TOLD[name]()
    texts = fixed(messages("pt_BR").values() if language == "pt_BR" else (k.split("#")[0] for k in messages("pt_BR")))
    foreign = english_only() if language == "pt_BR" else []
    problems: set[str] = set()
    cuts: list[Cut] = []
    with noticing(cuts), undrawn():
        async with shown(story, tmp_path, mode=mode) as seen:

            def look(where: str) -> None:
                check_panes(seen, where)
                text = seen.text()
                problems.update(f"{where}: English “{part}”" for part in foreign if part in text)
                problems.update(f"{where}: “{cut[0]}” is cut to “{cut[1]}”" for cut in cuts if lost(cut, texts))
                cuts.clear()

            await walk(seen, look)
    assert not problems, "\n".join(sorted(problems))
