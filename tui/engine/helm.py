"""The helm: whose it is, and what its holder's commands make happen. One person holds it; all their clients command."""

from __future__ import annotations

import time

from tui.engine.amending import Amending
from tui.engine.recorder import Recorder
from tui.helm.protocol import Accepted, Coming, Refused, Welcome
from tui.journal.codes import DriveReason
from tui.journal.events import Event, HelmReleased, HelmTaken, StepEvent
from tui.journal.failure import JournalBroken, JournalFull
from tui.run.amend import ProposedPlan
from tui.run.commands import Amend, AnyCommand, Handover, Note, Rollback
from tui.run.decide import decide
from tui.run.driving import taken_over
from tui.run.order import Refusal
from tui.runs.person import Person
from tui.said import said_of, to_data


class Helm:
    """Carries out what clients ask (`tui.engine.helm_server.HelmHandler`). Nothing is done that was not recorded."""

    def __init__(self, recorder: Recorder, amending: Amending) -> None:
        self._recorder = recorder
        self._amending = amending
        self._clients: dict[str, str] = {}
        self._keeping: set[str] = set()
        """Clients that end nothing of what goes on by itself."""
        self.last_seen = time.monotonic()

    @property
    def clients(self) -> int:
        """How many clients are there now."""
        return len(self._clients)

    async def connected(self, person: Person, client_id: str, take: str | None, coming: Coming) -> Welcome | Refused:
        """A client of a person: a free helm is theirs; with a reason they take it from whoever has it. Who joins, and
        has the helm, drives from here on."""
        self.last_seen = time.monotonic()
        opened = self._recorder.state.opened
        run = "" if opened is None else opened.id
        refused = self._take(person, take, coming)
        self._clients[client_id] = person.label
        if coming == "keep":
            self._keeping.add(client_id)
        holder = self._recorder.state.helm
        if refused is not None and refused.code not in ("helm", "journal"):
            del self._clients[client_id]
            self._keeping.discard(client_id)
            return refused
        return Welcome(run=run, person=person.label, holds=holder == person.label, holder=holder)

    def _take(self, person: Person, reason: str | None, coming: Coming) -> Refused | None:
        state = self._recorder.state
        if state.closed is not None:
            return None
        joined = taken_over(state, DriveReason.JOINED) if coming == "join" else ()
        if state.helm == person.label:
            return self._record(joined, person) if joined else None
        if state.helm is not None and not reason:
            message = f"{state.helm} has the helm; take it with --take REASON"
            return Refused(code="helm", message=message, facts={"holder": state.helm})
        if not joined and reason and coming != "keep":
            joined = taken_over(state, DriveReason.TAKEN)
        return self._record((self._taken(person, reason), *joined), person)

    def _record(self, events: tuple[Event, ...], person: Person) -> Refused | None:
        try:
            self._recorder.append_all(events, by=person.label)
        except (JournalFull, JournalBroken) as error:
            return Refused(code="journal", message=str(error), facts={"said": to_data(said_of(error))})
        return None

    def _taken(self, person: Person, reason: str | None) -> HelmTaken:
        holder = self._recorder.state.helm
        return HelmTaken(person=person.label, account=person.account, reason=reason, taken_from=holder)

    async def command(
        self, person: Person, client_id: str, command: AnyCommand, take: str | None
    ) -> Accepted | Refused:
        """Decide and record; the engine's loop carries out what follows from it."""
        self.last_seen = time.monotonic()
        if not isinstance(command, Amend):
            return self._decided(person, client_id, command, take)
        async with self._amending.turn:
            try:
                proposal = await self._amending.proposed(command)
                if isinstance(proposal, Refusal):
                    return Refused(code=proposal.code, message=proposal.message, facts=proposal.facts)
                # Whatever happened while the plan was read is there when it is decided on.
                return self._decided(person, client_id, command, take, proposal)
            finally:
                self._amending.put_away(command)

    def _decided(
        self, person: Person, client_id: str, command: AnyCommand, take: str | None,
        proposal: ProposedPlan | None = None,
    ) -> Accepted | Refused:  # fmt: skip
        keeps = client_id in self._keeping
        refused = self._take(person, take, "keep" if keeps else "command")
        first: tuple[Event, ...] = ()
        if refused is not None:
            if refused.code != "journal" or not isinstance(command, Rollback):
                return refused
            # On a full disk the helm is taken together with the rollback, for which room is kept.
            first = (self._taken(person, take),)
        decision = decide(
            self._recorder.state, command, person.label, time.time(), keep_driving=keeps, proposal=proposal
        )
        if isinstance(decision, Refusal):
            return Refused(code=decision.code, message=decision.message, facts=decision.facts)
        refused = self._record((*first, *decision), person)
        if refused is not None:
            return refused
        if proposal is not None:
            self._amending.put_in_force()
        about = next((event for event in decision if isinstance(event, StepEvent)), None)
        seq = self._recorder.state.seq
        if about is not None:
            return Accepted(seq=seq, step=about.step, attempt=about.attempt)
        step = None if isinstance(command, (Handover, Note)) else getattr(command, "step", None)
        return Accepted(seq=seq, step=step)

    async def disconnected(self, person: Person, client_id: str) -> None:
        """The last client of the person at the helm gives it back."""
        self.last_seen = time.monotonic()
        label = self._clients.pop(client_id, None)
        self._keeping.discard(client_id)
        if label is None or label in self._clients.values() or self._recorder.state.helm != label:
            return
        if self._recorder.state.closed is not None:
            return
        try:
            self._recorder.append(HelmReleased(person=label), by=label)
        except (JournalFull, JournalBroken):
            return
