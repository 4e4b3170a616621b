"""How an error was resolved is asked for here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.console.input.dialog import Question, QuestionField
from tui.locale import _
from tui.pictures.lines import explained
from tui.pictures.register import listed
from tui.pictures.view import StatusMessage
from tui.run import commands as c
from tui.run.errors import RecordedError
from tui.words.errors import error_words
from tui.words.inert import visible

if TYPE_CHECKING:
    from tui.console.base import ConsoleBase


def resolve(console: ConsoleBase) -> None:
    """Ask how an error was resolved: the one that is marked in the list, else the latest that is open."""
    marked, console.marked_error = console.marked_error, None
    view = console.view()
    error: RecordedError | None = view.state.errors.latest_open()
    if marked is not None:
        error = next((each for each in listed(view) if each.id == marked), None)
    if error is None:
        console.say(StatusMessage(_("There is no open error."), "warning"))
        return
    question = Question(
        title=_("Resolve {id}").format(id=visible(error.id)), confirm=_("Resolved"),
        lines=explained(error_words(error), "bad"), fields=(QuestionField(label=_("How it was resolved")),),
    )  # fmt: skip
    ident = error.id
    console.ask(question, lambda values: console.send(c.Resolve(error=ident, text=values[0])))
