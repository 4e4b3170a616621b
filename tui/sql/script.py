"""A SQL file as its statements, with their lines, inline COPY data and psql's backslash commands."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from tui.said import N_, Said
from tui.sql.lexer import BACKSLASH_STRINGS, COMPLETE, ENDS_ONLY, EVERY_TOKEN, Fault, complete
from tui.sql.meta_copy import parse_copy

MAX_WORDS: Final = 6

ErrorCode = Fault | Literal["unbalanced_parenthesis", "unterminated_body", "unterminated_copy", "text_after_copy"]


class Statement(msgspec.Struct, frozen=True):
    """One statement of a script.

    `text` is the exact source from the first to the last token, without the `;`; a hint comment (`/*+ … */`)
    in front belongs to it. `line` and `end_line` count from 1; `end_line` includes COPY data and its `\\.`.
    `words` are the first unquoted words in upper case, at most MAX_WORDS. `copy_data` is what follows a
    `COPY … FROM stdin`, line ends included. `meta` is a backslash command, for which `text` is the same. With
    `again` it sends a statement, and as there is none before it the last one is sent once more.
    """

    text: str
    line: int
    end_line: int
    kind: Literal["sql", "copy", "meta"] = "sql"
    words: tuple[str, ...] = ()
    copy_data: str | None = None
    meta: str | None = None
    again: bool = False


_TEXTS: Final[dict[ErrorCode, str]] = {
    "unterminated_string": N_("The string that begins here is not ended."),
    "unterminated_identifier": N_("The quoted identifier that begins here is not ended."),
    "unterminated_comment": N_("The comment that begins here is not ended."),
    "unterminated_dollar_quote": N_("The dollar-quoted string that begins here is not ended."),
    "unbalanced_parenthesis": N_("The parenthesis that opens here is not closed."),
    "unterminated_body": N_("The BEGIN ATOMIC body of the function that begins here has no END."),
    "unterminated_copy": N_("The data of COPY ... FROM stdin is not ended by a line with \\. alone."),
    "text_after_copy": N_("Remove what follows COPY ... FROM stdin; its data begins on the next line."),
}


class ScriptError(msgspec.Struct, frozen=True):
    """What keeps a script from being read for certain: at `line` (from 1) begins what does not end."""

    line: int
    code: ErrorCode

    @property
    def message(self) -> Said:
        return Said(_TEXTS[self.code])


class Script(msgspec.Struct, frozen=True):
    """A whole file; with `errors` the statements from the first error's line on are not to be trusted."""

    statements: tuple[Statement, ...]
    errors: tuple[ScriptError, ...] = ()
    empty: tuple[tuple[int, int], ...] = ()
    """Where a `;` ends nothing: its line, and how many statements stand before it."""


def read_script(text: str) -> Script:
    """Split the text of a SQL file as psql does. Never raises; what is wrong stands in `errors`."""
    return _Reader(text).read()


def line_comments(text: str) -> list[int]:
    """The offsets of the comments that begin with `--`; what looks like one in a string or in COPY data is none."""
    reader = _Reader(text)
    reader.comments = []
    reader.read()
    return reader.comments


_ROUTINE: Final = frozenset({"FUNCTION", "PROCEDURE"})
# A backslash command ends at the end of its line, or where the next one begins; neither counts inside quotes.
_META: Final = re.compile(
    r"""\\[^\s\\]*+(?:[^\r\n'"`\\]++|'(?:[^'\\\r\n]|\\[^\r\n]|'')*'?|"[^"\r\n]*+"?|`[^`\r\n]*+`?)*"""
)
_WHOLE_LINE: Final = re.compile(
    r"\\(?:!|copy|ef|ev|sf\+?|sv\+?|h|help)(?![^\s\\])[^\r\n]*+|\\(?:o|out|w|write|gx?(?:\s*\([^)\r\n]*\))?)\s*\|[^\r\n]*+"
)
# These send what was typed so far, as a `;` would.
_SENDING: Final = re.compile(
    r"\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind|bind_named|parse|sendpipeline)(?![a-z_])"
)
_RESET: Final = re.compile(r"\\r(?:eset)?(?![a-z_])")
_COPY: Final = re.compile(r"\\copy\s")
_REST_OF_LINE: Final = re.compile(r"([ \t\f\v]*+(?:--[^\r\n]*+)?)(?:\r?\n|\r?\Z)")
_END_OF_DATA: Final = re.compile(r"^\\\.\r?(?:\n|\Z)", re.MULTILINE)
_STRINGS_SETTING: Final = re.compile(
    r"SET\s+(?:SESSION\s+|(?P<local>LOCAL)\s+)?standard_conforming_strings\s*(?:=|\sTO\s)\s*'?(\w+)"
    r"|SELECT\b.*\bset_config\s*\(\s*'standard_conforming_strings'\s*,\s*'(\w+)'"
    r"|RESET\s+standard_conforming_strings",
    re.IGNORECASE | re.DOTALL,
)
_ENDING: Final = (["COMMIT"], ["END"], ["ROLLBACK"], ["ABORT"])
_OFF: Final = frozenset({"off", "false", "no", "0", "of", "f", "n"})


class _Reader:
    """One pass over a text; the fields between `start` and `atomic` are those of the statement being read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 1 if text.startswith("\ufeff") else 0
        self.statements: list[Statement] = []
        self.errors: list[ScriptError] = []
        self.comments: list[int] | None = None
        self.empty: list[tuple[int, int]] = []
        self.backslash_strings = False
        self.backslash_strings_after: bool | None = None
        self.counted = 0
        self.line = 1
        self.begin()

    def begin(self) -> None:
        self.start = -1
        self.end = -1
        self.hint = -1
        self.pieces: list[str] = []
        self.first = -1
        self.words: list[str] = []
        self.every_word = True
        self.previous = ""
        self.parens: list[int] = []
        self.atomic = 0
        self.routine = False
        self.copy = False
        self.copies_in = False

    def read(self) -> Script:
        text, size = self.text, len(self.text)
        while self.position < size:
            position = self.position
            if self.backslash_strings:
                pattern = BACKSLASH_STRINGS
            else:
                pattern = EVERY_TOKEN if self.every_word else ENDS_ONLY
            match = pattern.match(text, position)
            assert match is not None
            kind = match.lastgroup or "punct"
            self.position = end = match.end()
            if kind not in COMPLETE:
                kind, end, fault = complete(text, match, pattern)
                self.position = end
                if fault is not None:
                    self.errors.append(ScriptError(self.line_at(position), fault))
            if kind == "space":
                continue
            if kind == "comment":
                if self.start < 0 and text.startswith("/*+", position):
                    self.hint = position
                if self.comments is not None and text.startswith("--", position):
                    self.comments.append(position)
                continue
            if kind == "backslash":
                self.backslash(position)
                continue
            if kind == "dull":
                # White space at its end is not the statement's; there is always something else before it, or
                # nothing at all.
                end = position + len(text[position:end].rstrip(" \t\n\r\f\v"))
                if end > position:
                    self.end = end
                continue
            character = text[position] if kind == "punct" else ""
            if character == ";" and not self.parens and not self.atomic:
                if self.start < 0:
                    self.empty.append((self.line_at(position), len(self.statements)))
                self.finish(sent=True)
                continue
            if self.start < 0:
                self.start = self.hint if self.hint >= 0 else position
            self.end = end
            if kind == "word":
                if self.every_word:
                    self.word(text[position:end].upper())
            else:
                if character == "(":
                    self.parens.append(position)
                elif character == ")" and self.parens:
                    self.parens.pop()
                self.previous = character
        if self.parens:
            self.errors.append(ScriptError(self.line_of(self.parens[0]), "unbalanced_parenthesis"))
        elif self.atomic:
            self.errors.append(ScriptError(self.line_of(self.start), "unterminated_body"))
        self.finish(sent=False)
        errors = sorted(self.errors, key=lambda error: error.line)
        return Script(tuple(self.statements), tuple(errors), tuple(self.empty))

    def word(self, word: str) -> None:
        words = self.words
        if len(words) < MAX_WORDS:
            words.append(word)
            if len(words) == 1:
                self.copy = word == "COPY"
            elif not self.routine and words[0] == "CREATE":
                self.routine = words[1 if words[1] != "OR" else min(3, len(words) - 1)] in _ROUTINE
        if self.copy and not self.parens and word == "STDIN" and self.previous == "FROM":
            self.copies_in = True
        if self.routine and not self.parens and self.previous not in (".", "AS"):
            # BEGIN and END are no reserved names everywhere, so only BEGIN ATOMIC opens a body.
            if word == "ATOMIC" and self.previous == "BEGIN" and not self.atomic:
                self.atomic = 1
            elif self.atomic and word == "CASE":
                self.atomic += 1
            elif self.atomic and word == "END":
                self.atomic -= 1
        self.previous = word
        self.every_word = len(words) < MAX_WORDS or self.copy or self.routine

    def finish(self, *, sent: bool) -> None:
        """The statement being read ends here; without a token there is none. `sent`: something ended it."""
        if self.start >= 0:
            body = "".join(self.pieces) + self.text[self.start : self.end]
            body = body.rstrip() if self.pieces else body
            line = self.line_at(self.first if self.pieces else self.start)
            end_line = self.line_at(max(self.end, self.start) - 1)
            data: str | None = None
            if self.copies_in:
                data, end_line = self.copy_data(end_line, sent)
            kind: Literal["sql", "copy"] = "sql" if data is None else "copy"
            self.statements.append(Statement(body, line, end_line, kind, tuple(self.words), data))
            if "onforming_strings" in body[:2000].lower() and (setting := _STRINGS_SETTING.match(body)):
                if setting["local"] is None:
                    self.backslash_strings_after = None
                elif self.backslash_strings_after is None:
                    self.backslash_strings_after = self.backslash_strings
                self.backslash_strings = (setting[2] or setting[3] or "on").lower() in _OFF
            elif self.backslash_strings_after is not None and self.words[:1] in _ENDING and "TO" not in self.words:
                self.backslash_strings, self.backslash_strings_after = self.backslash_strings_after, None
        self.begin()

    def copy_data(self, line: int, sent: bool) -> tuple[str, int]:
        """The lines after the one in which COPY ended, up to `\\.`; moves behind them."""
        rest = _REST_OF_LINE.match(self.text, self.position)
        if rest is None:
            self.errors.append(ScriptError(line, "text_after_copy"))
            return "", line
        stop = _END_OF_DATA.search(self.text, rest.end()) if sent else None
        if stop is None:
            self.errors.append(ScriptError(line, "unterminated_copy"))
            data, self.position = self.text[rest.end() :], len(self.text)
            return data, line + data.count("\n")
        self.position = stop.end()
        return self.text[rest.end() : stop.start()], self.line_at(stop.start())

    def backslash(self, position: int) -> None:
        """A backslash command, alone on its line, after a statement or amid one."""
        text = self.text
        if text.startswith("\\;", position):
            # psql sends such a semicolon as part of one request; the parts are statements all the same.
            self.position = position + 2
            self.finish(sent=False)
            return
        match = _WHOLE_LINE.match(text, position) or _META.match(text, position)
        assert match is not None
        self.position = match.end() + 2 if text.startswith("\\\\", match.end()) else match.end()
        command = match.group().rstrip()
        if _RESET.match(command):
            # What was typed so far is forgotten.
            self.begin()
        sends = _SENDING.match(command) is not None
        again = sends and self.start < 0
        if sends and not again:
            self.finish(sent=True)
        line = self.line_at(position)
        data, end_line = None, line
        copy = parse_copy(command[5:]) if _COPY.match(command) else None
        if copy is not None and copy.place == "inline":
            # psql reads the data of this one from the script as well.
            data, end_line = self.copy_data(line, sent=True)
        self.statements.append(Statement(command, line, end_line, "meta", (), data, command, again))
        if self.start >= 0:
            # psql runs the command at once and goes on with the statement, so its text is cut out.
            if not self.pieces:
                self.first = self.start
            self.pieces.append(text[self.start : position])
            self.start = self.end = self.position

    def line_at(self, position: int) -> int:
        """The line of a position not before the last one asked for; positions before it are counted anew."""
        if position < self.counted:
            return self.line_of(position)
        self.line += self.text.count("\n", self.counted, position)
        self.counted = position
        return self.line

    def line_of(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1
