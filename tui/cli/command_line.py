"""A command of the helm as words: `execute STEP`, `skip STEP --reason TEXT`. For `do` and for the line mode. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import Struct

from tui.locale import _
from tui.run import commands as c


class CommandError(Exception):
    """Words that are no command; the text is a sentence for people."""


class Form(Struct, frozen=True):
    """How a command is written: `positional` arguments first, further words are the field `rest`."""

    command: type[c.Command]
    positional: tuple[str, ...] = ()
    rest: str | None = None


FORMS: dict[str, Form] = {
    "execute": Form(c.Execute, ("step",)),
    "run-to": Form(c.RunTo, ("step",)),
    "skip": Form(c.Skip, ("step",), "reason"),
    "sign": Form(c.Sign, ("step",), "note"),
    "by-hand": Form(c.ByHand, ("step",), "note"),
    "retry": Form(c.Retry, ("step",), "reason"),
    "undo": Form(c.Undo, ("step",)),
    "cancel": Form(c.Cancel, ("step",)),
    "hold": Form(c.Hold, (), "reason"),
    "resume": Form(c.Resume),
    "accept": Form(c.Accept, (), "reason"),
    "rollback": Form(c.Rollback, (), "reason"),
    "note": Form(c.Note, (), "text"),
    "feedback": Form(c.Feedback, (), "text"),
    "resolve": Form(c.Resolve, ("error",), "text"),
    "handover": Form(c.Handover, (), "note"),
    "close": Form(c.Close, (), "reason"),
}
OPTIONS = ("reason", "note", "confirm", "to", "step")
"""Fields that may be given as `--NAME TEXT`."""


def usage(name: str) -> str:
    """`skip STEP --reason TEXT`."""
    form = FORMS[name]
    words = [name, *(field.upper() for field in form.positional)]
    for field in msgspec.structs.fields(form.command):
        if field.name in form.positional:
            continue
        if field.name in OPTIONS:
            value = {"confirm": "TARGET", "to": "STEP", "step": "STEP"}.get(field.name, "TEXT")
            words.append(f"--{field.name} {value}" if field.required else f"[--{field.name} {value}]")
        else:
            words.append(field.name.upper())
    return " ".join(words)


def parse(name: str, words: Sequence[str], options: Mapping[str, str | None]) -> c.AnyCommand:
    """The command in these words. Raises CommandError."""
    form = FORMS.get(name)
    if form is None:
        raise CommandError(_unknown(name))
    fields = {field.name: field.required for field in msgspec.structs.fields(form.command)}
    values: dict[str, Any] = {}
    for option, value in options.items():
        if value is None:
            continue
        if option not in fields or option in form.positional:
            message = _("{command} takes no --{option}; it is written: {usage}")
            raise CommandError(message.format(command=name, option=option, usage=usage(name)))
        values[option] = value
    given = list(words)
    for field in form.positional:
        if given:
            values[field] = given.pop(0)
    if given:
        if form.rest is None or form.rest in values:
            message = _("{command} does not take {words}; it is written: {usage}")
            raise CommandError(message.format(command=name, words=repr(" ".join(given)), usage=usage(name)))
        values[form.rest] = " ".join(given)
    for field, required in fields.items():
        if required and not str(values.get(field, "")).strip():
            message = _("{command} needs {what}; it is written: {usage}")
            what = f"--{field}" if field in OPTIONS and field not in form.positional else field.upper()
            raise CommandError(message.format(command=name, what=what, usage=usage(name)))
    return form.command(**values)  # type: ignore[return-value]


def parse_line(line: str) -> c.AnyCommand:
    """A command as one line with shell quoting; options may stand anywhere. Raises CommandError."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise CommandError(_("A quotation mark is not closed in: {line}").format(line=line)) from error
    if not words:
        raise CommandError(_("There is no command in an empty line."))
    options: dict[str, str | None] = {}
    positional: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if word == "--":
            positional.extend(rest)
            break
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in OPTIONS:
            positional.append(word)
            continue
        given = value if equals else next(rest, None)
        if given is None:
            raise CommandError(_("--{option} needs a text after it.").format(option=name))
        options[name] = given
    return parse(words[0], positional, options)


def _unknown(name: str) -> str:
    close = get_close_matches(name, FORMS, n=1)
    if close:
        return _("There is no command {name}. Is {other} meant?").format(name=repr(name), other=repr(close[0]))
    return _("There is no command {name}; there are: {commands}.").format(name=repr(name), commands=", ".join(FORMS))
