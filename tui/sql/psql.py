"""A psql script read beforehand: the files it includes and copies in, its variables and conditions, what it would do.

It is read as psql would carry it out. Where only the moment can tell (a condition, a name that a query gives) every
branch is read, and what cannot be known is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from tui.said import Said
from tui.sql.classify import ends_transaction
from tui.sql.commands import JUDGED, OWN, WHOLE_LINE, is_harmless
from tui.sql.conditions import Conditions
from tui.sql.lexer import LETTER_OR_DIGIT
from tui.sql.meta import Meta, boolean, parse_meta
from tui.sql.objections import PSQL, objection
from tui.sql.parts import parts_of
from tui.sql.psql_files import FileCommands, FileRefused, PlanFiles
from tui.sql.review import Reviewer, ScriptFinding
from tui.sql.script import Script, Statement, read_script
from tui.sql.settings import settings
from tui.sql.variables import Variable, Variables, substitute, variables, written

Level = Literal["error", "warning"]
_NAME = re.compile(rf"{LETTER_OR_DIGIT}+")
_LONGEST = 100_000
"""A value that is longer is not followed: variables double quickly."""
_ASKING = (("SELECT",), ("WITH",), ("TABLE",), ("VALUES",), ("SHOW",), ("EXPLAIN",))
_UTF8 = ("utf8", "utf-8", "unicode", "auto")


def read_psql(name: str, source: PlanFiles, given: Mapping[str, str | None], *, single: bool) -> list[ScriptFinding]:
    """All that is to be said of the script `name` and of what it includes.

    `given` are the step's variables; None for a value that is not known. `single`: psql's -1.
    """
    script = _Script(source, given, single)
    try:
        script.file(name, source.text(name))
    except FileRefused as refused:
        script.refused(refused, 1)
    script.end()
    return script.findings


def objection_to_variable(name: str, value: str | None, *, single: bool) -> Said | None:
    """Why a variable that the step gives must not be given to psql, in one sentence."""
    if _NAME.fullmatch(name) is None:
        return objection("variable_name", name)
    code = _objection(name, value, single)
    return None if code is None or code[1] == "warning" else objection(code[0], f"{name}={value}")


def _objection(name: str, value: str | None, single: bool) -> tuple[str, Level] | None:
    """What setting one of psql's own variables does to the promise of a step; None for nothing."""
    on = boolean(value) if value else None if value is None else True
    match name:
        case "ON_ERROR_STOP" if on is not True:
            return "goes_on", "error"
        case "AUTOCOMMIT" if on is not True and not single:
            return "autocommit_off", "error"
        case "SINGLELINE" | "SINGLESTEP" if on is not False:
            return "reads_otherwise", "error"
        case "VERBOSITY" if value not in ("verbose", "sqlstate"):
            return "hides_sqlstate", "warning"
    return None


class _Place(msgspec.Struct):
    """The file that is being read."""

    name: str
    conditions: Conditions


class _Script:
    """One reading; `findings` in the order in which psql would come upon them."""

    def __init__(self, source: PlanFiles, given: Mapping[str, str | None], single: bool) -> None:
        self.findings: list[ScriptFinding] = []
        self.single = single
        self.variables = Variables(given)
        self.source = source
        self.files = FileCommands(self)
        self.reviewer = Reviewer("single" if single else "script", PSQL, by_psql=True)
        self.places: list[_Place] = []
        self._restricted = False
        self._sent: Statement | None = None
        self._autocommit_off: ScriptFinding | None = None
        self._uncommitted = 0
        self._encoding: tuple[str, ScriptFinding] | None = None
        self._conditional: set[str] = set()

    def file(self, name: str, text: str) -> None:
        """Read a file and what it includes."""
        place = _Place(name, Conditions())
        self.places.append(place)
        parts = parts_of(text)
        if parts is not None and parts.down:
            self.say(parts.down[0].line, "both_parts", "error" if parts.tool else "warning")
        script = read_script(text)
        for error in script.errors:
            self.findings.append(ScriptFinding(error.line, error.code, error.message, file=name))
        self._empty_after_copy(script)
        last = max((number for number, found in enumerate(script.statements) if found.meta is None), default=-1)
        for number, statement in enumerate(script.statements):
            self.step(statement, last=number > last)
        if place.conditions.open_line is not None:
            self.say(place.conditions.open_line, "if_unbalanced", what="\\if")
        self.places.pop()

    def _empty_after_copy(self, script: Script) -> None:
        """psql 18 takes what follows an empty statement for more data, when the last statement was a COPY."""
        for line, number in script.empty:
            while number and script.statements[number - 1].kind == "meta":
                number -= 1
            if number and script.statements[number - 1].kind == "copy":
                self.say(line, "empty_after_copy")

    def end(self) -> None:
        """What is wrong with how the script ends."""
        self.findings += self.reviewer.end()
        if self._autocommit_off is not None and self._uncommitted and not self.single:
            self.findings.append(self._autocommit_off)

    def say(self, line: int, code: str, level: Level = "error", **facts: str) -> None:
        """Object to something in a line of the file being read; the same only once."""
        finding = ScriptFinding(line, code, objection(code, own=PSQL, **facts), level, self.places[-1].name)
        if finding not in self.findings:
            self.findings.append(finding)

    def refused(self, refused: FileRefused, line: int) -> None:
        """A file that cannot be part of the plan: where it is named, or in itself."""
        if refused.line is not None or not self.places:
            self.findings.append(ScriptFinding(refused.line or line, refused.code, refused.message, file=refused.file))
        else:
            self.findings.append(ScriptFinding(line, refused.code, refused.message, file=self.places[-1].name))

    @property
    def stack(self) -> tuple[str, ...]:
        """The files that are being read, each included by the one before."""
        return tuple(place.name for place in self.places)

    @property
    def active(self) -> bool | None:
        """Whether what is being read is executed; None where that is not known."""
        known = [place.conditions.active for place in self.places]
        return False if False in known else None if None in known else True

    def step(self, statement: Statement, *, last: bool) -> None:
        """One statement or command; `last`: no statement follows it in its file."""
        if statement.meta is not None:
            self._command(statement, parse_meta(statement.meta, self.variables), last)
        elif self.active is not False:
            self._sql(statement)

    # SQL

    def _sql(self, statement: Statement, depth: int = 0) -> None:
        uses = variables(statement.text)
        for use in uses:
            self._use(statement, use)
        text = substitute(statement.text, self._value)
        if text != statement.text and depth < 3:
            # psql reads on in what it puts in, so that it may hold several statements, or end this one.
            made = read_script(text).statements
            for number, part in enumerate(made):
                copied = statement.copy_data if number == len(made) - 1 else None
                moved = msgspec.structs.replace(part, line=statement.line + part.line - 1, copy_data=copied)
                if moved.meta is not None:
                    self.step(moved, last=True)
                else:
                    self._sql(moved, depth + 1)
            return
        self._encode(statement)
        self._sent = statement
        self.reviewer.file = self.places[-1].name
        self.findings += self.reviewer.statement(statement)
        self._uncommitted = 0 if ends_transaction(statement) else self._uncommitted or statement.line
        for setting in settings(statement):
            if setting.name == "client_encoding" and setting.value is not None:
                self._set_encoding(statement.line, setting.value, statement.text)

    def _use(self, statement: Statement, use: Variable) -> None:
        line = statement.line + statement.text.count("\n", 0, use.start)
        shown = statement.text[use.start : use.end]
        try:
            value = self.variables.value(use.name) if use.form != "test" else ""
        except KeyError:
            if not use.in_brackets:
                self.say(line, "unset_variable", what=shown)
            return
        if value is None and use.form == "plain" and use.start == 0 and self.single:
            self.say(line, "unread", "warning", what=shown)

    def _value(self, use: Variable) -> str | None:
        if use.form == "test":
            is_set = self.variables.is_set(use.name)
            return None if is_set is None else "TRUE" if is_set else "FALSE"
        try:
            value = self.variables.value(use.name)
        except KeyError:
            return None
        return None if value is None else written(use.form, value)

    def _encode(self, statement: Statement) -> None:
        if self._encoding is None or (statement.text + (statement.copy_data or "")).isascii():
            return
        self.findings.append(self._encoding[1])
        self._encoding = None

    def _set_encoding(self, line: int, name: str, shown: str) -> None:
        self._encoding = None
        if name.strip("'\"").lower() not in _UTF8:
            said = objection("encoding", shown)
            self._encoding = (name, ScriptFinding(line, "encoding", said, file=self.places[-1].name))

    # Commands

    def _command(self, statement: Statement, meta: Meta, last: bool) -> None:
        line, shown = statement.line, statement.text
        if meta.name in ("if", "elif", "else", "endif"):
            self._condition(line, meta)
            return
        if self.active is False:
            return
        if self._restricted and meta.name != "unrestrict":
            self.say(line, "restricted", what=shown)
            return
        if any(argument.program for argument in meta.arguments) and meta.name not in WHOLE_LINE:
            self.say(line, "runs_program", what=shown)
        if meta.name not in WHOLE_LINE and not all(argument.ended for argument in meta.arguments):
            self.say(line, "unended_quote", what=shown)
            return
        if statement.copy_data is not None:
            self._encode(statement)
        if statement.again:
            self._again(line, shown)
        if meta.name == "prompt" and meta.arguments:
            self._assign(meta.arguments[-1].text, None)
        if meta.name in JUDGED:
            code, level = JUDGED[meta.name]
            self.say(line, code, level, what=shown)
        elif meta.name in OWN:
            self._own(line, shown, meta, last)
        elif not is_harmless(meta.name):
            self.say(line, "unknown_command", what=f"\\{meta.name}")

    def _again(self, line: int, shown: str) -> None:
        if self._sent is None:
            return
        if self._sent.kind == "copy":
            self.say(line, "copies_again", what=shown)
        elif self._sent.words[:1] not in _ASKING:
            self.say(line, "executes_again", "warning", what=shown)

    def _own(self, line: int, shown: str, meta: Meta, last: bool) -> None:
        match meta.name:
            case "set" if meta.arguments:
                self._set(line, shown, meta)
            case "unset" if meta.text(0) is not None:
                self._unset(line, shown, meta.text(0) or "")
            case "getenv":
                self._assign(meta.text(0), None)
                self.say(line, "from_environment", "warning", what=shown)
            case "gset":
                self.variables.open = True
            case "gexec" if self.single:
                self.say(line, "unread", "warning", what=shown)
            case "watch":
                counted = any((argument.text or "").startswith("c") for argument in meta.arguments)
                self.say(
                    line, "repeats_counted" if counted else "repeats", "warning" if counted else "error", what=shown
                )
            case "encoding" if meta.text(0) is not None:
                self._set_encoding(line, meta.text(0) or "", shown)
            case "q" | "quit":
                if not last:
                    level: Level = "warning" if self.places[-1].conditions.inside else "error"
                    self.say(line, "quits", level, what=shown)
            case "restrict" | "unrestrict":
                self._restricted = meta.name == "restrict"
            case _:
                self.files.command(line, shown, meta)

    def _set(self, line: int, shown: str, meta: Meta) -> None:
        texts = [argument.text for argument in meta.arguments[1:]]
        value = None if None in texts else "".join(text for text in texts if text is not None)
        if value is not None and len(value) > _LONGEST:
            value = None
        name = meta.text(0)
        self._assign(name, value)
        if name is not None:
            self._special(line, shown, name, value)

    def _unset(self, line: int, shown: str, name: str) -> None:
        if self.active is None:
            self.variables.set(name, None)
        else:
            self.variables.unset(name)
        # psql's switches are off when they are not set.
        self._special(line, shown, name, "off")

    def _assign(self, name: str | None, value: str | None) -> None:
        if name is None:
            self.variables.open = True
        else:
            self.variables.set(name, value if self.active is True else None)

    def _special(self, line: int, shown: str, name: str, value: str | None) -> None:
        found = _objection(name, value, self.single)
        if name == "AUTOCOMMIT":
            self._autocommit_off = self._autocommit_off if self._uncommitted else None
            if found is not None:
                said = objection(found[0], shown)
                self._autocommit_off = ScriptFinding(line, found[0], said, file=self.places[-1].name)
                self._uncommitted = 0
        elif found is not None:
            self.say(line, *found, what=shown)

    def _condition(self, line: int, meta: Meta) -> None:
        conditions = self.places[-1].conditions
        shown = f"\\{meta.name} {meta.rest}".rstrip()
        value: bool | None = False
        if meta.name in ("if", "elif") and conditions.asks(meta.name):
            value = self._judge(line, meta, shown)
        if meta.name == "if":
            conditions.begin(line, value)
        elif meta.name == "endif":
            if not conditions.end():
                self.say(line, "if_unbalanced", what=shown)
        elif not conditions.branch(True if meta.name == "else" else value, otherwise=meta.name == "else"):
            self.say(line, "if_unbalanced", what=shown)

    def _judge(self, line: int, meta: Meta, shown: str) -> bool | None:
        if any(argument.program for argument in meta.arguments):
            self.say(line, "runs_program", what=shown)
        texts = [argument.text for argument in meta.arguments]
        if None in texts:
            if self.places[-1].name not in self._conditional:
                self.say(line, "conditional", "warning", what=shown)
                self._conditional.add(self.places[-1].name)
            return None
        value = boolean(" ".join(text for text in texts if text is not None))
        if value is None:
            self.say(line, "if_not_boolean", what=shown)
        return bool(value)
