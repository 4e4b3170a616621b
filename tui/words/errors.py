"""A recorded error in words: what lists, alarms and questions say of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UnsetType

from tui.locale import _
from tui.run.errors import RecordedError
from tui.words.codes import REASON
from tui.words.said import told
from tui.words.waiting import lock_words


def error_words(error: RecordedError) -> str:
    """Not `visible` yet."""
    return error_text(error.text, error.sqlstate, {} if isinstance(error.lock, UnsetType) else error.lock)


def error_text(text: str | dict[str, Any], sqlstate: str | None = None, lock: Mapping[str, Any] = {}) -> str:
    """The server's own words, which have a SQLSTATE, or the words for the reason where it said none; and whose lock it
    was. Not `visible` yet."""
    is_reason = isinstance(text, str) and text in REASON and not sqlstate
    said = _(REASON[text]) if is_reason else told(text)  # type: ignore[index]
    whose = lock_words(lock)
    return f"{said}; {whose}" if whose else said
