"""Files of migration tools that hold an up part and a down part, told apart as the tool itself tells them.

A marker is a comment in a line of its own; what looks like one in a string or in COPY data is none. The rules are
those of goose 3, dbmate 2, sql-migrate 1, node-pg-migrate 8 and tern 2. A comment that only reads like a marker cuts
nothing; where the down part would be executed with the rest it is an error.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from tui.said import N_, Said
from tui.sql.script import line_comments, read_script

Part = Literal["up", "down", "whole"]
What = Literal["up", "down"]
PartCode = Literal[
    "almost_marker", "unclear_parts", "missing_up", "parts_out_of_order", "outside_parts", "substitution"
]

# A tool's own rule for a whole line. What stands behind up or down are its options.
_MARKERS: Final[dict[str, re.Pattern[str]]] = {
    "goose": re.compile(r"--[ \t-]*\+goose[ \t]*(up|down)[ \t-]*$", re.IGNORECASE),
    "dbmate": re.compile(r"--[ \t]*migrate:(up|down)(?:[ \t]+(.*))?$"),
    "sql-migrate": re.compile(r"-- \+migrate [ \t]*(Up|Down)(?:[ \t]+(.*))?$"),
    "node-pg-migrate": re.compile(r"[ \t]*--[ \t-]*(up|down)[ \t]+migration(.*)$", re.IGNORECASE),
    "tern": re.compile(r"---- create above / (drop) below ----"),
}
_ALMOST: Final[dict[str, re.Pattern[str]]] = {
    "goose": re.compile(r"[ \t]*--[ \t-]*\+[ \t]*goose[ \t]*(up|down)\b", re.IGNORECASE),
    "dbmate": re.compile(r"[ \t]*--[ \t-]*migrate[ \t]*:[ \t]*(up|down)\b", re.IGNORECASE),
    "sql-migrate": re.compile(r"[ \t]*--[ \t-]*\+[ \t]*migrate[ \t]*(up|down)\b", re.IGNORECASE),
}
_OTHERS: Final = re.compile(
    r"[ \t]*--[ \t+=#*/!@>[({-]*(?:(?:rambler|micrate|migrate|migration|schema|db)[ \t:.-]+)?"
    r"(ups?|downs?|undo|apply|deploy|forwards?|rollback|revert|backwards?)[ \t=#*/!<:\])}-]*$",
    re.IGNORECASE,
)
"""What further tools write: `-- rambler down`, `-- +micrate Down`, `-- //@UNDO`, `-- !Downs`, `-- ==== DOWN ====`."""
_UP_WORDS: Final = ("up", "apply", "deploy", "forward")
_ORDINARY_WORDS: Final = ("rollback", "revert", "backward")
"""Words that stand over all sorts of statements, and begin a part only where another word begins the opposite one."""
_GOOSE_OPTION: Final = re.compile(r"--[ \t-]*\+goose[ \t]*(no transaction|envsub on)[ \t-]*$", re.IGNORECASE)
_WORTH_A_LOOK: Final = re.compile(
    r"^[ \t]*--.*?(?:\+goose|migrate[ \t]*:|\+[ \t]*migrate|\bmigration|drop below|"
    r"\b(?:ups?|downs?|undo|rollback|revert|backwards?)\b)",
    re.IGNORECASE | re.MULTILINE,
)


_TEXTS: Final = {
    "almost_marker": N_(
        "{marker} is not written as {tool} wants its markers, and would cut nothing; correct it, or say `part: whole`."
    ),
    "unclear_parts": N_(
        "{marker} reads as if a part that takes the rest back began here; say `part: up`, `part: down` or "
        "`part: whole`."
    ),
    "missing_up": N_("{marker} begins a down part, and no marker of {tool} begins the up part; write that too."),
    "parts_out_of_order": N_("{tool} does not allow {marker} here; each up part is followed by its down part."),
    "outside_parts": N_("This statement stands before the first marker of {tool}, which does not execute it."),
    "substitution": N_("From here on {tool} puts in environment variables, and virada does not; write them out."),
}


class PartError(msgspec.Struct, frozen=True):
    """Why a file's parts cannot be taken for certain: its line (from 1), a stable code, the tool if it is known."""

    line: int
    code: PartCode
    tool: str = ""
    marker: str = ""

    @property
    def message(self) -> Said:
        return Said(_TEXTS[self.code], tool=self.tool, marker=f"`{self.marker}`")


class Span(msgspec.Struct, frozen=True):
    """A run of whole lines: offsets in characters, and its first and last line, from 1."""

    start: int
    end: int
    line: int
    end_line: int


class Parts(msgspec.Struct, frozen=True):
    """The parts of a file; `tool` is empty where only `part:` in the plan makes markers of its comments.

    `untransacted`: the line in which the file asks for no transaction, by part.
    """

    tool: str
    up: tuple[Span, ...]
    down: tuple[Span, ...]
    untransacted: dict[str, int] = {}
    errors: tuple[PartError, ...] = ()


class _Line(msgspec.Struct, frozen=True):
    """A comment in a line of its own."""

    start: int
    number: int
    text: str


class _Mark(msgspec.Struct, frozen=True):
    line: _Line
    what: What
    options: str = ""


def parts_of(text: str) -> Parts | None:
    """The parts of a file; None for an ordinary one, which has none."""
    if _WORTH_A_LOOK.search(text) is None:
        return None
    lines = _comments(text)
    for tool, pattern in _MARKERS.items():
        marks = _marks(tool, pattern, lines)
        if any(mark.what == "down" for mark in marks) and not (tool == "node-pg-migrate" and _a_sentence(text, marks)):
            return _parts(text, tool, marks, _errors(text, tool, marks, lines), lines)
    return _unclear(text, lines) or _up_alone(text, lines)


def part_text(text: str, part: Part | None) -> str:
    """What of a file is executed, in the lines in which it stands: the up part by default, all where there are none."""
    parts = None if part == "whole" else parts_of(text)
    if parts is None or (part is None and not parts.tool):
        return text if part != "down" else ""
    kept, position = [], 0
    for span in parts.down if part == "down" else parts.up:
        kept += ["\n" * text.count("\n", position, span.start), text[span.start : span.end]]
        position = span.end
    return "".join(kept)


def _comments(text: str) -> list[_Line]:
    found, number, counted = [], 1, 0
    for position in line_comments(text):
        start = text.rfind("\n", 0, position) + 1
        if text[start:position].strip(" \t\ufeff"):
            continue
        number += text.count("\n", counted, start)
        counted = start
        end = text.find("\n", start)
        line = text[start : len(text) if end < 0 else end]
        found.append(_Line(start, number, line.removeprefix("\ufeff").removesuffix("\r")))
    return found


def _marks(tool: str, pattern: re.Pattern[str], lines: list[_Line]) -> list[_Mark]:
    marks: list[_Mark] = []
    for line in lines:
        match = pattern.match(line.text)
        if match is None:
            continue
        what: What = "up" if match[1].lower().startswith(_UP_WORDS) else "down"
        # node-pg-migrate and tern look for the first of each, whatever comes later.
        if tool not in ("node-pg-migrate", "tern") or all(mark.what != what for mark in marks):
            marks.append(_Mark(line, what, (match[2] or "") if pattern.groups > 1 else ""))
    if tool == "tern" and marks:
        marks.insert(0, _Mark(_Line(0, 1, ""), "up"))
    return marks


def _a_sentence(text: str, marks: list[_Mark]) -> bool:
    """Whether a comment only happens to begin so: `-- Down migration: see …`, with no up part anywhere."""
    if any(mark.what == "up" for mark in marks):
        return False
    return bool(marks[0].options.strip()) or not _executes(text[marks[0].line.start :])


def _executes(text: str) -> bool:
    return any(statement.kind != "meta" for statement in read_script(text).statements)


def _errors(text: str, tool: str, marks: list[_Mark], lines: list[_Line]) -> list[PartError]:
    errors = []
    if all(mark.what != "up" for mark in marks):
        errors.append(PartError(marks[0].line.number, "missing_up", tool, marks[0].line.text.strip()))
    elif tool in ("goose", "dbmate"):
        wanted = "up"
        for at, mark in enumerate(marks):
            if mark.what != wanted or (tool == "goose" and at > 1):
                errors.append(PartError(mark.line.number, "parts_out_of_order", tool, mark.line.text.strip()))
            wanted = "down" if mark.what == "up" else "up"
    before = read_script(text[: marks[0].line.start]).statements
    if before:
        errors.append(PartError(before[0].line, "outside_parts", tool))
    for line in lines:
        almost = _ALMOST[tool].match(line.text) if tool in _ALMOST else None
        if almost is not None and _MARKERS[tool].match(line.text) is None:
            errors.append(PartError(line.number, "almost_marker", tool, line.text.strip()))
    return errors


def _unclear(text: str, lines: list[_Line]) -> Parts | None:
    """Comments that no tool takes for markers, but that read like some, before statements that would be executed."""
    for tool, pattern in (*_ALMOST.items(), ("", _OTHERS)):
        marks = _marks(tool, pattern, lines)
        down = next((mark for mark in marks if mark.what == "down"), None)
        if down is None or not _executes(text[down.line.start :]):
            continue
        alone = all(mark.what != "up" for mark in marks)
        if alone and down.line.text.strip(" \t+=#*/!@<>[](){}:-").lower().startswith(_ORDINARY_WORDS):
            continue
        if alone:
            marks.insert(0, _Mark(_Line(0, 1, ""), "up"))
        code: PartCode = "almost_marker" if tool else "unclear_parts"
        return _parts(text, "", marks, [PartError(down.line.number, code, tool, down.line.text.strip())], [])
    return None


def _up_alone(text: str, lines: list[_Line]) -> Parts | None:
    """A file of goose without a down part is executed whole, but its options count."""
    marks = _marks("goose", _MARKERS["goose"], lines)
    return _parts(text, "goose", [_Mark(_Line(0, 1, ""), "up")], [], lines) if marks else None


def _parts(text: str, tool: str, marks: list[_Mark], errors: list[PartError], lines: list[_Line]) -> Parts:
    untransacted: dict[str, int] = {}
    for line in lines if tool == "goose" else ():
        option = _GOOSE_OPTION.match(line.text)
        if option is not None and option[1].lower() == "no transaction":
            untransacted |= {"up": line.number, "down": line.number}
        elif option is not None:
            errors.append(PartError(line.number, "substitution", tool))
    spans: dict[What, list[Span]] = {"up": [], "down": []}
    last = text.count("\n") + (not text.endswith("\n"))
    for at, mark in enumerate(marks):
        if {"notransaction", "transaction:false"} & set(mark.options.split()):
            untransacted.setdefault(mark.what, mark.line.number)
        end, end_line = len(text), last
        if at + 1 < len(marks):
            end, end_line = marks[at + 1].line.start, marks[at + 1].line.number - 1
        spans[mark.what].append(Span(mark.line.start, end, mark.line.number, end_line))
    errors = sorted(errors, key=lambda error: error.line)
    return Parts(tool, tuple(spans["up"]), tuple(spans["down"]), untransacted, tuple(errors))
