"""What comes from the keyboard: keys in their order, each to what lies on top when it comes, and pastes.

Nothing on these screens has a focus that keys would have to look for. Text that nobody asked for commands nothing: what
is typed behind a key that opened no question, and what is pasted anywhere but into a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from tui.console.pictures.still import still_sentence
from tui.console.repeats import Repeats
from tui.console.runon import RunOn
from tui.console.view import Said
from tui.locale import _

if TYPE_CHECKING:
    from tui.console.desk import Desk
    from tui.console.operator import Operator


TOGETHER = 0.003
"""Seconds at most between two keys of one piece of input: of lines that were pasted where a terminal marks no paste."""
BEGINNING = frozenset(("execute", "run_to"))
"""Commands that begin work at once."""
TEXTLESS = frozenset(("hold", "cancel", "run_to"))
"""Commands behind whose keys nobody types: they ask for no text."""


class Presses:
    """`held`: the key that is at work is the last one again, as a key held down is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._repeats = Repeats()
        self._run_on = RunOn()
        self.held = False
        self._at = 0.0
        self._answered = float("-inf")

    async def press(self, event: events.Key) -> None:
        """One key; the next one finds what this one opened."""
        desk = self._desk
        self.held, self._at = self._repeats.held(event.key, event.time), event.time
        if not desk.screen_stack:
            return
        over = desk.screen
        if over is desk.overview:
            if event.time - self._answered < TOGETHER:
                # What comes in one piece with the key that closed a question was meant for it.
                self._run_on.begins(event.time)
            if self._run_on.takes(event.key, event.character, event.time):
                self._say_run_on()
                return
            desk.pressed = event.key
            try:
                if not await self._bound(event.key) and desk.mode != "operator":
                    self._no_hands(event)
            finally:
                desk.pressed = None
            return
        from tui.console.screens.overlay import Overlay

        self._answered = event.time
        if not (isinstance(over, Overlay) and over.press(event.key, event.character, event.time)):
            await self._bound(event.key)

    async def _bound(self, key: str) -> bool:
        """Do what the key is bound to on what lies on top; whether that is anything."""
        found = self._desk.screen.active_bindings.get(key)
        return found is not None and await self._desk.run_action(found.binding.action, found.node)

    def pasted(self) -> None:
        """A paste that no field has taken."""
        self._desk.say(Said(_("Pasted text does nothing here."), "warning"))

    def command(self, name: str, key: str, operator: Operator) -> None:
        """One of the actions that command. Where it opens no question and asks for nothing, text that follows is none
        of a command."""
        desk = self._desk
        if not self._counts(name, key):
            return
        before = len(desk.screen_stack), desk.awaited
        operator.do(name)
        if (len(desk.screen_stack), desk.awaited) == before and name not in TEXTLESS:
            self._run_on.begins(self._at)

    def _counts(self, name: str, key: str) -> bool:
        """Whether a command is meant: a key that is held down runs on through no steps, and nothing further begins
        before the engine has answered. What holds, ends or takes back is never made to wait."""
        desk = self._desk
        if key and self.held:
            if desk.said is None or desk.said.severity == "information":
                desk.say(Said(_("A key that is held down counts once."), "information"))
            return False
        if desk.awaited and name in BEGINNING:
            desk.keep_waiting()
            return False
        return True

    def _say_run_on(self) -> None:
        if self._desk.view().nothing_runs:
            # Nothing is commanded anyway, and what there is to know has been said.
            return
        text = _("What is typed behind it commands nothing.")
        said = self._desk.said
        if said is None:
            self._desk.say(Said(text, "warning"))
        elif text not in said.text:
            self._desk.say(Said(f"{said.text} {text}", said.severity))

    def _no_hands(self, event: events.Key) -> None:
        """A key that would command an engine elsewhere: here it is said that nothing is commanded."""
        view = self._desk.view()
        actions = view.settings.keys.of_mode("operator")
        if not any(action.commands and {event.key, event.character} & set(action.keys) for action in actions):
            return
        text = _("This screen only watches; commands need the helm: virada attach.")
        if self._desk.mode == "replay":
            text = _("This is a recording; nothing can be commanded in it.")
        elif view.nothing_runs:
            text = still_sentence(view)
        self._desk.say(Said(text, "warning"))
        self._run_on.begins(self._at)
