"""A Markdown checklist as a plan."""

from __future__ import annotations

from tui.importer.imported import Imported, ImportFailed
from tui.said import Said


def read_checklist(raw: bytes, source: str, *, language: str) -> Imported:
    """The plan of a checklist; `source` is the file's name, `language` that of the sentences in it. Raises ImportFailed
    for what is no text."""
    raise ImportFailed(Said("{source} holds no checklist.", source=source))
