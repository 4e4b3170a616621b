"""English and Portuguese on every screen, overlay and dialog of every story: no text of the catalogue is missing, and
none is cut because its place is too narrow for the language.

Each story is seen at one size, each size with a third of the stories, which third by chance: VIRADA_SEED repeats it,
`python -m tests.languages` has every story at every size."""

from __future__ import annotations

import gettext
import os
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.journals import Story
from tests.console.twin import Seen, shown
from tests.pictures import TOLD
from tui import locale
from tui.console.widgets.pane import Pane
from tui.pictures import cells, lines
from tui.pictures.lines import Line, plain, width_of
from tui.pictures.view import Mode
from tui.said import LANGUAGES

SIZES = ((60, 20), (80, 24), (120, 40))
SEED = int(os.environ.get("VIRADA_SEED", str(random.randrange(1 << 32))))
EVERY = "VIRADA_EVERY_SIZE"
"""The environment variable with which every story is seen at every size."""
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
            if name.startswith(("tui.console", "tui.pictures")):
                for attribute, old, new in (("cut", cut, noticed_cut), ("clipped", clipped, noticed_clipped)):
                    if getattr(module, attribute, None) is old:
                        patch.setattr(module, attribute, new)
        yield


async def walk(seen: Seen, sizes: Sequence[tuple[int, int]], look: Callable[[str], None]) -> None:
    """Every pane and everything that opens over it, at these sizes."""
    below = len(seen.app.screen_stack)
    opened = 0
    for width, height in sizes:
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
    assert opened >= 3 * len(sizes), "help, palette and details open in every story"


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


TOLD_IN: tuple[tuple[str, Mode], ...] = (
    *((name, "operator") for name in TOLD), ("migrating", "observer"), ("rolled_back", "replay"),
)  # fmt: skip


def chosen(name: str, mode: Mode, language: str) -> Sequence[tuple[int, int]]:
    """The sizes at which this is seen; in each language another one."""
    if os.environ.get(EVERY):
        return SIZES
    number = SEED + TOLD_IN.index((name, mode)) + tuple(LANGUAGES).index(language)
    return (SIZES[number % len(SIZES)],)


def test_every_size_is_seen_in_each_language() -> None:
    for language in LANGUAGES:
        seen = [size for name, mode in TOLD_IN for size in chosen(name, mode, language)]
        assert all(seen.count(size) >= len(TOLD_IN) // len(SIZES) for size in SIZES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "mode"), TOLD_IN)
async def test_texts_are_there_and_have_room(name: str, mode: Mode, language: str, tmp_path: Path) -> None:
    locale.use(language)
    story: Story = TOLD[name]()
    texts = fixed(messages("pt_BR").values() if language == "pt_BR" else (k.split("#")[0] for k in messages("pt_BR")))
    foreign = english_only() if language == "pt_BR" else []
    problems: set[str] = set()
    cuts: list[Cut] = []
    with noticing(cuts):
        async with shown(story, tmp_path, mode=mode) as seen:

            def look(where: str) -> None:
                check_panes(seen, where)
                text = seen.text()
                problems.update(f"{where}: English “{part}”" for part in foreign if part in text)
                problems.update(f"{where}: “{cut[0]}” is cut to “{cut[1]}”" for cut in cuts if lost(cut, texts))
                cuts.clear()

            await walk(seen, chosen(name, mode, language), look)
    assert not problems, f"VIRADA_SEED={SEED}\n" + "\n".join(sorted(problems))
