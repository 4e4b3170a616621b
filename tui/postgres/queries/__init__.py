"""Named queries: the text of `<name>.sql`, comments included, so that a DBA who sees it running knows whose it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_DIRECTORY = Path(__file__).parent


@cache
def query(name: str) -> str:
    """The text of a named query; FileNotFoundError when there is none of this name."""
    return (_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8")
