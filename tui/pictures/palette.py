"""What the names of styles look like. Meaning never rests on colour alone: every state has its word beside it."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct
from rich.style import Style


class Palette(Struct, frozen=True, kw_only=True, eq=False):
    """Names to rich style definitions; `base` is under all of them. `own`: the terminal's own colours are kept."""

    name: str
    dark: bool
    base: str
    styles: dict[str, str]
    own: bool = False


DARK = Palette(
    name="dark",
    dark=True,
    base="#d3d9e2 on #12161c",
    styles={
        "text": "", "dim": "#a0aabb", "bold": "bold #f2f5f9", "title": "bold #7fb8ff", "quiet": "#a0aabb",
        "rule": "#4a5464", "key": "bold #7fb8ff", "ok": "#7fd09a", "run": "bold #7fb8ff", "warn": "bold #f0c060",
        "bad": "bold #ff8078", "phase": "bold #f2f5f9", "section": "#b4bccb", "bar": "#7fb8ff", "bar.bad": "#ff8078",
        "selected": "on #20304a", "focus": "bold #12161c on #7fb8ff", "field": "#f2f5f9 on #232b37",
        "env.production": "bold #ffffff on #c21f2e", "band.production": "#ffffff on #5c1019",
        "env.staging": "bold #1a1200 on #e0a030",
        "env.development": "bold #ffffff on #1f7a44", "mode.operator": "bold #12161c on #7fb8ff",
        "mode.observer": "bold #d3d9e2 on #3a4454", "mode.replay": "bold #ffffff on #6b4fb3", "tab": "#a0aabb",
        "tab.on": "bold #12161c on #7fb8ff", "button": "#d3d9e2 on #323c4b", "button.on": "bold #12161c on #7fb8ff",
        "button.danger": "bold #ffffff on #c21f2e", "button.off": "#a0aabb on #232b37", "edge": "#7fb8ff",
        "edge.bad": "bold #ff8078",
    },
)  # fmt: skip
"""The default: calm, readable at three in the morning; every text has a contrast of 4.5:1 or more."""

LIGHT = Palette(
    name="light",
    dark=False,
    base="#1f2733 on #fbfaf6",
    styles={
        "text": "", "dim": "#555f6e", "bold": "bold #0b1119", "title": "bold #0a4a94", "quiet": "#555f6e",
        "rule": "#b9bec7", "key": "bold #0a4a94", "ok": "#17663a", "run": "bold #0a4a94", "warn": "bold #7d4b00",
        "bad": "bold #b00f1f", "phase": "bold #0b1119", "section": "#3d4755", "bar": "#0a4a94", "bar.bad": "#b00f1f",
        "selected": "on #d5e4f7", "focus": "bold #ffffff on #0a4a94", "field": "#0b1119 on #e6e8ec",
        "env.production": "bold #ffffff on #b00f1f", "band.production": "#5c0710 on #f6d5d5",
        "env.staging": "bold #1a1200 on #e8ac3c",
        "env.development": "bold #ffffff on #1a6b3c", "mode.operator": "bold #ffffff on #0a4a94",
        "mode.observer": "bold #1f2733 on #d3d8df", "mode.replay": "bold #ffffff on #5b3fa5", "tab": "#555f6e",
        "tab.on": "bold #ffffff on #0a4a94", "button": "#1f2733 on #dcdfe5", "button.on": "bold #ffffff on #0a4a94",
        "button.danger": "bold #ffffff on #b00f1f", "button.off": "#555f6e on #e6e8ec", "edge": "#0a4a94",
        "edge.bad": "bold #b00f1f",
    },
)  # fmt: skip
"""For bright rooms and light terminals; the same contrast as the dark one."""

CONTRAST = Palette(
    name="contrast",
    dark=True,
    base="#ffffff on #000000",
    styles={
        "text": "", "dim": "#e0e0e0", "bold": "bold #ffffff", "title": "bold #7ee0ff", "quiet": "#e0e0e0",
        "rule": "#909090", "key": "bold #7ee0ff", "ok": "#7dff9b", "run": "bold #7ee0ff", "warn": "bold #ffe04a",
        "bad": "bold underline #ff9d96", "phase": "bold #ffffff", "section": "#ffffff", "bar": "#7ee0ff",
        "bar.bad": "#ff9d96", "selected": "on #00284a", "focus": "bold #000000 on #7ee0ff",
        "field": "underline #ffffff on #262626", "env.production": "bold #ffffff on #a30010",
        "band.production": "#ffffff on #5c0008",
        "env.staging": "bold #000000 on #ffc233", "env.development": "bold #000000 on #7dff9b",
        "mode.operator": "bold #000000 on #7ee0ff", "mode.observer": "bold #000000 on #ffffff",
        "mode.replay": "bold #000000 on #d7b3ff", "tab": "#ffffff", "tab.on": "bold #000000 on #7ee0ff",
        "button": "#ffffff on #303030", "button.on": "bold #000000 on #7ee0ff",
        "button.danger": "bold #ffffff on #a30010", "button.off": "#e0e0e0 on #262626", "edge": "#7ee0ff",
        "edge.bad": "bold #ff9d96",
    },
)  # fmt: skip
"""For tired and weak eyes: every text has a contrast of 7:1 or more."""

ANSI = Palette(
    name="ansi",
    dark=True,
    base="default on default",
    styles={
        "text": "", "dim": "", "bold": "bold", "title": "bold blue", "quiet": "", "rule": "dim", "key": "bold blue",
        "ok": "green", "run": "bold blue", "warn": "bold magenta", "bad": "bold red", "phase": "bold", "section": "",
        "bar": "blue", "bar.bad": "red", "selected": "reverse", "focus": "reverse", "field": "underline",
        "env.production": "bold bright_white on red", "band.production": "bright_white on red",
        "env.staging": "bold black on yellow",
        "env.development": "bold black on bright_green", "mode.operator": "reverse", "mode.observer": "reverse",
        "mode.replay": "bold bright_white on magenta", "tab": "", "tab.on": "bold reverse", "button": "",
        "button.on": "bold reverse", "button.danger": "bold bright_white on red", "button.off": "dim", "edge": "blue",
        "edge.bad": "bold red",
    },
    own=True,
)  # fmt: skip
"""The terminal's own sixteen colours on its own ground, dark or light; yellow and white, which vanish on a light one,
stand only on grounds of their own or not at all."""

PLAIN = Palette(
    name="no-colour",
    dark=True,
    own=True,
    base="default on default",
    styles={
        "text": "", "dim": "", "bold": "bold", "title": "bold", "quiet": "", "rule": "dim", "key": "bold", "ok": "",
        "run": "bold", "warn": "bold", "bad": "bold underline", "phase": "bold", "section": "", "bar": "",
        "bar.bad": "bold", "selected": "reverse", "focus": "reverse", "field": "underline",
        "env.production": "bold reverse", "band.production": "reverse",
        "env.staging": "reverse", "env.development": "", "mode.operator": "reverse",
        "mode.observer": "reverse", "mode.replay": "reverse", "tab": "", "tab.on": "reverse", "button": "",
        "button.on": "reverse", "button.danger": "bold reverse", "button.off": "", "edge": "", "edge.bad": "bold",
    },
)  # fmt: skip
"""For NO_COLOR: attributes of the terminal's own colours only, so that nothing can be black on black."""

THEMES: dict[str, Palette] = {found.name: found for found in (DARK, LIGHT, ANSI, CONTRAST)}
"""By the names that `VIRADA_THEME` takes; `PLAIN` is NO_COLOR's alone."""


@lru_cache(4096)
def style(palette: Palette, name: str) -> Style:
    """The rich style of a name; `tint:name` lays the tint's background and attributes over the name's own."""
    tint, _, own = name.rpartition(":")
    found = Style.parse(palette.base) + Style.parse(palette.styles.get(own, ""))
    return found + Style.parse(palette.styles.get(tint, "")) if tint else found


def ground(palette: Palette) -> str:
    """The background as CSS; `ansi_default` where the terminal's own is kept."""
    color = Style.parse(palette.base).bgcolor
    return "ansi_default" if color is None or color.is_default else color.get_truecolor().hex
