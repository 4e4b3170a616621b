"""`virada export`: a recording for other programs: players of asciicasts, browsers."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from tui.cli import options
from tui.cli.output import tell
from tui.cli.recorded import found
from tui.cli.written import not_the_journal, written
from tui.locale import _

if TYPE_CHECKING:
    from tui.console.export.frames import ExportOptions, Writable
    from tui.runs.paths import RunPaths

_SIZE = re.compile(r"([0-9]{1,3})x([0-9]{1,3})")


def _size(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    """Columns and rows, as `120x40`."""
    matched = _SIZE.fullmatch(value)
    size = (int(matched[1]), int(matched[2])) if matched else (0, 0)
    if not (60 <= size[0] <= 300 and 20 <= size[1] <= 100):
        told = _("{value} is no size of a screen; write columns and rows from 60x20 to 300x100, such as 120x40.")
        raise click.BadParameter(told.format(value=repr(value)), ctx, param)
    return size


PATIENCE = 2.0
"""Seconds after which it is said how far it has come, and again after as many."""


class Exporter(Protocol):
    """Writes a recording in one of the formats; returns how many seconds it plays."""

    def __call__(
        self, paths: RunPaths, into: Writable, options: ExportOptions, tell: Callable[[float], None] | None = None
    ) -> float: ...


class _Progress:
    """Tells on stderr how much is written, where that takes its time."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def tell(self, share: float) -> None:
        if time.monotonic() - self._told >= PATIENCE:
            self._told = time.monotonic()
            tell(_("Written so far: {n} percent of the recording.").format(n=int(share * 100)))


@click.command("export", help=_("A recording as an asciicast, or as an animated SVG."))
@click.argument("run", required=False)
@click.option("--format", "format_", type=click.Choice(["cast", "svg"]), default="cast", help=_("What is written."))
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=_("Into this file instead of stdout."),
)
@click.option("--size", callback=_size, default="120x40", metavar="COLUMNSxROWS", help=_("The screen's size."))
@click.option(
    "--idle-limit",
    type=options.Factor(min=0, min_open=True),
    default=2.0,
    metavar="SECONDS",
    help=_("Shorten stretches in which nothing happens to this."),
)
@click.option("--speed", type=options.Factor(min=0, min_open=True), default=1.0, metavar="X",
              help=_("How many times faster than it happened."))  # fmt: skip
def command(
    run: str | None, format_: str, output: Path | None, size: tuple[int, int], idle_limit: float, speed: float
) -> None:
    from tui.console.export import animated_svg, asciicast
    from tui.console.export.frames import ExportOptions

    export: Exporter = animated_svg.export if format_ == "svg" else asciicast.export
    paths = found(run)
    cut = ExportOptions(size=size, idle_limit=idle_limit, speed=speed)
    if output is None or str(output) == "-":
        # Textual takes sys.stdout for itself while it runs; the bytes below it stay ours.
        export(paths, sys.stdout.buffer, cut)
        return
    not_the_journal(paths, output)
    seconds = written(output, lambda file: export(paths, file, cut, _Progress().tell))
    told = _("Written to {file}: it plays {seconds} s. Play it with: asciinema play {file}")
    if format_ == "svg":
        told = _("Written to {file}: it plays {seconds} s in any browser, again and again.")
    tell(told.format(file=output, seconds=f"{seconds:.0f}"))
