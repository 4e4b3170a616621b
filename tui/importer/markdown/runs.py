"""Lines that are items of a list without being one in Markdown: by a time at their head, `a)`, `1.1.`, a keycap; and
other things that people type: definitions, states, macros of code. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.commands import kind_of_line
from tui.importer.markdown.inline import STEP_WORDS, UNIT
from tui.importer.markdown.lines import ITEM_HEAD, SourceLine

_LETTER: Final = r"[^\W\d_]|[`*_\"“„(\[]"
_TIMED: Final = re.compile(
    r"\[?(?:[01]?\d|2[0-3])[:h][0-5]\d\]?(?:\s*(?:h|uhr|hrs|[ap]m|utc|gmt|[bcemw]e?s?[zt])\b)?\s*(?:[-–—:|]\s*)?(?=\s)"
    rf"\s+(?={_LETTER})"
    r"|\[?(?:t\s?)?[+-]\s?\d{1,3}(?::\d\d|\s*(?:h\s?\d{0,2}|m|min\w*|hours?|horas?))?\]?\s*(?:[-–—:|]\s*)?(?=\s)"
    rf"\s+(?={_LETTER})",
    re.IGNORECASE,
)
"""Such a line keeps its head, which tells when."""
_COUNTED: Final = re.compile(
    rf"(?:\(?[a-h][.)]|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}(?:[.)]|(?!\s*{UNIT}))|\d\ufe0f?\u20e3|\(\d{{1,2}}\)|\*\*\d{{1,2}}[.)]?\*\*[.)]?)\s+(?={_LETTER})"
)
_NUMBERED: Final = re.compile(r"\s{0,3}\d{1,3}[.)]\s")
_ASKED: Final = re.compile(
    r"\?\s*(?:\[ ?\]|[☐⬜□])\s*(?:yes|sí|sim|ja)\b\s*[/|]?\s*(?:\[ ?\]|[☐⬜□])\s*(?:no|não|nein)\b", re.IGNORECASE
)
_LEADERS: Final = re.compile(ITEM_HEAD + r"(\S.*?\S)\s*\.{4,}\s*[(\[]([ xX]?)[)\]]\s*(.*)")
"""`Backup ........ ( ) Ana  5 min`, as on a printed sheet."""
_SHORTCODES: Final = {
    ":white_check_mark:": "✅", ":heavy_check_mark:": "✔", ":ballot_box_with_check:": "☑",
    ":black_square_button:": "⬜", ":white_large_square:": "⬜", ":white_square_button:": "⬜", ":x:": "⬜",
}  # fmt: skip
_SHORT_BOX: Final = re.compile(rf"(\s*)(?:[-*+]\s+)?({'|'.join(_SHORTCODES)})\s*(?=\S)")
_SHORT_AHEAD: Final = re.compile(ITEM_HEAD + r"(?::[a-z][a-z0-9_+-]{0,30}:\s*)+(?=\S)")
_TIMED_BOX: Final = re.compile(
    ITEM_HEAD + r"(?:\[[ ]?\]\s+)?\[\s*(?P<time>~?\d[^\[\]()]{0,24})\](?!\()\s*(?P<rest>\S.*)"
)
_STEPPED: Final = re.compile(
    rf"(?:{STEP_WORDS})\s*(?:#|n[ro]\.?\s*)?\d{{1,3}}\s*(?:[:.)]|\s[–—-]|[–—])\s+(?={_LETTER})", re.IGNORECASE
)
_NO_ITEM: Final = re.compile(r"\s*(?:#|>|\||```|~~~)")
_MACRO: Final = re.compile(r"(\s*)\{(code|noformat|sql)(?::([^}]*))?\}\s*")
_STATES: Final = r"TODO|TO DO|OPEN|PENDING|DONE|FEITO|PENDENTE|PENDIENTE|HECHO|OFFEN|ERLEDIGT"
_FINISHED: Final = {"DONE", "FEITO", "HECHO", "ERLEDIGT"}
_STATE_AHEAD: Final = re.compile(
    rf"{ITEM_HEAD}(?:\*\*)?(?:\[(?P<in>{_STATES})\]|(?P<bare>{_STATES})(?=\s*[:–—-]))(?:\*\*)?"
    r"\s*[:–—-]?\s*(?=\S)"
)
_GOING: Final = re.compile(ITEM_HEAD + r"(?=\[?(?:WIP|DOING)\]?[\s:])")
"""What is under way is still open; that it is stays in its title."""
_STATE_BEHIND: Final = re.compile(rf"{ITEM_HEAD}(?:\[([ xX])\]\s+)?(\S.*?)\s+(?:[-–—]\s+)?\[(?P<in>{_STATES})\]\s*")
_DEFINED: Final = re.compile(r"\s{0,3}:\s+(\S.*)")
STATE: Final = re.compile(rf"\b(?:{_STATES})\b")


def with_items(lines: list[SourceLine]) -> list[SourceLine]:
    """The lines, those among them as Markdown has items. Each keeps its number."""
    return _in_runs(_defined(lines))


def _in_runs(lines: list[SourceLine]) -> list[SourceLine]:
    # One such line alone may be a sentence, or a heading.
    kinds = ["" if line.code else _kind(line.text) for line in lines]
    filled = [place for place, line in enumerate(lines) if not line.code and line.text[:1].strip()]
    follows = dict(pairwise(filled))
    before = {later: earlier for earlier, later in follows.items()}
    done: list[SourceLine] = []
    in_run = False
    for place, line in enumerate(lines):
        near = (follows.get(place), before.get(place))
        if kinds[place] and any(other is not None and kinds[other] == kinds[place] for other in near):
            text = line.text.strip() if kinds[place] == "timed" else _COUNTED.sub("", line.text.strip(), count=1)
            before_it = before.get(place)
            if before_it is not None and kinds[before_it] != kinds[place]:
                done.append(SourceLine(line.number, ""))
            done.append(SourceLine(line.number, f"1. {text}"))
            in_run = True
            continue
        if _stepped(lines, place):
            if place and lines[place - 1].text.strip() and not _stepped(lines, place - 1):
                done.append(SourceLine(line.number, ""))
            done.append(SourceLine(line.number, f"1. {line.text.strip()}"))
            in_run = True
            continue
        if not line.code and line.text[:1].strip():
            in_run = False
        text = line.text.strip()
        if in_run and line.text.startswith("    ") and not line.code and "`" not in text and kind_of_line(text):
            done.append(SourceLine(line.number, f"   `{text}`"))
        elif _ASKED.search(text) and not line.code and not re.match(r"[-*+|#>]|\d{1,3}[.)]\s", text):
            done.append(SourceLine(line.number, f"- [ ] {text}"))
        else:
            if _parted(lines, place):
                done.append(SourceLine(line.number, ""))
            done.append(line)
    return done


def _parted(lines: list[SourceLine], place: int) -> bool:
    """Whether a numbered line that does not begin with 1 stands directly below a title: Markdown takes it for text."""
    line, above = lines[place], lines[place - 1] if place else None
    if line.code or above is None or above.code or not _NUMBERED.match(line.text) or _NUMBERED.match(above.text):
        return False
    capitals = re.sub(r"[\W\d_]", "", above.text)
    return above.text[:1].isalpha() and len(capitals) > 3 and capitals.isupper()


def _kind(text: str) -> str:
    if text[:1] == " " or _NO_ITEM.match(text):
        return ""
    return "timed" if _TIMED.match(text) else "counted" if _COUNTED.match(text) else ""


def _stepped(lines: list[SourceLine], place: int) -> bool:
    """Whether a line is `Step 1: ...` and so is the line beside it: alone it is a heading."""
    if lines[place].code or _STEPPED.match(lines[place].text) is None:
        return False
    beside = [other for other in (place - 1, place + 1) if 0 <= other < len(lines)]
    return any(not lines[other].code and _STEPPED.match(lines[other].text) for other in beside)


def _defined(lines: list[SourceLine]) -> list[SourceLine]:
    """`Window` and below it `: 22:00` as one line."""
    done: list[SourceLine] = []
    for line in lines:
        found = None if line.code else _DEFINED.fullmatch(line.text)
        term = done[-1] if done else None
        if found is not None and term is not None and not term.code and re.match(r"[^\W\d_]", term.text):
            done[-1] = SourceLine(term.number, "" if term.number != line.number else term.text)
            words = term.text.strip().rstrip(":")
            done += [SourceLine(line.number, f"{words}: {found[1]}"), SourceLine(line.number, "")]
        else:
            done.append(line)
    return done


def with_time(text: str) -> str:
    """A line whose item begins with how long it takes, `[5 min]`, or when, as an open box with that behind it."""
    found = _TIMED_BOX.fullmatch(text) if "[" in text else None
    if found is None or (times.duration(found["time"]) is None and times.clock(found["time"]) is None):
        return text
    return f"{found[1]}[ ] {found['rest'].rstrip()} ({found['time'].strip()})"


def with_signs(text: str) -> str:
    """A line whose box is written as a word between colons, with the box itself."""
    found = _SHORT_BOX.match(text) if ":" in text else None
    return text if found is None else f"{found[1]}{_SHORTCODES[found[2]]} {text[found.end() :]}"


def with_fences(lines: list[SourceLine]) -> list[SourceLine]:
    """The lines, `{code:sql}` of another markup among them as fences, where each is closed."""
    macros = [line for line in lines if _MACRO.fullmatch(line.text)]
    if not macros or len(macros) % 2:
        return lines
    done: list[SourceLine] = []
    inside = False
    for line in lines:
        found = _MACRO.fullmatch(line.text)
        if found is not None:
            named = (found[3] or "").split("|")[0].removeprefix("language=")
            language = "" if "=" in named else named
            done.append(SourceLine(line.number, f"{found[1]}```{'' if inside else language}"))
            inside = not inside
        else:
            done.append(line)
    return done


def with_state(text: str) -> str:
    """A line whose item has a box instead of a state such as `TODO` or `[DONE]`."""
    leaders = _LEADERS.fullmatch(text)
    if leaders is not None:
        beside = "".join(f" ({part})" for part in re.split(r"\s{2,}", leaders[4].strip()) if part)
        return f"{leaders[1]}[{leaders[3].strip() or ' '}] {leaders[2]}{beside}"
    text = _SHORT_AHEAD.sub(r"\1", text) if ":" in text else text
    going = _GOING.match(text)
    if going is not None:
        return f"{going[1]}[ ] {text[going.end() :]}"
    found = _STATE_AHEAD.match(text)
    if found is not None:
        box = "x" if (found["in"] or found["bare"]) in _FINISHED else " "
        return f"{found[1]}[{box}] {text[found.end() :]}"
    behind = _STATE_BEHIND.fullmatch(text)
    if behind is not None:
        box = "x" if behind["in"] in _FINISHED else behind[2] or " "
        return f"{behind[1]}[{box}] {behind[3]}"
    return text
