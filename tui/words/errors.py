"""A recorded error in words: what lists, alarms and questions say of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UnsetType

from tui.locale import _, ngettext
from tui.run.errors import RecordedError
from tui.words.codes import REASON
from tui.words.figures import span, whole
from tui.words.said import told as told_words
from tui.words.waiting import lock_words


def error_words(error: RecordedError) -> str:
    """Not `visible` yet."""
    said = error_text(error.text, error.sqlstate, {} if isinstance(error.lock, UnsetType) else error.lock)
    return said + seen_words(error.source, error.relations, error.seen)


def seen_words(source: str, relations: Sequence[str], seen: Mapping[str, Any]) -> str:
    """Of an error of the application: on what, and how often since the change began and before; how often the server
    warned of the same. With what stands before it; empty where there is nothing to say."""
    count, seconds = seen.get("count"), seen.get("seconds")
    if source != "application" or not isinstance(count, int) or not isinstance(seconds, int | float):
        return f" (×{count})" if isinstance(count, int) and count > 1 else ""
    where = f" [{', '.join(map(str, relations))}]" if relations else ""
    text = ngettext(
        "{n} time in {span} since the change began, {before} in {before_span} before",
        "{n} times in {span} since the change began, {before} in {before_span} before", count,
    )  # fmt: skip
    if not seen.get("before_s"):
        text = ngettext(
            "{n} time in {span} since the change began; before is not known",
            "{n} times in {span} since the change began; before is not known", count,
        )  # fmt: skip
    before_s = seen.get("before_s")
    told = text.format(
        n=whole(count), span=span(float(seconds)), before=whole(int(seen.get("before") or 0)),
        before_span=span(float(before_s)) if isinstance(before_s, int | float) else "?",
    )  # fmt: skip
    return f"{where}; {told}"


def error_text(text: str | dict[str, Any], sqlstate: str | None = None, lock: Mapping[str, Any] = {}) -> str:
    """The server's own words, which have a SQLSTATE, or the words for the reason where it said none; and whose lock it
    was. Not `visible` yet."""
    is_reason = isinstance(text, str) and text in REASON and not sqlstate
    said = _(REASON[text]) if is_reason else told_words(text)  # type: ignore[index]
    whose = lock_words(lock)
    return f"{said}; {whose}" if whose else said
