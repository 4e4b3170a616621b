"""What would make something measurable: a server's setting, and whether a reload is enough for it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.locale import _
from tui.postgres.connect import Session
from tui.postgres.errors import PostgresError

Setting = tuple[str, str]
"""Name and value, the value as it is written in postgresql.conf."""


async def settings_words(session: Session, wanted: Sequence[Setting]) -> str:
    """The settings in a sentence; empty where there are none. What each takes is what the server says of it."""
    if not wanted:
        return ""
    try:
        contexts = dict(await session.rows("setting_contexts", [[name for name, _value in wanted]]))
    except PostgresError:
        contexts = {}
    words = {
        "postmaster": _("the server has to be restarted"),
        "sighup": _("a reload is enough"),
        "superuser": _("a reload is enough"),
        "user": _("a reload is enough"),
        "superuser-backend": _("a reload is enough, for new sessions"),
        "backend": _("a reload is enough, for new sessions"),
    }
    unknown = _("what it takes is not known")
    told = (f"{name} = {value} ({words.get(contexts.get(name, ''), unknown)})"
            for name, value in wanted)  # fmt: skip
    return _("It can be measured with {settings}.").format(settings="; ".join(told))


def grant_words(role: str) -> str:
    """The sentence for a membership that lacks: it holds from the next connection on."""
    return _("It can be measured with GRANT {role}, without a reload.").format(role=role)
