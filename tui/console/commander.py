"""Commands go to the helm in a thread of their own, answers come back as messages.

Nothing is shown as done because it was asked for: what happened comes from the journal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import SimpleQueue
from typing import Protocol

from textual.message import Message

from tui.console.feed.messages import Answered, HelmChanged
from tui.console.input.keymap import Keymap
from tui.helm.client import HelmError, HelmLost, HelmRefused, HelmTimeout, NoEngine, NotPermitted
from tui.helm.protocol import Accepted, Refused, Welcome
from tui.locale import _
from tui.pictures.view import StatusMessage
from tui.run.commands import AnyCommand
from tui.run.state import RunState
from tui.words.inert import visible
from tui.words.refusals import AnyRefusal, refusal_message, refusal_words
from tui.words.said import say
from tui.words.steps import name_of
from tui.words.stillness import nothing_runs


class HelmConnection(Protocol):
    """A connection to the engine, as `HelmClient` is one."""

    @property
    def welcome(self) -> Welcome: ...

    def request(self, command: AnyCommand, take: str | None = None, timeout: float = 10) -> Accepted | Refused: ...

    def close(self) -> None: ...


Connect = Callable[[str | None], HelmConnection]
"""A new connection; the argument is the reason for which the helm is taken, None to take nothing."""


EnsureEngine = Callable[[], str | None]
"""Starts an engine where none runs; returns or raises a sentence when it cannot."""


class Commander:
    """Sends commands one after the other. `post` must be safe to call from a thread."""

    def __init__(
        self, connect: Connect, post: Callable[[Message], object], state: Callable[[], RunState], keys: Keymap,
        ensure_engine: EnsureEngine | None = None, take: str | None = None,
    ) -> None:  # fmt: skip
        self._connect = connect
        self._post = post
        self._state = state
        self._keys = keys
        self._ensure_engine = ensure_engine
        self._take = take
        self._helm: HelmConnection | None = None
        self._orders: SimpleQueue[tuple[AnyCommand, str | None] | None] = SimpleQueue()
        self._again = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Connect and wait for orders."""
        # A daemon: a request that hangs must not keep the console from ending.
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="virada-helm", daemon=True)
        self._thread.start()

    def send(self, command: AnyCommand, take: str | None = None) -> None:
        self._orders.put((command, take))

    def forget(self) -> None:
        """Another engine is at work: what was connected is not any more. The next order connects anew, and not before,
        for a free helm is taken by whoever comes first."""
        self._again.set()

    def close(self) -> None:
        """No further orders; the helm is given back by the end of the connection."""
        self._orders.put(None)
        if self._helm is not None and not (self._thread is not None and self._thread.is_alive()):
            self._helm.close()

    def _run(self) -> None:
        if self._state().closed is None:
            said = self._connected(self._take)
            if said is not None:
                self._post(HelmChanged(None, said))
        while (order := self._orders.get()) is not None:
            command, take = order
            said = self._carry_out(command, take)
            self._post(Answered(command, said, refused=said.severity != "information"))
        if self._helm is not None:
            self._helm.close()

    def _connected(self, take: str | None) -> StatusMessage | None:
        """Make sure of a connection; a sentence when there is none. An engine is started for the first one alone: one
        that has ended under a person's eyes is nothing that a key brings back by the way."""
        if self._again.is_set():
            self._again.clear()
            if self._helm is not None:
                self._helm.close()
                self._helm = None
        if self._helm is not None:
            return None
        try:
            try:
                self._helm = self._connect(take)
            except NoEngine:
                if self._ensure_engine is None:
                    return self._nothing_runs()
                problem = self._started()
                if problem is not None:
                    return StatusMessage(visible(problem), "error")
                self._helm = self._connect(take)
        except (HelmError, OSError, ValueError) as error:
            return self._why(error)
        self._ensure_engine = None
        self._post(HelmChanged(self._helm.welcome.person))
        return None

    def _started(self) -> str | None:
        """An engine, started by whoever gave the console the means; why there is none, as a sentence."""
        assert self._ensure_engine is not None
        try:
            return self._ensure_engine()
        except Exception as error:
            # What starts engines lies outside the console; whatever stops it is told, and ends no screen.
            return say(error) or _("No engine could be started.")

    def _carry_out(self, command: AnyCommand, take: str | None) -> StatusMessage:
        said = self._connected(take)
        if said is not None:
            return said
        assert self._helm is not None
        try:
            answer = self._helm.request(command, take=take)
        except HelmTimeout:
            text = _("The engine has not answered in time; the journal shows whether it took the command.")
            return StatusMessage(text, "warning")
        except (HelmLost, OSError):
            self._helm = None
            text = _("The connection to the engine was lost before it answered; the journal shows what came of it.")
            return StatusMessage(text, "error")
        except HelmError as error:
            return self._why(error)
        if isinstance(answer, Refused):
            return StatusMessage(refusal_sentence(answer, self._state(), self._keys), "warning")
        return StatusMessage(_("Accepted."))

    def _why(self, error: Exception) -> StatusMessage:
        if isinstance(error, HelmRefused):
            return StatusMessage(refusal_sentence(error.refused, self._state(), self._keys), "warning")
        if isinstance(error, NotPermitted):
            return StatusMessage(_("This account may not command this run."), "error")
        if isinstance(error, NoEngine):
            return self._nothing_runs()
        return StatusMessage(say(error) or _("The engine cannot be reached."), "error")

    def _nothing_runs(self) -> StatusMessage:
        return StatusMessage(f"{nothing_runs()}. " + self._keys.keyed(_("{detach}, then virada attach")), "error")


def refusal_sentence(refusal: AnyRefusal, state: RunState, keys: Keymap) -> str:
    """Why, and what to do where the code tells; else the refusal's own English message."""

    def name(step: str) -> str:
        known = state.steps.get(step)
        return name_of(known) if known is not None else visible(step)

    words = refusal_words(refusal, name)
    if words is None:
        return refusal_message(refusal)
    hint = _hint(refusal.code, keys)
    return f"{words} {hint}" if hint else words


def _hint(code: str, keys: Keymap) -> str:
    match code:
        case "other-target":
            return keys.keyed(
                _("{hold} looks again; “accept what answers” in the palette ({palette}), where it can be.")
            )
        case "held":
            return keys.keyed(_("{hold} lets it go on."))
        case "sign":
            return keys.keyed(_("{sign} signs it."))
        case "sensed":
            return keys.keyed(_("{execute} executes it, {by_hand} records that it was done by hand."))
        case "helm":
            return keys.keyed(_("Take it with “take the helm” in the palette ({palette})."))
    return ""
