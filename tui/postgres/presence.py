"""How runs show themselves to one another on the server: by the names of their sessions, and by advisory keys.

A run that is in the way of others (it has changing steps ahead, say) holds `way_key` on its control session as long as
it is, together with every other such run: between its steps as well, and for hosts that see no runs directory of its.
What has no session is not seen here: a run whose engine has ended, and whatever is behind a pooler that lends servers.
"""

from __future__ import annotations

import re

from msgspec import Struct

from tui.postgres.evidence import fence
from tui.postgres.session import Session

_NAME = re.compile(r"virada (\d{8}T\d{6}Z-[0-9a-f]{4}) (.+)")


class Sighting(Struct, frozen=True, kw_only=True):
    """A session that is a run's by its name, or holds one of our keys. `since` is UTC text; it, `user` and `address`
    are empty where our role may not see them."""

    pid: int
    since: str
    application: str
    user: str
    address: str
    changing: bool
    in_the_way: bool
    opening: bool

    @property
    def run(self) -> str:
        """The run's id, empty where the session's name has none: anybody may give a session any name."""
        found = _NAME.fullmatch(self.application)
        return "" if found is None else found[1]

    @property
    def is_control(self) -> bool:
        found = _NAME.fullmatch(self.application)
        return found is not None and found[2] == "control"


async def sightings(session: Session) -> list[Sighting]:
    """All of them but the asking session, the oldest first."""
    keys = {"first": fence.target_key(), "second": fence.way_key(), "third": fence.opening_key()}
    return [
        Sighting(
            pid=pid, since=since, application=application, user=user, address=address, changing=changing,
            in_the_way=in_the_way, opening=opening,
        )
        for pid, since, application, user, address, changing, in_the_way, opening
        in await session.rows("runs_here", keys)
    ]  # fmt: skip


async def show(session: Session) -> bool:
    """Take the key of those that are in the way; False where somebody holds it alone, who is none of us."""
    return bool((await session.rows("advisory_share", [fence.way_key()]))[0][0])


async def hide(session: Session) -> None:
    """Give it back."""
    await session.rows("advisory_unshare", [fence.way_key()])
