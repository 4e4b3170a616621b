"""What a review leaves behind is asked for here: what people said, what was learnt, what is to be better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.console.input.dialog import Question, QuestionField
from tui.locale import _
from tui.run import commands as c

if TYPE_CHECKING:
    from tui.console.base import ConsoleBase


def feedback(console: ConsoleBase) -> None:
    """Ask what was said."""
    question = Question(
        title=_("Feedback"), confirm=_("Write"), fields=(QuestionField(label=_("What was said, and by whom")),)
    )
    console.ask(question, lambda values: console.send(c.Feedback(text=values[0])))


def lesson(console: ConsoleBase) -> None:
    """Ask what was learnt."""
    question = Question(
        title=_("Lesson"), confirm=_("Write"), fields=(QuestionField(label=_("What was learnt, for the next run")),)
    )
    console.ask(question, lambda values: console.send(c.Lesson(text=values[0])))


def improve(console: ConsoleBase) -> None:
    """Ask what is to be better, who sees to it, and until when."""
    question = Question(
        title=_("Improvement"), confirm=_("Write"),
        fields=(QuestionField(label=_("What is to be better")), QuestionField(label=_("Who sees to it")),
                QuestionField(label=_("Until which day, such as 2031-12-31"))),
    )  # fmt: skip
    console.ask(
        question, lambda values: console.send(c.Improve(text=values[0], owner=values[1], due=values[2].strip()))
    )
