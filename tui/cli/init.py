"""`virada init`: a plan to start from: the shipped one, one of a checklist, or of a directory of migration scripts."""

from __future__ import annotations

from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, tell
from tui.locale import _, use
from tui.said import LANGUAGES, Said, said_of

if TYPE_CHECKING:
    from tui.importer.imported import Imported


@click.command("init", help=_("Makes a plan: from the shipped one, a Markdown checklist, or migration scripts."))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=_("A Markdown checklist, or a directory of migration scripts (Sqitch, Flyway, numbered files)."),
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PLAN", help=_("The plan's file."))
@click.option("--language", type=click.Choice(LANGUAGES), help=_("The language of the plan's own sentences."))
@click.option("--force", is_flag=True, help=_("Write over files that are there."))
def command(source: Path | None, output: Path | None, language: str | None, force: bool) -> int:
    if source is None:
        raise click.UsageError(_("Name what the plan is made from with --from."))
    made = imported(source, language)
    target = output or Path("plan.yaml")
    put(made, target, force=force)
    for line in made.told:
        tell(line)
    print_line(str(target))
    tell(Said("Next: virada check {plan}", plan=str(target)))
    return Exit.DONE


def imported(source: Path, language: str | None) -> Imported:
    """The plan of a checklist or of a directory. Raises Stop with one sentence."""
    from tui.importer.imported import ImportFailed
    from tui.importer.markdown.checklist import import_checklist
    from tui.importer.migrations import read_directory
    from tui.locale import language as spoken

    try:
        if source.is_dir():
            return read_directory(source, language=language or spoken())
        raw = source.read_bytes()
        return import_checklist(raw, source.name, language=language, otherwise=spoken(), say=say_in)
    except ImportFailed as error:
        raise Stop(said_of(error), Exit.USAGE) from error
    except OSError as error:
        raise Stop(said_of(error), Exit.USAGE) from error


def say_in(said: Said, language: str) -> str:
    """A sentence in a language that is not the reader's."""
    from tui.words.said import say

    def spoken() -> str:
        use(language)
        return say(said)

    return copy_context().run(spoken)


def put(made: Imported, target: Path, *, force: bool) -> None:
    """Write the plan and its files where nothing is there yet, once the loader has nothing against it. Raises Stop."""
    from tui.cli.put import put_files

    put_files(made, target, force=force)
