"""A recording as an asciicast: the console's own screens over it, for any asciinema player.

Format: asciicast v2, https://docs.asciinema.org/manual/asciicast/v2/ (a header, then `[seconds, code, data]` a line;
`o` is output, `m` a marker). What was written is a whole cast at any time, so an interrupted export can be played.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing

import msgspec

from tui.console.export.frames import ExportOptions, FrameSource, Writable, frames_of, played
from tui.console.feed.source import Batch
from tui.journal.events import class_of
from tui.pictures.log import log_lines
from tui.run.clock import instant
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.inert import visible

BEGIN = "\x1b[0m\x1b[?25l\x1b[?7l\x1b[2J"
END = "\x1b[0m\x1b[?7h\x1b[?25h"


def export(
    paths: RunPaths, into: Writable, options: ExportOptions, tell: Callable[[float], None] | None = None
) -> float:
    """Write the whole recording; returns how many seconds it plays. `tell` is told the share that is written, again and
    again. Raises JournalError, OSError."""
    return asyncio.run(_write(frames_of(paths, options), paths, into, options, tell))


async def _write(
    source: FrameSource, paths: RunPaths, into: Writable, options: ExportOptions, tell: Callable[[float], None] | None
) -> float:
    shown: list[str] = []
    at = 0.0
    async with aclosing(played(source, paths, options, tell)) as frames:
        async for at, frame, app in frames:
            if not shown:
                _line(into, _header(frame.batch.state, options))
            for label in _labels(frame.batch):
                _line(into, [at, "m", label])
            lines = screen_lines(app)
            text = changes(shown, lines)
            if text:
                _line(into, [at, "o", text])
            shown = lines
            into.flush()
    _line(into, [at, "o", END])
    into.flush()
    return at


def screen_lines(app: object) -> list[str]:
    """What stands on an app's screen, a text with its colours for each row."""
    from rich.color import ColorSystem
    from textual.app import App

    assert isinstance(app, App)
    width, height = app.size
    # Textual has no public way to its picture but SVG; its version is pinned.
    strips = app.screen._compositor.render_strips()
    return [
        "".join(
            segment.text if segment.style is None else segment.style.render(
                segment.text, color_system=ColorSystem.TRUECOLOR
            )
            for segment in strip.crop(0, width)
            if not segment.control
        )
        for strip in strips[:height]
    ]  # fmt: skip


def changes(before: list[str], after: list[str]) -> str:
    """What a terminal must be sent to show the rows `after` where it shows `before`; at first all of them."""
    text = "".join(
        f"\x1b[{row};1H{line}"
        for row, line in enumerate(after, 1)
        if row > len(before) or before[row - 1] != line
    )  # fmt: skip
    return text if before or not text else BEGIN + text


def _header(state: RunState, options: ExportOptions) -> dict[str, object]:
    found: dict[str, object] = {"version": 2, "width": options.size[0], "height": options.size[1]}
    if state.opened is not None:
        found["timestamp"] = int(instant(state.opened_at))
        found["title"] = f"{visible(state.opened.plan.name)} ({visible(state.opened.id)})"
    return found | {"env": {"TERM": "xterm-256color", "SHELL": "virada"}}


def _labels(batch: Batch) -> Iterator[str]:
    traits = ((entry.line, class_of(entry.line.type)) for entry in batch.entries)
    for line in log_lines((line for line, class_ in traits if class_.FAILURE or class_.CHAPTER), batch.state):
        yield visible(f"{line.source} {line.text}".strip())[:200]


def _line(into: Writable, value: object) -> None:
    into.write(msgspec.json.encode(value) + b"\n")
