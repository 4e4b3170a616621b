"""What the names of styles look like. Meaning never rests on colour alone: every state has its word beside it."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct
from rich.color import Color
from rich.style import Style


class Palette(Struct, frozen=True, kw_only=True):
    """Names to rich style definitions; `base` is under all of them."""

    name: str
    dark: bool
    base: str
    styles: dict[str, str]


DARK = Palette(
    name="dark",
    dark=True,
    base="#d3d9e2 on #12161c",
    styles={
        "text": "", "dim": "#a0aabb", "bold": "bold #f2f5f9", "title": "bold #7fb8ff", "quiet": "#a0aabb",
        "rule": "#4a5464", "key": "bold #7fb8ff", "ok": "#7fd09a", "run": "bold #7fb8ff", "warn": "bold #f0c060",
        "bad": "bold #ff8078", "phase": "bold #f2f5f9", "section": "#b4bccb", "bar": "#7fb8ff", "bar.bad": "#ff8078",
        "selected": "on #20304a", "focus": "bold #12161c on #7fb8ff", "field": "#f2f5f9 on #232b37",
        "env.production": "bold #ffffff on #c21f2e", "env.staging": "bold #1a1200 on #e0a030",
        "env.development": "bold #ffffff on #1f7a44", "mode.operator": "bold #12161c on #7fb8ff",
        "mode.observer": "bold #d3d9e2 on #3a4454", "mode.replay": "bold #ffffff on #6b4fb3", "tab": "#a0aabb",
        "tab.on": "bold #12161c on #7fb8ff", "button": "#d3d9e2 on #323c4b", "button.on": "bold #12161c on #7fb8ff",
        "button.danger": "bold #ffffff on #c21f2e", "button.off": "#a0aabb on #232b37", "edge": "#7fb8ff",
        "edge.bad": "bold #ff8078",
    },
)  # fmt: skip
"""The default: calm, readable at three in the morning; every text has a contrast of 4.5:1 or more."""

PLAIN = Palette(
    name="no-colour",
    dark=True,
    base="default on default",
    styles={
        "text": "", "dim": "", "bold": "bold", "title": "bold", "quiet": "", "rule": "dim", "key": "bold", "ok": "",
        "run": "bold", "warn": "bold", "bad": "bold underline", "phase": "bold", "section": "", "bar": "",
        "bar.bad": "bold", "selected": "reverse", "focus": "reverse", "field": "underline",
        "env.production": "bold reverse", "env.staging": "reverse", "env.development": "", "mode.operator": "reverse",
        "mode.observer": "reverse", "mode.replay": "reverse", "tab": "", "tab.on": "reverse", "button": "",
        "button.on": "reverse", "button.danger": "bold reverse", "button.off": "", "edge": "", "edge.bad": "bold",
    },
)  # fmt: skip
"""For NO_COLOR: attributes of the terminal's own colours only, so that nothing can be black on black."""

_current = DARK


def use(palette: Palette) -> None:
    global _current
    _current = palette
    style.cache_clear()


def palette() -> Palette:
    """The palette in force."""
    return _current


@lru_cache(1024)
def style(name: str) -> Style:
    """The rich style of a name; `tint:name` lays the tint's background and attributes over the name's own."""
    tint, _, own = name.rpartition(":")
    found = Style.parse(_current.base) + Style.parse(_current.styles.get(own, ""))
    return found + Style.parse(_current.styles.get(tint, "")) if tint else found


def ground() -> str:
    """The background as CSS; `ansi_default` where the terminal's own is kept."""
    color = Style.parse(_current.base).bgcolor
    return "ansi_default" if color is None or color.is_default else color.get_truecolor().hex


def contrast(name: str) -> float:
    """Contrast ratio (1 to 21) of a style's text on its ground, after WCAG; 21 where the terminal's own are used."""
    found = style(name)
    if found.color is None or found.bgcolor is None or found.color.is_default or found.bgcolor.is_default:
        return 21.0
    light, dark = sorted((_luminance(found.color), _luminance(found.bgcolor)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    channels = [c / 255 for c in color.get_truecolor()]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
