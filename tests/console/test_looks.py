"""Themes: every text readable on its ground, every meaning in words too, chosen from outside and while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color

from tests.console.journals import failed, migrating
from tests.console.terminal import Terminal
from tests.console.twin import shown
from tui.console.settings import ViewerSettings
from tui.pictures.palette import ANSI, CONTRAST, DARK, LIGHT, PLAIN, THEMES, Palette, style

QUIET = {"rule", "edge", "bar", "bar.bad", "button.off"}
"""What carries no text, or only text that cannot be chosen at present."""
INSIDE = ("text", "dim", "bold", "ok", "run", "warn", "bad", "section")
"""Styles of the texts in a row that may be the selected one."""


def contrast(palette: Palette, name: str) -> float:
    """Contrast ratio (1 to 21) of a style's text on its ground, after WCAG; 21 where the terminal's own are used."""
    found = style(palette, name)
    if found.color is None or found.bgcolor is None or found.color.is_default or found.bgcolor.is_default:
        return 21.0
    light, dark = sorted((_luminance(found.color), _luminance(found.bgcolor)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    channels = [c / 255 for c in color.get_truecolor()]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("found", "least"), [(DARK, 4.5), (LIGHT, 4.5), (CONTRAST, 7.0), (ANSI, 4.5)],
                         ids=lambda given: getattr(given, "name", ""))  # fmt: skip
def test_every_text_is_readable_on_its_ground(found: Palette, least: float) -> None:
    for name in set(found.styles) - QUIET:
        assert contrast(found, name) >= least, (name, contrast(found, name))
    for name in INSIDE:
        assert contrast(found, f"selected:{name}") >= least, (name, contrast(found, f"selected:{name}"))
    for name in ("edge", "edge.bad", "bar", "bar.bad"):
        assert contrast(found, name) >= 3.0, (name, contrast(found, name))


def test_all_themes_name_the_same_styles() -> None:
    assert set(THEMES) == {"dark", "light", "ansi", "contrast"}
    for found in (*THEMES.values(), PLAIN):
        assert set(found.styles) == set(DARK.styles), found.name


def test_without_colour_nothing_has_a_colour() -> None:
    for name in PLAIN.styles:
        found = style(PLAIN, f"selected:{name}")
        assert found.color is not None and found.color.is_default
        assert found.bgcolor is not None and found.bgcolor.is_default
    assert style(PLAIN, "env.production").reverse and style(PLAIN, "selected:text").reverse


def test_the_terminals_own_colours_are_sixteen_and_vanish_on_no_ground() -> None:
    for name in ANSI.styles:
        found = style(ANSI, name)
        assert found.color is not None and found.bgcolor is not None
        for color in (found.color, found.bgcolor):
            assert color.is_default or (color.number is not None and color.number < 16), name
        if found.bgcolor.is_default and not found.color.is_default:
            # Yellow, cyan and the whites are unreadable on a light ground, black on a dark one.
            assert found.color.name in ("red", "green", "blue", "magenta"), name


async def test_no_meaning_is_lost_with_the_colours(tmp_path: Path) -> None:
    """The same words stand on the screen in every theme: nothing is said by a colour alone."""
    texts = set()
    for number, found in enumerate((*THEMES.values(), PLAIN)):
        async with shown(failed(), tmp_path / str(number), settings=ViewerSettings(palette=found)) as seen:
            texts.add(seen.text())
    assert len(texts) == 1
    (text,) = texts
    for word in ("PRODUCTION", "OPERATOR", "failed", "passed", "BREACHED", "ERROR", "PROPOSED"):
        assert word in text


async def test_a_theme_is_chosen_in_the_palette(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(80, 24), drawn=True) as seen:
        assert "#fbfaf6" not in seen.app.export_screenshot()
        await seen.press("colon")
        await seen.type("theme")
        assert "theme: light" in seen.text() and "theme: dark" not in seen.text()
        await seen.type(" light")
        await seen.settle()
        await seen.press("enter")
        await seen.until(lambda: "VIRADA_THEME=light" in seen.text())
        assert seen.app.settings.palette is LIGHT
        picture = seen.app.export_screenshot()
        assert "#fbfaf6" in picture and "#12161c" not in picture


def test_a_theme_is_chosen_from_outside() -> None:
    with Terminal("failed", "observer", VIRADA_THEME="light", COLORTERM="truecolor") as terminal:
        terminal.until("PROPOSED")
        assert b"48;2;251;250;246" in terminal.output
    with Terminal("failed", "observer", VIRADA_THEME="ansi", COLORTERM="truecolor") as terminal:
        terminal.until("PROPOSED")
        assert b";2;" not in terminal.output
        row = next(y for y, line in enumerate(terminal.screen.display) if "PRODUCTION" in line)
        assert terminal.screen.buffer[row][terminal.screen.display[row].index("PRODUCTION")].bg == "red"


def test_an_unknown_theme_is_one_sentence() -> None:
    with Terminal("failed", "observer", VIRADA_THEME="pink") as terminal:
        terminal.until("VIRADA_THEME=pink is no theme")
