"""`virada init`: a plan to start from: the shipped one, one of a checklist, or of a directory of migration scripts."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from contextvars import copy_context
from dataclasses import replace
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.exit import Exit, Stop
from tui.cli.named import read_named
from tui.cli.output import print_line, tell
from tui.locale import _, use
from tui.locale import language as spoken
from tui.said import LANGUAGES, Said, said_of

if TYPE_CHECKING:
    from tui.importer.imported import Imported
    from tui.importer.wish import TargetWish


@click.command("init", help=_("Makes a plan to start from."))
@click.option(
    "--from",
    "sources",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help=_(
        "A Markdown checklist, or a directory of migration scripts (Sqitch, Flyway, numbered files). A further "
        "checklist, such as that of the way back, may be named with a further --from."
    ),
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PLAN", help=_("The plan's file."))
@click.option("--language", type=click.Choice(LANGUAGES), help=_("The language of the plan's own sentences."))
@click.option("--force", is_flag=True, help=_("Write over files that are there."))
@click.option("--target", metavar="NAME", help=_("What the target is called."))
@click.option("--environment", type=click.Choice(["production", "staging", "development"]), help=_("What it is."))
@click.option("--service", metavar="SERVICE", help=_("The libpq service by which it is reached."))
@click.option("--dsn", metavar="DSN", help=_("The connection string by which it is reached, without a password."))
@click.option("--opens", metavar="TIME", help=_("When its window opens: 2031-12-05T22:00, or +1m."))
@click.option("--timezone", metavar="ZONE", help=_("The window's time zone: America/Sao_Paulo."))
@click.option("--duration", metavar="SPAN", help=_("How long the window is: 45m."))
@click.option("--buffer", metavar="SPAN", help=_("How much is kept behind it for going back: 15m."))
@click.option(
    "--script",
    "scripts",
    multiple=True,
    metavar="NAME=FILE",
    help=_("A script in place of the shipped plan's: migration, rollback, verification, functional or load."),
)  # fmt: skip
def command(
    sources: tuple[Path, ...], output: Path | None, language: str | None, force: bool, target: str | None,
    environment: str | None, service: str | None, dsn: str | None, opens: str | None, timezone: str | None,
    duration: str | None, buffer: str | None, scripts: tuple[str, ...],
) -> int:  # fmt: skip
    from tui.cli.put import free, put_files
    from tui.importer.wish import TargetWish

    if service is not None and dsn is not None:
        raise click.UsageError(_("--service and --dsn exclude each other."))
    wish = TargetWish(target, environment, service, dsn, opens, timezone, duration, buffer)
    if sources and scripts:
        raise click.UsageError(_("--script is for the shipped plan, and --from names another source."))
    plan = output or Path("plan.yaml")
    free(plan, force=force)
    made = from_sources(sources, language, wish) if sources else from_shipped(language, wish, scripts)
    written = put_files(made, plan, force=force)
    for line in made.told:
        tell(line)
    for path in written:
        print_line(str(path))
    tell(Said("Next: {command}", command=f"virada check {shlex.quote(str(plan))}"))
    return Exit.DONE


def from_shipped(language: str | None, wish: TargetWish, scripts: Iterable[str]) -> Imported:
    """The shipped plan, with what the flags say, or what a person answers on a terminal. Raises Stop, UsageError."""
    from tui.importer.imported import ImportFailed
    from tui.importer.shipped import shipped

    files = _named(scripts)
    if not wish.said and not files and os.isatty(0) and os.isatty(2):
        from tui.cli.interview import interview

        wish, files = interview()
    try:
        read = {name: read_named(path) for name, path in files.items()}
        made = shipped(language or spoken(), wish, {name: one.content for name, one in read.items()})
        return replace(made, modes={f"scripts/{name}.sql": one.mode for name, one in read.items()})
    except (ImportFailed, OSError) as error:
        raise Stop(said_of(error), Exit.USAGE) from error


def _named(scripts: Iterable[str]) -> dict[str, Path]:
    from tui.importer.shipped import SCRIPTS

    found: dict[str, Path] = {}
    for told in scripts:
        name, _equals, path = told.partition("=")
        if name not in SCRIPTS or not path:
            message = _("{value} is not NAME=FILE with one of these names: {names}.")
            shown = message.format(value=repr(told), names=", ".join(SCRIPTS))
            raise click.BadParameter(shown, param_hint="--script")
        found[name] = Path(path)
    return found


def from_sources(sources: tuple[Path, ...], language: str | None, wish: TargetWish) -> Imported:
    """The plan of checklists or of a directory. Raises Stop with one sentence, UsageError."""
    from tui.importer.imported import ImportFailed
    from tui.importer.markdown.checklist import import_checklists
    from tui.importer.migrations import read_directory

    try:
        if any(source.is_dir() for source in sources):
            if len(sources) > 1 or wish.said:
                raise click.UsageError(_("A directory of scripts stands alone; its plan's targets are edited there."))
            return read_directory(sources[0], language=language or spoken())
        read = [read_named(source) for source in sources]
        documents = [(one.content, source.name) for one, source in zip(read, sources, strict=True)]
        made = import_checklists(documents, language=language, otherwise=spoken(), say=say_in, wish=wish)
        return replace(made, mode=reduce(and_, (one.mode for one in read)))
    except (ImportFailed, OSError) as error:
        raise Stop(said_of(error), Exit.USAGE) from error


def say_in(said: Said, language: str) -> str:
    """A sentence in a language that is not the reader's."""
    from tui.words.said import say

    def told() -> str:
        use(language)
        return say(said)

    return copy_context().run(told)
