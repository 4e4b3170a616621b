"""The messages of the console: what came from the journal, and what the helm answered."""

from __future__ import annotations

from textual.message import Message

from tui.console.feed.source import Batch
from tui.pictures.view import StatusMessage
from tui.run.commands import AnyCommand


class Advanced(Message):
    """The run went on: one message a batch, however many entries it folds."""

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self.batch = batch


class SourceLost(Message):
    """The journal cannot be read further, or (not `final`) at the place that was asked for; `reason` is a sentence."""

    def __init__(self, reason: str, final: bool = True) -> None:
        super().__init__()
        self.reason = reason
        self.final = final


class Answered(Message):
    """The helm's answer to a command, as a sentence. `refused`: it was not carried out."""

    def __init__(self, command: AnyCommand, said: StatusMessage, refused: bool) -> None:
        super().__init__()
        self.command = command
        self.said = said
        self.refused = refused


class HelmChanged(Message):
    """Who the engine sees in this client, or why it cannot be reached."""

    def __init__(self, person: str | None, said: StatusMessage | None = None) -> None:
        super().__init__()
        self.person = person
        self.said = said
