"""Passwords that somebody has written into a checklist: they are not written on. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.sql.disclosed import hidden

VARIABLE: Final = "${PASSWORD}"
"""What is written where a password stood: how the plan would have it."""
LONGEST_PIECE: Final = 1_500
_MAY_HOLD: Final = re.compile(r"://|pass|pwd|senha|contrase|secret|token|api.?key|authorization", re.IGNORECASE)
_URL: Final = re.compile(r"(://[^\s/:@]*:)([^\s/@]+)(?=@)")
_SETTING: Final = re.compile(
    r"(\b(?:pg)?(?:passw(?:or)?d|passwort|senha|contrasena|contraseña|pwd|secret|api[_-]?key|token)(?:\*\*"
    r"|`)?\s*[:=]\s*(?:\*\*)?\s*)"
    r"('[^']+'|\"[^\"]+\"|`[^`]+`|[^\s&'\"$`<\[_.(*|][^\s&'\"`|]{2,})",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(
    r"(\b(?:password|passwort|senha|contraseña|pwd)\s+(?:is|ist|é|es|lautet)\s+)((?=\S*[\d!@#$%&*])\S{4,})",
    re.IGNORECASE,
)
_OPTION: Final = re.compile(r"(--?(?:password|pass|pwd|token|secret)\s+)([^\s\-$`'\"<]\S*)", re.IGNORECASE)
_IN_SQL: Final = re.compile(r"(\bpassword\s+)('(?:[^']|'')+')", re.IGNORECASE)
_NAMED: Final = re.compile(r"\$\{?\w+\}?|\$\(.*|<[^<>]*>|\*+|\.+|_+|x+|\{\{.*|:'?\w+'?", re.IGNORECASE)
"""What stands for a password and is none."""


def redacted(line: str) -> str:
    """The line with passwords taken out; without one it is returned as it is."""
    if not _MAY_HOLD.search(line):
        return line
    if len(line) > LONGEST_PIECE:
        # Searches that grow faster than what is searched stay within a piece.
        return "".join(
            redacted(piece) for piece in re.findall(rf".{{1,{LONGEST_PIECE}}}(?= |$)|.{{1,{LONGEST_PIECE}}}", line)
        )

    def taken(found: re.Match[str]) -> str:
        return found[0] if _NAMED.fullmatch(found[2].strip("'\"`")) else f"{found[1]}{VARIABLE}"

    for pattern in (_URL, _SETTING, _IN_SQL, _SPOKEN, _OPTION):
        line = pattern.sub(taken, line)
    return hidden(line)


_HEADER: Final = re.compile(
    r"\**(?:password|passwort|senha|contraseña|kennwort|pwd|secret|token|api[ _-]?key)\**", re.IGNORECASE
)


def redacted_lines(lines: list[str]) -> list[str]:
    """The lines with passwords taken out, those in the columns of a table that are named so as well."""
    done: list[str] = []
    places: set[int] = set()
    for line in lines:
        if "|" not in line:
            places = set()
            done.append(redacted(line))
            continue
        cells = line.split("|")
        named = {place for place, cell in enumerate(cells) if _HEADER.fullmatch(cell.strip())}
        if named:
            places = named
        elif places:
            cells = [
                f" {VARIABLE} "
                if place in places and re.search(r"\w", cell) and not _NAMED.fullmatch(cell.strip())
                else cell
                for place, cell in enumerate(cells)
            ]
        done.append(redacted("|".join(cells)))
    return done
