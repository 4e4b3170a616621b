"""What may stand at the cursor: asked by a shell through click's own machinery.

A person waits for it, so that it imports little, and nothing that goes wrong is said: a home that may not be read, a
journal that is none and a plan with an error have nothing to offer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class

from tui.cli.completing.scripts import VARIABLE
from tui.words.inert import visible

Pairs = Iterable[tuple[str, str]]
Source = Callable[[click.Context, str], Pairs]

_HELMED: Final = frozenset({"do", "attach", "continue", "amend"})
"""Commands for which a run is open, and this account's own."""
_OPEN: Final = frozenset({"watch", "approve"})
"""Commands for which it is open, whoever's it is."""
_PLAIN: Final = re.compile(r"\w[\w.-]*")
"""What is one word to every shell, and nothing else. A target may be called anything, bash puts what is offered
into the line as it is, and a `$(...)` there is executed by Enter."""
_SAID: Final = 60
"""Characters of what is said of something."""


def answer(group: click.Group, asked: str) -> int:
    """Print what may follow; `asked` is the shell and what it wants, such as `bash_complete`."""
    shell, _, wanted = asked.partition("_")
    known = get_completion_class(shell)
    if known is None or wanted != "complete":
        return 1
    try:
        told = known(_Prepared(group), {}, "virada", VARIABLE).complete()
    except Exception:
        return 1
    click.echo(told.encode("utf-8", "replace"))
    return 0


class _Prepared(click.Group):
    """The command line, whose commands know what may stand in the place of their words."""

    def __init__(self, whole: click.Group) -> None:
        super().__init__(name=whole.name, params=whole.params)
        self.whole = whole

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self.whole.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        whole = self.whole.get_command(ctx, cmd_name)
        if whole is None:
            return None
        # The command itself stays what it is: whoever calls it in this process gets the paths that it asks for.
        command = copy(whole)
        command.params = [copy(parameter) for parameter in whole.params]
        for parameter in command.params:
            source = _source(cmd_name, parameter)
            if source is not None:
                parameter.type = source
        return command


class _Offered(click.ParamType[str]):
    """A word out of what is there at the moment. `files`: what a shell offers where a file may stand as well."""

    name = "text"

    def __init__(self, source: Source | None, files: str | None = None) -> None:
        self.source = source
        self.files = files

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        if self.files is not None and (self.source is None or "/" in incomplete or incomplete.startswith((".", "~"))):
            return [CompletionItem(incomplete, type=self.files)]
        if self.source is None:
            return []
        found = []
        try:
            for value, help_ in self.source(ctx, incomplete):
                if value.startswith(incomplete) and _PLAIN.fullmatch(value):
                    found.append(CompletionItem(value, help=_said(help_)))
        except Exception:
            # Whatever it is that cannot be read now; what was found is offered.
            pass
        return found


def _said(text: str) -> str | None:
    text = " ".join(visible(text).split())
    return (text if len(text) <= _SAID else text[: _SAID - 1] + "…") or None


def _source(command: str, parameter: click.Parameter) -> _Offered | None:
    """By the words under which a parameter goes everywhere."""
    name, metavar = parameter.name, parameter.metavar
    if name == "run" or (command == "runs" and parameter.nargs == 2):
        return _Offered(_runs_of(command), files=None if command in _HELMED else "file")
    if name == "plan":
        return _Offered(None, files="plan")
    if name == "target" and metavar == "TARGET":
        return _Offered(_targets)
    if metavar == "STEP":
        return _Offered(_steps)
    if command == "do" and name == "name":
        return _Offered(_commands)
    if command == "do" and name == "words":
        return _Offered(_words)
    return None


def _runs_of(command: str) -> Source:
    def source(ctx: click.Context, incomplete: str) -> Pairs:
        from tui.cli.completing.recorded import runs

        yield "last", ""
        own = command in _HELMED
        yield from runs(open_only=own or command in _OPEN, own=own)

    return source


def _targets(ctx: click.Context, incomplete: str) -> Pairs:
    from tui.cli.completing.targets import targets

    plan = _given(ctx, "plan")
    return () if plan is None else [(name, "") for name in targets(Path(plan).expanduser())]


def _given(ctx: click.Context, name: str) -> str | None:
    """An argument that stands on the line already. Where an option has no value yet, click has read no argument."""
    value = ctx.params.get(name)
    if value is not None:
        return str(value)
    arguments = [param.name for param in ctx.command.params if isinstance(param, click.Argument)]
    left = dict(zip(arguments, ctx.args, strict=False))
    return left.get(name)


def _steps(ctx: click.Context, incomplete: str) -> Pairs:
    return _of_run(ctx, None)


def _of_run(ctx: click.Context, command: str | None) -> Pairs:
    """The run's steps that a command of the helm may be about."""
    from tui.cli.completing.recorded import steps

    run = _given(ctx, "run")
    for step in steps(run, own=True) if run else ():
        if command == "sign" and not _signed(step.kind):
            continue
        if command == "undo" and step.undo is None:
            continue
        yield step.id, step.title


def _signed(kind: str) -> bool:
    from tui.steps.registry import KINDS

    return kind in KINDS and KINDS[kind].signed


def _commands(ctx: click.Context, incomplete: str) -> Pairs:
    from tui.cli.command_line import FORMS
    from tui.locale import _

    return [(name, _(form.does)) for name, form in FORMS.items()]


def _words(ctx: click.Context, incomplete: str) -> Pairs:
    """A step where one belongs; what a person writes is theirs."""
    from tui.cli.command_line import FORMS

    form = FORMS.get(ctx.params.get("name") or "")
    place = len(ctx.params.get("words") or ())
    if form is None or form.positional[place : place + 1] != ("step",):
        return ()
    return _of_run(ctx, ctx.params["name"])
