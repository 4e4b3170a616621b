"""The question to root, before it commands a run of another account, whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.console.input.dialog import Question, QuestionField
from tui.console.screens.question import QuestionOverlay
from tui.locale import _
from tui.pictures.lines import explained
from tui.pictures.view import StatusMessage
from tui.words.inert import visible
from tui.words.said import say

if TYPE_CHECKING:
    from tui.console.base import ConsoleBase
    from tui.runs.claim import Claim


def ask(console: ConsoleBase, claim: Claim) -> None:
    """Nothing is connected to or started before the owner's name was typed; whoever does not type it leaves."""
    owner = visible(claim.owner)
    text = _(
        "This run belongs to {owner}. What you command is executed with the rights of that account, and its engine is "
        "started under it where none runs."
    )
    question = Question(
        title=_("Go on with another account's run"), confirm=_("Go on with it"), cancel=_("Leave"),
        lines=explained(text.format(owner=owner)),
        fields=(QuestionField(label=_("The owner's name"), exactly=claim.owner),),
        danger=True,
    )  # fmt: skip

    def answered(values: list[str] | None) -> None:
        if values is None or console.commander is None:
            console.action_detach()
            return
        try:
            claim.typed(values[0])
        except Exception as error:
            console.say(StatusMessage(say(error), "error"), keep=True)
            return
        console.commander.start()

    console.push_screen(QuestionOverlay(question), answered)
