"""The manual page, made of the commands' own help: `python -m tests.manpage` writes `docs/virada.1` anew.

It is written in man(7)'s macros, which every `man` understands. What stands in it that no help says is here.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click

import tui.locale
from tui import __version__
from tui.cli.exit import Exit

FILE: Final = Path(__file__).resolve().parent.parent / "docs" / "virada.1"
DATE: Final = "2026-11-27"
"""Of the last change to what stands in this file; whatever is built from it is the same on every day."""
_EXITS: Final = {
    Exit.DONE: "done",
    Exit.FAILED: "the run or the step failed; of verify: the journal is broken; of doctor: something fails",
    Exit.USAGE: "a mistake on the command line, or a plan that is not valid",
    Exit.ROLLED_BACK: "the run was rolled back",
    Exit.UNDECIDED: "undecided: a person must look",
    Exit.REFUSED: "refused: no helm, the wrong state, not permitted",
    Exit.WAITING: "waiting for a person",
    Exit.INTERRUPTED: "interrupted",
}
_ENVIRONMENT: Final = {
    "VIRADA_HOME": "The state directory, in which runs lie.",
    "LANG, LC_MESSAGES, LC_ALL": "The language of sentences: English, or Brazilian Portuguese (pt_BR).",
    "NO_COLOR": "Set to anything: no colours.",
    "PGSERVICEFILE, PGPASSFILE, PG...": "libpq's own variables, for every session and program of a run.",
}
_FILES: Final = {
    "$VIRADA_HOME/runs": "The runs; without the variable below /var/lib/virada where that is there and may be used, "
    "else below $XDG_STATE_HOME/virada or ~/.local/state/virada.",
    "journal.jsonl": "In a run's directory: everything that happened, a JSON object a line.",
    "plan/, output/, artifacts/": "There: the frozen plan, what steps printed, what they keep.",
}
_RUN: Final = (
    "RUN is a run's id, a unique beginning of it, a path to a run's directory or to a journal file, or last. Where it "
    "may be left out the newest open run is meant."
)
_POSITION: Final = (
    "POSITION is a line of the journal (120), an offset from the opening (+00:12:30) or an RFC 3339 time."
)


def text() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    from tui.cli.main import COMMANDS, group

    tui.locale.use("en")
    whole = group()
    context = click.Context(whole, info_name="virada")
    commands = [(name, whole.get_command(context, name)) for name in COMMANDS]
    yield '.\\" Made by `python -m tests.manpage` from the help of the commands; change that.'
    yield f'.TH VIRADA 1 {DATE} "virada {__version__}"'
    about = (whole.help or "").rstrip(".")
    yield from (".SH NAME", f"virada \\- {_plain(about[:1].lower() + about[1:])}")
    yield ".SH SYNOPSIS"
    for number, (name, command) in enumerate(commands):
        if command is not None:
            if number:
                yield ".br"
            yield f".B virada {_plain(name)}"
            yield _plain(" ".join(_pieces(command)))
    yield ".SH DESCRIPTION"
    yield from (*_words(_RUN), ".PP", *_words(_POSITION))
    yield ".SH COMMANDS"
    for name, command in commands:
        if command is not None:
            yield from _command(name, command)
    yield from (".SH EXIT STATUS", *_table((str(int(code)), said) for code, said in _EXITS.items()))
    yield from (".SH ENVIRONMENT", *_table(_ENVIRONMENT.items()))
    yield from (".SH FILES", *_table(_FILES.items()))
    yield from (".SH SEE ALSO", ".BR psql (1),", ".BR pg_dump (1),", ".BR tmux (1)")


def _pieces(command: click.Command) -> Iterator[str]:
    """What follows the command's name; not as click writes it, which changes with its versions."""
    if any(isinstance(parameter, click.Option) for parameter in command.params):
        yield "[OPTIONS]"
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            word = parameter.metavar or _value(parameter)
            yield word if parameter.required or word.startswith("[") else f"[{word}]"


def _value(parameter: click.Parameter) -> str:
    """What stands in the place of a parameter's value."""
    if parameter.metavar:
        return parameter.metavar
    if isinstance(parameter.type, click.Choice):
        return "|".join(str(choice) for choice in parameter.type.choices)
    return (parameter.name or "").upper()


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield f'.SS "virada {_plain(name)}"'
    yield from _words(command.help or "")
    options = [
        parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    yield from _table((_option(option), option.help or "") for option in options)
    yield from _epilog(command.epilog or "")


def _option(option: click.Option) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        return f"{names}, {', '.join(option.secondary_opts)}"
    return names if option.is_flag else f"{names} {_value(option)}"


def _epilog(epilog: str) -> Iterator[str]:
    """Lines that stand as they are: a heading, then pairs of a form and what it does, or what is typed."""
    lines = epilog.removeprefix("\b\n").splitlines()
    if lines:
        yield ".PP"
        yield _plain(lines[0])
        yield from (".PP", ".nf", ".RS 2", *(_plain(line.removeprefix("  ")) for line in lines[1:]), ".RE", ".fi")


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, said in rows:
        yield from (".TP", f".B {_plain(name)}", *_words(said))


def _words(said: str) -> list[str]:
    """A text in lines of source, which the page fills anew."""
    return [_plain(line) for line in textwrap.wrap(said, 70, break_on_hyphens=False, break_long_words=False)]


def _plain(said: str) -> str:
    """A line of text: nothing in it is a request, and a hyphen is one that can be copied."""
    said = said.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("`", "\\(ga")
    said = re.sub(r"'", "\\(aq", said) if said.startswith("'") else said
    return re.sub(r"^\.", "\\&.", said)


def main() -> int:
    FILE.write_text(text(), encoding="utf-8")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
