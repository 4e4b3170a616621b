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
from tui.said import N_


class CommandError(Exception):
    """Words that are no command; the text is a sentence for people."""


class Form(Struct, frozen=True):
    """How a command is written: `positional` arguments first, further words are the field `rest`. `does`: what it does,
    in one line of 74 columns."""

    command: type[c.Command]
    does: str
    positional: tuple[str, ...] = ()
    rest: str | None = None


FORMS: dict[str, Form] = {
    "execute": Form(c.Execute, N_("Begin the step and wait for its end."), ("step",)),
    "run-to": Form(c.RunTo, N_("Run on to the step; stops at signed, dangerous and failed ones."), ("step",)),
    "skip": Form(c.Skip, N_("Leave the step out."), ("step",), "reason"),
    "sign": Form(c.Sign, N_("Attest a `sign` step, with what was seen."), ("step",), "note"),
    "by-hand": Form(
        c.ByHand, N_("The step was done outside of virada; its proof, if any, is asked."), ("step",), "note"
    ),
    "retry": Form(c.Retry, N_("Begin a step that failed or was cancelled once more."), ("step",), "reason"),
    "undo": Form(c.Undo, N_("Take this one step back, without a rollback."), ("step",)),
    "cancel": Form(c.Cancel, N_("End the step that runs."), ("step",)),
    "hold": Form(c.Hold, N_("No further step begins."), (), "reason"),
    "resume": Form(c.Resume, N_("Go on after a hold; a target that is held is looked at again.")),
    "accept": Form(c.Accept, N_("The server that answers now, and holds the run, is its target."), (), "reason"),
    "rollback": Form(c.Rollback, N_("Take back what was applied, in reverse order."), (), "reason"),
    "note": Form(c.Note, N_("Write something into the journal."), (), "text"),
    "feedback": Form(c.Feedback, N_("Record what users or colleagues said."), (), "text"),
    "resolve": Form(c.Resolve, N_("An error (E1) is dealt with; TEXT says how."), ("error",), "text"),
    "lesson": Form(c.Lesson, N_("Write down what was learnt, for the next run of the plan."), (), "text"),
    "improve": Form(c.Improve, N_("Something to be better the next time: who sees to it, until when."), (), "text"),
    "improved": Form(
        c.Improved, N_("An improvement (I1, or RUN:I1) is done; TEXT says how."), ("improvement",), "text"
    ),
    "handover": Form(c.Handover, N_("Give the helm up, with a note for the next person."), (), "note"),
    "rest": Form(c.Rest, N_("End the engine where nothing runs; the run stays open.")),
    "close": Form(c.Close, N_("End the run: nothing more can be done in it."), (), "reason"),
}
OPTIONS = ("reason", "note", "confirm", "to", "step", "owner", "due")
"""Fields that may be given as `--NAME TEXT`."""


_VALUES = {"confirm": "TARGET", "to": "STEP", "step": "STEP", "owner": "NAME", "due": "DATE"}


def usage(name: str) -> str:
    """`skip STEP --reason TEXT`."""
    form = FORMS[name]
    words = [name, *(field.upper() for field in form.positional)]
    for field in msgspec.structs.fields(form.command):
        if field.name in form.positional:
            continue
        if field.name in OPTIONS:
            value = _VALUES.get(field.name, "TEXT")
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
