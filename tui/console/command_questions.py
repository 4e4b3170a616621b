"""What is asked before a command is sent: why it is refused, a text that goes with it, the target's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.console.commander import refusal_sentence
from tui.console.input.dialog import Question, QuestionField
from tui.journal.events import RunOpened
from tui.locale import _
from tui.pictures import allowed, foreseen
from tui.pictures.lines import Line, explained
from tui.pictures.view import StatusMessage
from tui.run import commands as c
from tui.run.confirmation import at_stake, cost
from tui.run.steps import StepState
from tui.words.codes import ENVIRONMENT, word
from tui.words.confirmations import confirmation_words
from tui.words.inert import visible
from tui.words.steps import name_of

if TYPE_CHECKING:
    from tui.console.base import ConsoleBase


class CommandQuestions:
    """Asked at a console, by the same rules for every key; what is answered is sent."""

    def __init__(self, console: ConsoleBase) -> None:
        self._console = console

    def _step(self) -> StepState | None:
        at = self._console.view().step
        if at is None:
            self._console.say(StatusMessage(_("No step is selected."), "warning"))
        return at

    def _refused(self, command: c.Command) -> bool:
        """Say why the rules do not allow it; better before a question than after it."""
        view = self._console.view()
        refusal = allowed.refusal(view, allowed.paid(view, command) if isinstance(command, c.Confirmable) else command)
        if refusal is not None:
            self._console.say(
                StatusMessage(refusal_sentence(refusal, view.state, self._console.settings.keys), "warning")
            )
        return refusal is not None

    def _text(
        self, title: str, confirm: str, label: str, then: Callable[[str], None], lines: tuple[Line, ...] = ()
    ) -> None:
        question = Question(title=title, confirm=confirm, lines=lines, fields=(QuestionField(label=label),))
        self._console.ask(question, lambda values: then(values[0]))

    def _paid(self, command: c.Confirmable, title: str, confirm: str, lines: tuple[Line, ...] = ()) -> None:
        """At once where it costs nothing; else with the target's name and the reason that are asked for here."""
        view = self._console.view()
        opened = view.state.opened
        assert opened is not None
        target = opened.target
        asked = cost(view.state, command, view.moment.wall)
        if asked is None:
            self._send(command)
            return
        # The errors stand below with their texts.
        facts = at_stake(view.state, asked) | {"target": target, "why": asked.why, "unresolved": ()}
        words = confirmation_words(facts, lambda step: name_of(view.state.steps[step])) or ""
        fields = [exact_name(target)]
        if asked.reason and not command.reason:
            fields.insert(0, QuestionField(label=_("Reason")))
        stands = where(_("The target is {target} ({environment})."), opened)
        # What it sets going is known for a command that is paid.
        lines += foreseen.lines(view, allowed.paid(view, command))  # type: ignore[arg-type]
        question = Question(
            title=title, confirm=confirm, lines=(*explained(stands, "bad"), *explained(words, "warn"), *lines),
            fields=tuple(fields), danger=True,
        )  # fmt: skip

        def answered(values: list[str]) -> None:
            reason = values[0] if len(values) > 1 else command.reason
            self._send(replace(command, confirm=values[-1], reason=reason))

        self._console.ask(question, answered)

    def _send(self, command: c.Confirmable) -> None:
        assert isinstance(command, c.Execute | c.Retry | c.Undo | c.Close)
        self._console.send(command)


def where(text: str, opened: RunOpened) -> str:
    """With the target and its environment, in capitals, as it is painted."""
    return text.format(target=visible(opened.target), environment=word(ENVIRONMENT, opened.environment).upper())


def exact_name(target: str) -> QuestionField:
    return QuestionField(label=_("Type the target's name: {target}").format(target=visible(target)), exactly=target)
