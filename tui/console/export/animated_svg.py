"""A recording as one animated SVG: the console's own screens, shown by any browser and on a page that shows pictures.

Nothing in it is executed or fetched: rows of text, and CSS that moves them. Each row of the screen, in two halves where
the panes stand beside each other, is a strip of all that it shows in turn, behind a slot of its own height; what stands
in several places is there once. Who wants less motion, or shows no animation, sees the still picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing

from msgspec.structs import replace
from rich.segment import Segment
from rich.style import Style

from tui.console.export.frames import ExportOptions, Writable, frames_of, played
from tui.pictures.cells import cells
from tui.pictures.palette import DARK, ground
from tui.pictures.svg import FONT, HEIGHT, MARGIN, WIDTH, StyledText, alike, apart, drawn, xml_text
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.inert import visible

FRAMES = 300
"""Pictures at most; a longer recording has fewer of them in a second."""
HOLD = 4.0
"""Seconds for which the last picture stands before all begins again."""
PITCH = HEIGHT + 8
"""From one picture of a strip to the next: letters of some fonts reach out of their cell."""
Half = tuple[StyledText, ...]
"""What one row shows on one side."""


class AnimatedSvg:
    """Pictures as they come; `svg` is all of them. `size`: columns and rows."""

    def __init__(self, size: tuple[int, int], ground: str, title: str = "") -> None:
        self.size = size
        self.title = title
        self.times: list[float] = []
        self._ground = ground
        self._tracks: dict[tuple[int, int], list[tuple[float, Half]]] = {}

    def add(self, at: float, rows: Iterable[tuple[Half, Half]]) -> None:
        """The picture from `at` seconds on; times do not go back."""
        self.times.append(at)
        for y, halves in enumerate(rows):
            for side, half in enumerate(halves):
                track = self._tracks.setdefault((y, side), [])
                if not track or track[-1][1] != half:
                    track.append((at, half))

    def svg(self, still: float | None = None) -> Iterator[str]:
        """The document, piece by piece. `still`: the second whose picture stands where nothing moves (the last one)."""
        length = (self.times[-1] if self.times else 0.0) + HOLD
        still = length if still is None else still
        moving = {
            key: number for number, key in enumerate(key for key, track in self._tracks.items() if len(track) > 1)
        }
        called: dict[str, str] = {}
        known: dict[Half, int] = {}
        drawn = list(self._defined(known, called))
        yield self._head(moving, called, length)
        yield from drawn
        for key, track in self._tracks.items():
            yield from self._slot(key, track, still, moving.get(key), known)
        yield "</svg>\n"

    def _head(self, moving: dict[tuple[int, int], int], called: dict[str, str], length: float) -> str:
        width, height = self.size[0] * WIDTH + 2 * MARGIN, self.size[1] * HEIGHT + 2 * MARGIN
        rules = [
            f"text{{font:14px {FONT};white-space:pre}}",
            *(f".{name}{{{rule}}}" for rule, name in called.items()),
            f".m{{animation:{length:.3f}s step-end infinite}}",
            *(self._moves(self._tracks[key], number, length) for key, number in moving.items()),
            "@media(prefers-reduced-motion:reduce){.m{animation:none!important}}",
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
            f'height="{height}" xml:space="preserve"><title>{xml_text(self.title)}</title>'
            f"<style>{''.join(rules)}</style>"
            f'<rect width="100%" height="100%" rx="6" fill="{self._ground}"/>'
        )

    def _moves(self, track: list[tuple[float, Half]], number: int, length: float) -> str:
        places = _places(track)
        steps = "".join(
            f"{at / length * 100:.3f}%{{transform:translateY({-places[half] * PITCH}px)}}" for at, half in track
        )
        return f"#s{number}{{animation-name:a{number}}}@keyframes a{number}{{{steps}}}"

    def _defined(self, known: dict[Half, int], called: dict[str, str]) -> Iterator[str]:
        """Every half that stands anywhere, once, and its number. `called`: what each style's rule is called."""

        def name(rule: str) -> str:
            return called.setdefault(rule, f"c{len(called)}")

        yield "<defs>"
        for track in self._tracks.values():
            for _at, half in track:
                if half and half not in known:
                    known[half] = len(known)
                    yield f'<g id="r{known[half]}">{"".join(drawn(half, self._ground, name))}</g>'
        yield "</defs>"

    def _slot(
        self, key: tuple[int, int], track: list[tuple[float, Half]], still: float, number: int | None,
        known: dict[Half, int],
    ) -> Iterator[str]:  # fmt: skip
        y = MARGIN + key[0] * HEIGHT
        places = _places(track)
        if number is None:
            half = track[0][1]
            if half:
                yield f'<use href="#r{known[half]}" x="{MARGIN}" y="{y}"/>'
            return
        shown = next((half for at, half in reversed(track) if at <= still), track[0][1])
        yield (
            f'<svg x="{MARGIN}" y="{y}" width="{self.size[0] * WIDTH:g}" height="{HEIGHT}">'
            f'<g class="m" id="s{number}" transform="translate(0,{-places[shown] * PITCH})">'
        )
        for half, place in places.items():
            if half:
                yield f'<use href="#r{known[half]}" y="{place * PITCH}"/>'
        yield "</g></svg>"


def _places(track: list[tuple[float, Half]]) -> dict[Half, int]:
    """Where on the strip each of its pictures stands."""
    return {half: place for place, half in enumerate(dict.fromkeys(half for _at, half in track))}


def halves(segments: Iterable[Segment], width: int, split: int) -> tuple[Half, Half]:
    """A row in pieces, those before column `split` and those from there on; blanks on the ground are no pieces."""
    sides: tuple[list[StyledText], list[StyledText]] = ([], [])
    x = 0
    for segment in segments:
        if segment.control:
            continue
        style = segment.style or Style.null()
        for text in apart(segment.text, max(0, split - x)):
            side = sides[0] if x < split else sides[1]
            taken = cells(text)
            last = side[-1] if side else None
            if last is not None and last.style == style and last.x + cells(last.text) == x and alike(last.text, text):
                side[-1] = replace(last, text=last.text + text)
            elif x < width:
                side.append(StyledText(x, text, style))
            x += taken
    return _trimmed(sides[0]), _trimmed(sides[1])


def _trimmed(pieces: list[StyledText]) -> Half:
    return tuple(piece for piece in pieces if piece.text.strip(" ") or (piece.style.bgcolor is not None))


def export(
    paths: RunPaths,
    into: Writable,
    options: ExportOptions,
    tell: Callable[[float], None] | None = None,
    still: float | None = None,
) -> float:
    """Write the whole recording; returns how many seconds it plays. `tell`: as in `cast`. `still`: the second whose
    picture stands where nothing moves. Raises JournalError, OSError."""
    source = frames_of(paths, options)
    times = [round(frame.at, 3) for frame in source.frames()]
    source.close()
    end = times[-1]
    picture = asyncio.run(_filmed(paths, options, tell, end, end / FRAMES if len(times) > FRAMES else 0.0))
    for part in picture.svg(still):
        into.write(part.encode())
    into.flush()
    return picture.times[-1] if picture.times else 0.0


async def _filmed(
    paths: RunPaths, options: ExportOptions, tell: Callable[[float], None] | None, end: float, gap: float
) -> AnimatedSvg:
    picture = AnimatedSvg(options.size, ground(DARK))
    async with aclosing(played(frames_of(paths, options), paths, options, tell)) as frames:
        async for at, frame, app in frames:
            picture.title = picture.title or _titled(frame.batch.state)
            if picture.times and at < end and at - picture.times[-1] < gap:
                # The next picture shows it too.
                continue
            width, height = app.size
            between = app.overview.query_one("#between")
            split = between.region.x if between.display else width
            strips = app.screen._compositor.render_strips()
            picture.add(at, [halves(strip.crop(0, width), width, split) for strip in strips[:height]])
    return picture


def _titled(state: RunState) -> str:
    opened = state.opened
    return "" if opened is None else f"{visible(opened.plan.name)} ({visible(opened.id)})"
