"""The command `virada`: which commands there are. Each is imported only when it is asked for."""

from __future__ import annotations

import gettext
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

import tui.locale
from tui import __version__
from tui.cli.completing.scripts import VARIABLE
from tui.cli.guard import ReaderGone, guarded
from tui.locale import _

COMMANDS = (
    "demo", "init", "check", "run", "continue", "attach", "watch", "replay", "do", "amend", "status", "runs", "verify",
    "report", "export", "doctor", "completion",
)  # fmt: skip
"""In the order in which help lists them; command X is `command` in the module `tui.cli.X` (`continue_run`)."""
_MODULES = {"continue": "continue_run"}


class Commands(click.Group):
    """A group whose commands are modules that are imported when one of them is used."""

    def invoke(self, ctx: click.Context) -> object:
        with suppress(ImportError):
            # An installation that is not whole says so where it cannot do without.
            from tui.engine.process.stale import clear

            clear()
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            # Click would end the process by itself.
            raise ReaderGone from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tui.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            message = _("There is no command {name}.").format(name=repr(args[0]))
            if close:
                message += " " + _("Is {name} meant?").format(name=repr(close[0]))
            ctx.fail(message)
        return super().resolve_command(ctx, args)


def group() -> Commands:
    """The whole command line, with its help in the language in force."""
    commands = Commands(
        name="virada",
        help=_("Carries a production PostgreSQL change from preparation to review."),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    return click.version_option(__version__, prog_name="virada", message="%(prog)s %(version)s")(commands)


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry one command out; returns its exit code."""
    _choose_language()
    asked = os.environ.get(VARIABLE) if arguments is None else None
    if asked:
        from tui.cli.completing.answer import answer

        return answer(group(), asked)
    standing: Any = None if arguments is None else list(arguments)
    return guarded(lambda: group().main(args=standing, prog_name="virada", standalone_mode=False))


def main() -> None:
    """The console script."""
    sys.exit(run())


def _choose_language() -> None:
    tui.locale.use()
    # Click translates its own words through the process's default domain.
    gettext.bindtextdomain("virada", str(Path(tui.locale.__file__).parent))
    gettext.textdomain("virada")


if __name__ == "__main__":
    main()
