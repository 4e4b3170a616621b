"""What comes from the keyboard: keys in their order, each to what lies on top when it comes, and pastes.

Nothing on these screens has a focus that keys would have to look for. Text that nobody asked for commands nothing: what
is typed behind a key that opened no question, and what is pasted anywhere but into a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from tui.console.input.held_keys import KeyRepeats
from tui.locale import _
from tui.pictures.no_engine import no_engine_sentence
from tui.pictures.view import StatusMessage

if TYPE_CHECKING:
    from tui.console.base import ConsoleBase
    from tui.console.command_keys import CommandKeys


TOGETHER = 0.003
"""Seconds at most between two keys of one piece of input: of lines that were pasted where a terminal marks no paste."""
BEGINNING = frozenset(("execute", "run_to"))
"""Commands that begin work at once."""
TEXTLESS = frozenset(("hold", "cancel", "run_to"))
"""Commands behind whose keys nobody types: they ask for no text."""


class KeyDispatch:
    """`held`: the key that is at work is the last one again, as a key held down is."""

    def __init__(self, console: ConsoleBase) -> None:
        self._console = console
        self._repeats = KeyRepeats()
        self._typeahead = TypeAhead()
        self.held = False
        self._at = 0.0
        self._answered = float("-inf")

    async def press(self, event: events.Key) -> None:
        """One key; the next one finds what this one opened."""
        console = self._console
        self.held, self._at = self._repeats.held(event.key, event.time), event.time
        if console.left or not console.screen_stack:
            return
        over = console.screen
        if over is console.overview:
            if event.time - self._answered < TOGETHER:
                # What comes in one piece with the key that closed a question was meant for it.
                self._typeahead.begins(event.time)
            if self._typeahead.takes(event.key, event.character, event.time):
                self._say_typeahead()
                return
            console.pressed = event.key
            try:
                if not await self._bound(event.key) and console.mode != "operator":
                    self._no_helm(event)
            finally:
                console.pressed = None
            return
        from tui.console.screens.overlay import Overlay

        self._answered = event.time
        if not (isinstance(over, Overlay) and over.press(event.key, event.character, event.time)):
            await self._bound(event.key)

    async def _bound(self, key: str) -> bool:
        """Do what the key is bound to on what lies on top; whether that is anything."""
        found = self._console.screen.active_bindings.get(key)
        return found is not None and await self._console.run_action(found.binding.action, found.node)

    def pasted(self) -> None:
        """A paste that no field has taken."""
        if self._console.left:
            return
        self._console.say(StatusMessage(_("Pasted text does nothing here."), "warning"))

    def command(self, name: str, key: str, operator: CommandKeys) -> None:
        """One of the actions that command. Where it opens no question and asks for nothing, text that follows is none
        of a command."""
        console = self._console
        if not self._counts(name, key):
            return
        before = len(console.screen_stack), console.awaited
        operator.do(name)
        if (len(console.screen_stack), console.awaited) == before and name not in TEXTLESS:
            self._typeahead.begins(self._at)

    def _counts(self, name: str, key: str) -> bool:
        """Whether a command is meant: a key that is held down runs on through no steps, and nothing further begins
        before the engine has answered. What holds, ends or takes back is never made to wait."""
        console = self._console
        if key and self.held:
            if console.said is None or console.said.severity == "information":
                console.say(StatusMessage(_("A key that is held down counts once."), "information"))
            return False
        if console.awaited and name in BEGINNING:
            console.keep_waiting()
            return False
        return True

    def _say_typeahead(self) -> None:
        if self._console.view().nothing_runs:
            # Nothing is commanded anyway, and what there is to know has been said.
            return
        text = _("What is typed behind it commands nothing.")
        said = self._console.said
        if said is None:
            self._console.say(StatusMessage(text, "warning"))
        elif text not in said.text:
            self._console.say(StatusMessage(f"{said.text} {text}", said.severity))

    def _no_helm(self, event: events.Key) -> None:
        """A key that would command an engine elsewhere: here it is said that nothing is commanded."""
        view = self._console.view()
        actions = self._console.settings.keys.of_mode("operator")
        if not any(action.commands and {event.key, event.character} & set(action.keys) for action in actions):
            return
        text = _("This screen only watches; commands need the helm: virada attach.")
        if self._console.mode == "replay":
            text = _("This is a recording; nothing can be commanded in it.")
        elif view.nothing_runs:
            text = no_engine_sentence(view)
        self._console.say(StatusMessage(text, "warning"))
        self._typeahead.begins(self._at)


PAUSE = 1.0
"""Seconds without a key after which a letter is a command again."""


class TypeAhead:
    """From a refused key on until there was a pause, or Esc."""

    def __init__(self) -> None:
        self._last: float | None = None

    def begins(self, now: float) -> None:
        """A key was refused that may open a question. `now`: seconds of a monotonic clock at its arrival."""
        self._last = now

    def takes(self, key: str, character: str | None, now: float) -> bool:
        """Whether this key is text of which nothing is done."""
        if self._last is None:
            return False
        if key == "escape" or now - self._last >= PAUSE:
            self._last = None
            return False
        if key != "enter" and (character is None or not character.isprintable()):
            return False
        self._last = now
        return True
