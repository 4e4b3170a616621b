"""Which locks a script asks for, on what, as far as its words tell; and what of it a subscriber does not get. Pure.

Judged statement by statement. What a function, a trigger or a statement put together at run time does is not seen; a
name that is a column's may be taken for a table's, and the server says which are tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from tui.sql.code import executed, is_routine, name_of
from tui.sql.lexer import Token, tokens
from tui.sql.made import MadeObject, made
from tui.sql.script import read_script
from tui.sql.touched import LONGEST

Mode = Literal[
    "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
    "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
]  # fmt: skip
MODES: Final[tuple[Mode, ...]] = Mode.__args__  # type: ignore[attr-defined]
"""As pg_locks names them, the weakest first."""
_AS, _RS, _RE, _SUE, _S, _SRE, _E, _AE = MODES
_CONFLICTS: Final[dict[Mode, tuple[Mode, ...]]] = {
    _AS: (_AE,), _RS: (_E, _AE), _RE: (_S, _SRE, _E, _AE), _SUE: (_SUE, _S, _SRE, _E, _AE),
    _S: (_RE, _SUE, _SRE, _E, _AE), _SRE: (_RE, _SUE, _S, _SRE, _E, _AE), _E: MODES[1:], _AE: MODES,
}  # fmt: skip

Change = Literal[
    "insert", "update", "delete", "truncate", "add_column", "drop_column", "change_column", "rename", "drop"
]
"""What is done to a table's rows or columns: of the former a publication tells, of the latter none."""


class Demand(Struct, frozen=True):
    """A lock on what bears a name, `schema.name` where it is qualified; of an index it may be the index's."""

    name: str
    mode: Mode


class StatementDemands(Struct, frozen=True, kw_only=True):
    """What one statement asks for. `command`: its first words. `concurrent`: it also waits for transactions that others
    have open, whatever they hold. `changes`: what it does to the tables of its first demands, by name. `partners`: what
    the foreign keys of its tables refer to is locked as they are, or when they are validated by ROW SHARE. `makes`:
    what it makes in a schema; it may ask for nothing else."""

    line: int
    command: str
    demands: tuple[Demand, ...] = ()
    changes: tuple[tuple[str, Change], ...] = ()
    concurrent: bool = False
    partners: Mode | None = None
    makes: MadeObject | None = None


def conflicting(mode: Mode) -> tuple[Mode, ...]:
    """The modes that a lock of this one waits for."""
    return _CONFLICTS[mode]


def strongest(modes: Iterable[Mode]) -> Mode | None:
    return max(modes, key=MODES.index, default=None)


def demanded(text: str) -> tuple[StatementDemands, ...] | None:
    """What a script asks for, statement by statement; those that ask for nothing are left out. None: it is too long to
    be looked through."""
    if len(text) > LONGEST:
        return None
    found = []
    for statement in read_script(text).statements:
        if is_routine(statement):
            # Of its body nothing is executed yet.
            parts = _read(tokens(statement.text))
            named = " ".join(("CREATE", statement.words[1 if statement.words[1] != "OR" else 3]))
            found.append(StatementDemands(line=statement.line, command=named, makes=made(parts)))
        for piece in executed(statement):
            seen = _Reader(piece.tokens, piece.line_of(piece.tokens[0])).read() if piece.tokens else None
            if seen is not None:
                found.append(seen)
    return tuple(found)


def _read(parts: Iterable[Token]) -> list[Token]:
    return [part for part in parts if part.kind not in ("space", "comment")]


class _Reader:
    """One statement."""

    def __init__(self, parts: Sequence[Token], line: int) -> None:
        self.line = line
        self.parts = _read(parts)
        self.words = [part.word for part in self.parts]
        self.demands: dict[str, Mode] = {}
        self.changes: dict[tuple[str, Change], None] = {}
        self.concurrent = "CONCURRENTLY" in self.words
        self.partners: Mode | None = None
        self.at = 0

    def read(self) -> StatementDemands | None:
        first = self.words[0] if self.words else ""
        length = {"ALTER": 2, "CREATE": 2, "DROP": 2, "COMMENT": 2, "REFRESH": 3}.get(first, 1)
        self.at = 1
        reading = getattr(self, f"_{first.lower()}", None) if first in _READ else None
        if reading is not None:
            reading()
        self._rows()
        makes = made(self.parts)
        if not self.demands and makes is None:
            return None
        return StatementDemands(
            line=self.line, command=" ".join(_NAMED.get(tuple(self.words[:2]), self.words[:length])),
            demands=tuple(Demand(name, mode) for name, mode in self.demands.items()), changes=tuple(self.changes),
            concurrent=self.concurrent and first in _CONCURRENT, partners=self.partners, makes=makes,
        )  # fmt: skip

    # -- the ways to go on ------------------------------------------------------------------------------------------

    def _word(self, ahead: int = 0) -> str:
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def _skip(self, *words: str) -> bool:
        """Over these words, each where it stands next."""
        begun = self.at
        for word in words:
            if self._word() == word:
                self.at += 1
        return self.at > begun

    def _to(self, *words: str) -> bool:
        """Behind the next of these words."""
        for at in range(self.at, len(self.words)):
            if self.words[at] in words:
                self.at = at + 1
                return True
        return False

    def _name(self, parts: int = 2) -> str:
        """The name that stands next, as the server folds it; the last of its parts."""
        names: list[str] = []
        while self.at < len(self.parts) and self.parts[self.at].kind in ("word", "quoted"):
            names.append(name_of(self.parts[self.at]))
            self.at += 1
            if self._word() != ".":
                break
            self.at += 1
        return ".".join(names[-parts:])

    def _names(self, mode: Mode, change: Change | None = None) -> None:
        while name := self._name():
            self._want(name, mode, change)
            self._skip("*")
            if not self._skip(","):
                break
            self._skip("ONLY")

    def _want(self, name: str, mode: Mode, change: Change | None = None) -> None:
        if name:
            known = self.demands.get(name)
            self.demands[name] = mode if known is None else strongest((known, mode)) or mode
            if change is not None:
                self.changes[name, change] = None

    # -- by the first word ------------------------------------------------------------------------------------------

    def _alter(self) -> None:
        what = self._word()
        if what in ("POLICY", "TRIGGER", "RULE"):
            self._to("ON")
            return self._names(_AE)
        if what == "PUBLICATION":
            return self._names(_SUE) if self._to("ADD") and self._skip("TABLE", "ONLY") else None
        self._skip("FOREIGN", "MATERIALIZED")
        if self._word() not in ("TABLE", "INDEX", "SEQUENCE", "VIEW"):
            return None
        self.at += 1
        self._skip("IF", "EXISTS", "ONLY")
        name = self._name()
        self._skip("*")
        if what == "INDEX":
            return self._want(name, _SUE)
        if what == "SEQUENCE":
            return self._want(name, _SRE)
        for action in self._actions():
            mode, change = _of_action(action)
            self._want(name, mode, change)
            if action[:2] in (["DROP", "CONSTRAINT"], ["VALIDATE", "CONSTRAINT"]):
                self.partners = _AE if action[0] == "DROP" else _RS
            self._beside(action)
        return None

    def _actions(self) -> Iterator[list[str]]:
        """What follows, up to each comma that stands in no brackets; the reader stands behind its first word."""
        begin, depth = self.at, 0
        for at in range(self.at, len(self.words) + 1):
            word = self.words[at] if at < len(self.words) else ","
            depth += (word == "(") - (word == ")")
            if (word == "," and depth <= 0) or at == len(self.words):
                self.at = begin
                yield self.words[begin:at]
                begin = at + 1

    def _beside(self, action: Sequence[str]) -> None:
        """The other table of a foreign key, or of a partition."""
        for word, mode in (("REFERENCES", _SRE), ("PARTITION", _AE)):
            if word in action and (word == "REFERENCES" or action[0] in ("ATTACH", "DETACH")):
                self.at += action.index(word) + 1
                self._want(self._name(), mode)
                return

    def _create(self) -> None:
        self._skip("OR", "REPLACE")
        words = self.words
        if "INDEX" in words[1:3]:
            if self._to("ON"):
                self._skip("ONLY")
                self._want(self._name(), _SUE if self.concurrent else _S)
        elif "TRIGGER" in words[1:5] or "POLICY" in words[1:3]:
            if self._to("ON"):
                self._want(self._name(), _SRE if "TRIGGER" in words[1:5] else _AE)
        elif "RULE" in words[1:4]:
            if self._to("TO"):
                self._want(self._name(), _AE)
        elif "STATISTICS" in words[1:2]:
            if self._to("FROM"):
                self._want(self._name(), _SUE)
        elif "TABLE" in words[1:4]:
            for word, mode in (("OF", _AE), ("INHERITS", _SUE), ("LIKE", _AS), ("REFERENCES", _SRE)):
                self.at = 1
                while self._to(word):
                    self._skip("(")
                    self._want(self._name(), mode)

    def _drop(self) -> None:
        what = self._word()
        if what in ("TRIGGER", "RULE", "POLICY"):
            self._to("ON")
            return self._want(self._name(), _AE)
        self._skip("FOREIGN", "MATERIALIZED")
        if self._word() not in ("TABLE", "INDEX", "VIEW", "SEQUENCE"):
            return None
        self.at += 1
        self._skip("CONCURRENTLY", "IF", "EXISTS")
        self.partners = _AE if what == "TABLE" else None
        return self._names(_SUE if self.concurrent else _AE, "drop" if what == "TABLE" else None)

    def _truncate(self) -> None:
        self._skip("TABLE", "ONLY")
        self._names(_AE, "truncate")

    def _lock(self) -> None:
        self._skip("TABLE", "ONLY")
        begun = self.at
        mode: Mode = _AE
        if self._to("IN"):
            words = []
            while self._word() not in ("MODE", ""):
                words.append(self._word().capitalize())
                self.at += 1
            mode = next((m for m in MODES if m == "".join(words) + "Lock"), _AE)
        self.at = begun
        self._names(mode)

    def _reindex(self) -> None:
        if self._word() == "(":
            self._to(")")
        if self._skip("INDEX", "TABLE"):
            self._skip("CONCURRENTLY")
            # Who reads the table locks its indexes, too.
            self._want(self._name(), _SUE if self.concurrent else _AE)

    def _vacuum(self) -> None:
        options: list[str] = []
        if self._word() == "(":
            begun = self.at
            self._to(")")
            options = self.words[begun : self.at]
        while self._skip("FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"):
            pass
        full = "FULL" in options or "FULL" in self.words[1 : self.at]
        self._names(_AE if full else _SUE)

    _analyze = _vacuum

    def _cluster(self) -> None:
        self._skip("VERBOSE")
        self._want(self._name(), _AE)

    def _refresh(self) -> None:
        self._skip("MATERIALIZED", "VIEW", "CONCURRENTLY")
        self._want(self._name(), _E if self.concurrent else _AE)

    def _comment(self) -> None:
        if self._skip("ON") and self._word() in ("TABLE", "COLUMN"):
            column = self._word() == "COLUMN"
            self.at += 1
            self._want(self._name(3).rpartition(".")[0] if column else self._name(), _SUE)

    def _copy(self) -> None:
        name = self._name()
        if "FROM" in self.words[self.at :]:
            self._want(name, _RE, "insert")
        else:
            self._want(name, _AS)

    def _rows(self) -> None:
        """What is read and written, wherever in the statement that stands."""
        if self.words[:1] and self.words[0] in _NO_ROWS:
            return
        locking = any(a == "FOR" and b in _ROW_LOCKS for a, b in zip(self.words, self.words[1:], strict=False))
        for at, word in enumerate(self.words):
            before = self.words[at - 1] if at else ""
            self.at = at + 1
            if word == "UPDATE" and before == "DO":
                # The table is the one that is inserted into.
                for name, change in list(self.changes):
                    if change == "insert":
                        self.changes[name, "update"] = None
            elif word == "UPDATE" and before not in ("FOR", "KEY", "ON", "OR", "AFTER", "BEFORE", "OF", "THEN"):
                self._skip("ONLY")
                self._want(self._name(), _RE, "update")
            elif word in ("INTO", "FROM") and before in ("INSERT", "MERGE", "DELETE"):
                self._skip("ONLY")
                name = self._name()
                for change in _WRITTEN[before] if before != "MERGE" else self._merged():
                    self._want(name, _RE, change)
            elif word in ("FROM", "JOIN", "USING") and self._word() not in ("(", "SELECT", "LATERAL", "STDIN", "ONLY"):
                self._names(_RS if locking else _AS)

    def _merged(self) -> tuple[Change, ...]:
        rest = self.words[self.at :]
        return tuple(c for c in _WRITES if c.upper() in rest)


_WRITES: Final[tuple[Change, ...]] = ("insert", "update", "delete")
_WRITTEN: Final[dict[str, tuple[Change, ...]]] = {"INSERT": ("insert",), "DELETE": ("delete",)}
_NO_ROWS: Final = frozenset(
    {
        "ALTER",
        "DROP",
        "TRUNCATE",
        "LOCK",
        "REINDEX",
        "VACUUM",
        "ANALYZE",
        "CLUSTER",
        "REFRESH",
        "COMMENT",
        "COPY",
        "SET",
    }
)
_READ: Final = (_NO_ROWS - {"SET"}) | {"CREATE"}
_CONCURRENT: Final = frozenset({"CREATE", "DROP", "REINDEX", "ALTER"})
_ROW_LOCKS: Final = ("UPDATE", "SHARE", "NO", "KEY")
_NAMED: Final[dict[tuple[str, ...], list[str]]] = {
    ("CREATE", "UNIQUE"): ["CREATE", "INDEX"], ("VACUUM", "FULL"): ["VACUUM", "FULL"],
    ("ALTER", "MATERIALIZED"): ["ALTER", "MATERIALIZED", "VIEW"],
    ("DROP", "MATERIALIZED"): ["DROP", "MATERIALIZED", "VIEW"],
}  # fmt: skip
_GENTLE: Final = (("VALIDATE",), ("CLUSTER", "ON"), ("SET", "WITHOUT", "CLUSTER"), ("SET", "("), ("RESET", "("))
_PARTS_OF_TABLES: Final = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE")


def _of_action(action: Sequence[str]) -> tuple[Mode, Change | None]:
    """Of one action of ALTER TABLE."""
    first, rest = action[0] if action else "", tuple(action)
    if any(rest[: len(words)] == words for words in _GENTLE):
        return _SUE, None
    if first in ("ATTACH", "DETACH"):
        return (_SUE if first == "ATTACH" or "CONCURRENTLY" in rest else _AE), None
    if first in ("ENABLE", "DISABLE") and "TRIGGER" in rest:
        return _SRE, None
    if first == "ADD" and "FOREIGN" in rest and rest[1] in ("CONSTRAINT", "FOREIGN"):
        return _SRE, None
    if first == "ADD" and rest[1:2] and rest[1] not in _PARTS_OF_TABLES:
        return _AE, "add_column"
    if first == "DROP" and rest[1:2] and rest[1] != "CONSTRAINT":
        return _AE, "drop_column"
    if first == "RENAME":
        return _AE, None if rest[1:2] == ("CONSTRAINT",) else "rename"
    if first == "ALTER" and "TYPE" in rest:
        return _AE, "change_column"
    if first == "ALTER" and "STATISTICS" in rest:
        return _SUE, None
    return _AE, None
