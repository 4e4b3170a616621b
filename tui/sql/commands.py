"""psql's backslash commands, versions 14 to 18: those that a step can do without a word, and those it cannot."""

from __future__ import annotations

import re
from typing import Final, Literal

Level = Literal["error", "warning"]

JUDGED: Final[dict[str, tuple[str, Level]]] = {
    **dict.fromkeys(("!",), ("runs_program", "error")),
    **dict.fromkeys(("c", "connect"), ("new_session", "error")),
    **dict.fromkeys(("cd",), ("changes_directory", "error")),
    **dict.fromkeys(("prompt",), ("asks_a_person", "error")),
    **dict.fromkeys(("password", "e", "edit", "ef", "ev"), ("needs_a_terminal", "error")),
    **dict.fromkeys(("startpipeline",), ("escapes_stop", "error")),
    **dict.fromkeys(("setenv",), ("setenv", "warning")),
}
"""Commands whose judgement does not depend on their arguments: the code of the objection and its level."""
OWN: Final = frozenset(
    {
        *(
            "i",
            "include",
            "ir",
            "include_relative",
            "copy",
            "lo_import",
            "lo_export",
            "o",
            "out",
            "g",
            "gx",
            "w",
            "write",
        ),
        *("s", "set", "unset", "getenv", "gset", "gexec", "watch", "encoding", "q", "quit"),
        *("if", "elif", "else", "endif", "restrict", "unrestrict"),
    }
)
"""Commands that are looked at with their arguments."""
WHOLE_LINE: Final = frozenset({"!", "copy", "h", "help", "ef", "ev", "sf", "sf+", "sv", "sv+"})
"""Commands to which quotes, backticks and variables of psql mean nothing."""
_HARMLESS: Final = frozenset(
    {
        *("a", "bind", "bind_named", "C", "close", "close_prepared", "conninfo", "copyright", "crosstabview", "echo"),
        *("endpipeline", "errverbose", "f", "flush", "flushrequest", "gdesc", "getresults", "h", "help", "H", "html"),
        *("lo_list", "lo_list+", "lo_unlink", "p", "parse", "print", "pset", "qecho", "r", "reset", "sendpipeline"),
        *("sf", "sf+", "sv", "sv+", "syncpipeline", "t", "T", "timing", "warn", "x", "?"),
    }
)
_LISTS: Final = re.compile(r"(?:d[A-Za-z]*|l|list|z)[+Sx]*")


def is_harmless(name: str) -> bool:
    """A command that only prints, or changes how the rest is printed."""
    return name in _HARMLESS or _LISTS.fullmatch(name) is not None
