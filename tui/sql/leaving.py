"""What SQL may do beside its transaction, and a psql script beside the one that was begun for it, judged from the text
and what it includes.

Behind that transaction its session may only read, so a script that ends it cannot change anything more, by whatever way
it does so. What is left are the ways that have to be written out: a session that may write again, and another session.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

_BLANK: Final = r"(?:\s|--[^\n]*\n|/\*.*?\*/)"
_BEYOND: Final = re.compile(rf"dblink|\b(?:to|from){_BLANK}+program\b", re.IGNORECASE | re.DOTALL)
_STAYS: Final = re.compile(
    # Functions whose work is not taken back with the transaction that called them.
    r"\b(?:setval|lo_export|pg_file_(?:write|rename|unlink|sync)|pg_(?:create|drop|copy)_(?:physical_|logical_)?replication_slot"
    r"|pg_replication_slot_advance|pg_replication_origin_(?:create|drop|advance)|pg_sync_replication_slots"
    r"|pg_logical_slot_get_(?:binary_)?changes|pg_switch_wal|pg_create_restore_point|pg_(?:start_backup|stop_backup)"
    r"|pg_backup_(?:start|stop)|pg_promote|pg_wal_replay_(?:pause|resume)|pg_reload_conf|pg_rotate_logfile"
    r"|pg_(?:cancel|terminate)_backend|pg_stat_reset\w*|pg_stat_statements_reset)"
    rf'"?{_BLANK}*\(',
    re.IGNORECASE | re.DOTALL,
)
_WRITES_AGAIN: Final = re.compile(
    # The words in one, put together by a query, or one of them from a variable or a format.
    rf"\bread(?:{_BLANK}|'\s*\|\|\s*')+(?:write\b|[:%])|read_only|\breset{_BLANK}+all\b|\bdiscard{_BLANK}+all\b",
    re.IGNORECASE | re.DOTALL,
)
_ANOTHER_SESSION: Final = re.compile(
    r"(?<!\\)\\(?:c(?:onnect)?(?![A-Za-z_])|!|(?:o|out|g|gx|w|write|copy|set|setenv|i|ir|include)\b[^\n]*[|`])"
)
_INCLUDES: Final = re.compile(r"(?<!\\)\\(i|ir|include|include_relative)(?![A-Za-z_])[ \t]*([^\n]*)")
_DEPTH: Final = 20


class Reach(Struct, frozen=True):
    """`outside`: it may change something although its transaction is not committed. `past_errors`: it may go on behind
    an error, because it speaks of the variable that makes psql stop."""

    outside: bool
    past_errors: bool


def reaches_beyond(text: str) -> bool:
    """Whether SQL has other sessions work, which commit whatever becomes of its own transaction: dblink, and programs
    that the server starts. Judged from the words: it may, not that it does."""
    return _BEYOND.search(text) is not None


def outlasts(text: str) -> bool:
    """Whether SQL may leave something behind although its transaction is taken back: what other sessions do for it, and
    what no transaction covers, as the value of a sequence. Numbers that `nextval` has given out are no such thing."""
    return reaches_beyond(text) or _STAYS.search(text) is not None


def reach(file: str, values: Iterable[str], read: Callable[[str], str]) -> Reach:
    """Of the script `file` with variables of these values. `read` gives the text of a file of the plan by its name, or
    raises OSError or UnicodeDecodeError: what is not known may do anything."""
    texts = list(values)
    try:
        _gather(file, read, texts, _DEPTH)
    except (OSError, UnicodeDecodeError, ValueError):
        return Reach(outside=True, past_errors=True)
    outside = any(_WRITES_AGAIN.search(text) or _ANOTHER_SESSION.search(text) or outlasts(text) for text in texts)
    return Reach(outside=outside, past_errors=any("ON_ERROR_STOP" in text for text in texts))


def _gather(file: str, read: Callable[[str], str], texts: list[str], depth: int) -> None:
    """Raises ValueError for an include that only a run can tell."""
    text = read(file)
    texts.append(text)
    for command, argument in _INCLUDES.findall(text):
        name = argument.strip().strip("'\"")
        if not depth or not name or any(character in name for character in ":`\\'\""):
            raise ValueError(argument)
        if command in ("ir", "include_relative"):
            name = posixpath.join(posixpath.dirname(file), name)
        _gather(name, read, texts, depth - 1)
