"""Another run on the same target, as it is journaled where a run has to do with one. Neutral data."""

from __future__ import annotations

from msgspec import Struct

from tui.journal.codes import Standing

IN_THE_WAY: frozenset[str] = frozenset({
    Standing.ANNOUNCED, Standing.CHANGES_AHEAD, Standing.CHANGING, Standing.ROLLBACK_FAILED,
    Standing.ROLLBACK_PROPOSED, Standing.ROLLING_BACK, Standing.UNDECIDED,
})  # fmt: skip
"""Where a run stands while no other one is to begin beside it."""


class Seat(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run's session on the server, as that knows it. `since` (RFC 3339, UTC), `address` and `user` are empty where
    the asking role may not see them; `address` is `local` for a session through a Unix socket."""

    pid: int
    since: str = ""
    user: str = ""
    address: str = ""


class OtherRun(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of it. `run` is empty for a session that holds a key of ours and names no run.

    `opened` is RFC 3339; `target` is what its plan calls the target; `place` is where its server answered, if elsewhere
    than ours: a copy of a server has its identifier. `account` owns its directory, where that is not ours. `step` and
    `number` are those it stands at, `ahead` is how many changing steps it has before it. `host` and `pid` are its
    engine's, of which `alive` is None where nobody may know. `beside`: it was opened knowing of the run that looks.
    """

    run: str
    standing: str
    by: str = ""
    opened: str = ""
    plan: str = ""
    target: str = ""
    place: str = ""
    account: str = ""
    step: str | None = None
    number: str = ""
    ahead: int = 0
    host: str = ""
    pid: int | None = None
    alive: bool | None = None
    beside: bool = False
    session: Seat | None = None

    @property
    def name(self) -> str:
        """What it is known by: the run's id, or its session where it names no run."""
        return self.run or (f"pid {self.session.pid}" if self.session is not None else "")

    @property
    def in_the_way(self) -> bool:
        """Whether nothing is to begin beside it by itself."""
        return self.standing in IN_THE_WAY
