"""What would make something measurable: a server's setting, and whether a reload is enough for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.postgres.errors import PostgresError
from tui.postgres.session import Session
from tui.said import N_, Joined, Said

Setting = tuple[str, str]
"""Name and value, the value as it is written in postgresql.conf."""
_TAKES: Final = {
    "postmaster": N_("the server has to be restarted"),
    "sighup": N_("a reload is enough"),
    "superuser": N_("a reload is enough"),
    "user": N_("a reload is enough"),
    "superuser-backend": N_("a reload is enough, for new sessions"),
    "backend": N_("a reload is enough, for new sessions"),
}
_UNKNOWN: Final = N_("what it takes is not known")


async def settings_words(session: Session, wanted: Sequence[Setting]) -> Said | None:
    """The settings in a sentence; None where there are none. What each takes is what the server says of it."""
    if not wanted:
        return None
    try:
        contexts = dict(await session.rows("setting_contexts", [[name for name, _value in wanted]]))
    except PostgresError:
        contexts = {}
    told = [
        Said(
            "{name} = {value} ({takes})",
            name=name,
            value=value,
            takes=Said(_TAKES.get(str(contexts.get(name)), _UNKNOWN)),
        )
        for name, value in wanted
    ]
    return Said("It can be measured with {settings}.", settings=Joined(told, "; "))


def grant_words(role: str) -> Said:
    """The sentence for a membership that lacks: it holds from the next connection on."""
    return Said("It can be measured with {statement}, without a reload.", statement=f"GRANT {role}")
