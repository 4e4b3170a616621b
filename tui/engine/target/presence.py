"""A run's own sign on the server that it is in the way of others: a key on its control session, as long as it is."""

from __future__ import annotations

from typing import Protocol

from tui.postgres import presence
from tui.postgres.identity import TargetIdentity
from tui.postgres.pooler import SETTLED
from tui.postgres.session import Session


class _Target(Protocol):
    identity: TargetIdentity | None

    @property
    def control_session(self) -> Session | None: ...

    async def control(self) -> Session: ...


class Presence:
    """It goes with its session, and is shown again on the next. Behind a pooler that lends servers there is none."""

    def __init__(self, target: _Target) -> None:
        self._target = target
        self._on: Session | None = None
        self.cleared: Session | None = None
        """The control session on which it was looked whether others are in the way, while it was shown there."""

    @property
    def shown(self) -> bool:
        """Whether it stands on the control session as it is."""
        return self._on is not None and self._on is self._target.control_session

    @property
    def possible(self) -> bool:
        """Whether the control session, once it is there, can hold a key."""
        identity = self._target.identity
        return identity is None or identity.pooler in SETTLED

    async def show(self) -> None:
        """On the control session, which is opened where there is none. Raises PostgresError."""
        control = await self._target.control()
        if self._on is control or not self.possible:
            return
        if await presence.show(control):
            self._on = control

    async def hide(self) -> None:
        """Raises PostgresError; it is gone then with its session."""
        on, self._on, self.cleared = self._on, None, None
        if on is not None and not on.closed:
            await presence.hide(on)
