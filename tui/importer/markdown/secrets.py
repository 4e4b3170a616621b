"""Passwords that somebody has written into a checklist: they are not written on. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.sql.disclosed import hidden

VARIABLE: Final = "${PASSWORD}"
"""What is written where a password stood: how the plan would have it."""
LONGEST_PIECE: Final = 1_500
_WORDS: Final = (
    r"passw(?:or)?d|passwort|kennwort|passphrase|palavra[- ]passe|senha|contrasena|contraseña|pwd|secret|token"
    r"|api[ _-]?key"
)
_MAY_HOLD: Final = re.compile(rf"://|pass|{_WORDS}|authorization", re.IGNORECASE)
_URL: Final = re.compile(r"(://[^\s/:@]*:)([^\s/@]+)(?=@)")
_SETTING: Final = re.compile(
    rf"(\b(?:pg)?(?:{_WORDS})(?:\*\*|`)?\s*[:=]\s*(?:\*\*)?\s*)"
    r"('[^']+'|\"[^\"]+\"|`[^`]+`|[^\s&'\"$`<\[_.(*|][^\s&'\"`|]{2,})",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(
    r"(\b(?:password|passwort|senha|contraseña|pwd)\s+(?:is|ist|é|es|lautet)\s+)((?=\S*[\d!@#$%&*])\S{4,})",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    rf"(\b(?:{_WORDS})(?:\*\*|`)?\s+(?P<about>(?:(?![:=])\S+\s+){{0,2}}(?![:=])[^\s:=]+)\s*[:=]\s*(?:\*\*)?\s*)"
    r"(?P<value>'[^']+'|\"[^\"]+\"|`[^`]+`|[^\s'\"$`<\[_(*|][^\s'\"`|]{2,})(?P<rest>[^|]*)",
    re.IGNORECASE,
)
"""`Password of the user app: ...`: with one to three words between them."""
_BINDS: Final = re.compile(
    r"(?:\(|for\b|of\b|do\b|da\b|dos\b|de\b|del\b|des\b|der\b|para\b|pra\b|für\b|vom\b|zum\b|zur\b|on\b|at\b|in\b|no\b|na\b|en\b"
    r"|im\b|auf\b|to\b|is\b|new\b|old\b|current\b|nova\b|novo\b|nueva\b|neu\w*\b)",
    re.IGNORECASE,
)
_NO_SECRET: Final = re.compile(
    r"(?:https?:.*|vault|keepass\w*|1password|bitwarden|lastpass|cofre|tresor|bóveda|boveda|tbd|n/?a|none|yes|no|ok|done|see|siehe"
    r"|ver|veja|ask|changed|rotated|trocada|geändert|cambiada)[.,;]*",
    re.IGNORECASE,
)
"""Where it is kept, and what became of it."""
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
    return hidden(_ABOUT.sub(_taken_about, line))


def _taken_about(found: re.Match[str]) -> str:
    """What stands behind a label that says whose password it is. A sentence is none; behind other words
    (`Password rotation: DBA`) only what looks like one."""
    written = found["value"].rstrip(",;.")
    value = written.strip("'\"`")
    looks = re.search(r"\d", value) is not None or re.search(r"[^\w.,;:)-]", value) is not None
    alone = written != found["value"] or re.match(r"\s*(?:$|[,;.)(|*])", found["rest"]) is not None
    whose = _BINDS.match(found["about"]) is not None and alone and len(value) > 3
    if _NAMED.fullmatch(value) or _NO_SECRET.fullmatch(value) or not (looks or whose):
        return found[0]
    return f"{found[1]}{VARIABLE}{found['value'][len(written) :]}{found['rest']}"


_HEADER: Final = re.compile(rf"\**(?:{_WORDS})(?:\s+{_BINDS.pattern}.{{0,30}})?\**:?", re.IGNORECASE)
_RULE: Final = re.compile(r"[\s|:-]*-[\s|:-]*")


def redacted_lines(lines: list[str]) -> list[str]:
    """The lines with passwords taken out, those in the columns of a table that are named so as well."""
    done: list[str] = []
    places: set[int] = set()
    for place_of, line in enumerate(lines):
        if "|" not in line:
            places = set()
            done.append(redacted(line))
            continue
        cells = line.split("|")
        named = {place for place, cell in enumerate(cells) if _HEADER.fullmatch(cell.strip())}
        heads = place_of + 1 < len(lines) and _RULE.fullmatch(lines[place_of + 1]) is not None
        if named:
            # A row of names and values, which may be the first of a table: what stands behind the name.
            behind = {next((n for n in range(place + 1, len(cells)) if cells[n].strip()), -1) for place in named}
            cells = [
                _hidden_cell(cell)
                if place in behind and len(cell.split()) == 1 and not (heads and _is_word(cell))
                else cell
                for place, cell in enumerate(cells)
            ]
        if named and heads:
            places = named
        elif places:
            cells = [_hidden_cell(cell) if place in places else cell for place, cell in enumerate(cells)]
        done.append(redacted("|".join(cells)))
    return done


def _hidden_cell(cell: str) -> str:
    bare = cell.strip()
    return f" {VARIABLE} " if re.search(r"\w", bare) and not _NAMED.fullmatch(bare) else cell


def _is_word(cell: str) -> bool:
    """Whether a cell is the name of a column rather than a value."""
    return re.fullmatch(r"\W*[^\W\d_]+\W*", cell) is not None
