"""Named queries: the text of `<name>.sql`, comments included, so that a DBA who sees it running knows whose it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tui.onefile import held

_DIRECTORY = Path(__file__).parent
_NEWEST = 18


@cache
def query(name: str, server_version: int | None = None) -> str:
    """The text of a named query. For a server (150018) it is that of `NAME_15.sql` where there is one, which holds up
    to that version, else that of the next newer one, and at last `NAME.sql`. FileNotFoundError when there is none of
    this name."""
    held.whole(_DIRECTORY / f"{name}.sql")
    if server_version is not None:
        for major in range(server_version // 10000, _NEWEST):
            path = _DIRECTORY / f"{name}_{major}.sql"
            if path.exists():
                return path.read_text(encoding="utf-8")
    return (_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8")
