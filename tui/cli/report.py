"""`virada report`: the run's document, made from its journal alone."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import click

from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, tell
from tui.cli.recorded import found
from tui.cli.written import not_the_journal, written
from tui.locale import _, prefer
from tui.runs.paths import RunPaths

PARTS = ("summary", "log", "metrics", "errors", "feedback", "dashboards", "recording", "performance", "tests")


@click.command("report", help=_("The run's document: HTML, Markdown or JSON."))
@click.argument("run", required=False)
@click.option("--format", "format_", type=click.Choice(["html", "md", "json"]), default=None,
              help=_("What is written; without it what FILE ends with, else html."))  # fmt: skip
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=_("Into this file instead of stdout."),
)
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True,
              help=_("Only this part of it; may be given several times."))  # fmt: skip
@click.option("--cast", is_flag=True, help=_("An asciicast of the whole run beside FILE as well, named in it."))
def command(run: str | None, format_: str | None, output: Path | None, parts: tuple[str, ...], cast: bool) -> None:
    from tui.report.make import made
    from tui.report.reading import JournalReading

    paths = found(run)
    file = None if output is None or str(output) == "-" else output
    if cast and file is None:
        raise click.UsageError(_("--cast writes a second file beside FILE; say where with -o FILE."))
    if file is not None:
        not_the_journal(paths, file)
    if cast and file is not None:
        if file.suffix.lower() == ".cast":
            told = _("{file} is what the asciicast beside it would be called; give the document another name.")
            raise click.UsageError(told.format(file=file))
        not_the_journal(paths, _beside(file))
    reading = JournalReading(paths.journal)
    if reading.state.opened is None:
        told = _("The journal {file} does not begin with the opening of a run.").format(file=paths.journal)
        raise Stop(told, Exit.USAGE)
    prefer(reading.state.opened.plan.locale)
    beside = None if file is None or not cast else _cast(paths, file)
    text = made(reading, _format(format_, file), parts, beside).encode()  # type: ignore[arg-type]
    if file is None:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    else:
        written(file, lambda into: into.write(text))
        print_line(str(file))
    if reading.broken is not None:
        tell(_("The journal is broken at line {seq}; the report says so.").format(seq=reading.broken.seq))


def _format(asked: str | None, file: Path | None) -> str:
    if asked is not None:
        return asked
    ending = "" if file is None else file.suffix.lower().lstrip(".")
    return {"md": "md", "markdown": "md", "json": "json"}.get(ending, "html")


def _beside(file: Path) -> Path:
    return file.with_suffix(".cast")


def _cast(paths: RunPaths, file: Path) -> tuple[str, str]:
    """Write the asciicast; its name and SHA-256."""
    from tui.console.export.asciicast import export
    from tui.console.export.frames import ExportOptions

    beside = _beside(file)
    written(beside, lambda into: export(paths, into, ExportOptions()))
    return beside.name, hashlib.sha256(beside.read_bytes()).hexdigest()
