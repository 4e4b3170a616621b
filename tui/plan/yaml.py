"""YAML into nodes that know their line and column: YAML 1.2 core scalars, duplicate keys refused, everything bounded.

PyYAML's event parser reads the syntax; nodes are composed here, because its own composer follows YAML 1.1 (`off` is
a boolean there and `22:30` a number), keeps the last of duplicate keys, and expands aliases without a bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tui.plan.problems import ProblemReport
from tui.said import N_, Quoted, Said

LONGEST_FILE = 4 * 2**20
"""Bytes; ten thousand steps with all their keys take less."""
DEEPEST = 40
MOST_EXPANDED = 10_000
"""Nodes that aliases may add, all together."""

_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS = _NULLS | set(_BOOLEANS)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TEXT, _PLAIN_TAGS = "tag:yaml.org,2002:str", {None, "!"}
_COLLECTIONS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


@dataclass(slots=True, eq=False)
class YamlNode:
    """A part of the document. `line`, `column` count from 1; `spot` is where a problem with it is reported.

    `size` counts the node and all below it, `height` the levels below it; `open` while it is being composed. A bare
    Node stands for a value about which a problem has been reported already.
    """

    line: int
    column: int
    spot: tuple[int, int] = field(init=False)
    size: int = field(default=1, init=False)
    height: int = field(default=1, init=False)
    open: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.spot = (self.line, self.column)


@dataclass(slots=True, eq=False)
class Scalar(YamlNode):
    """A single value: its text, and whether it was written plain (then it may be a number, true, false or null)."""

    text: str = ""
    plain: bool = False

    @property
    def value(self) -> str | int | float | bool | None:
        """The value by the core schema of YAML 1.2. Raises ValueError for a number no journal can hold."""
        text = self.text
        if not self.plain:
            return text
        if text in _NULLS:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if text[:1] not in "-+.0123456789":
            return text
        if _INT.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            if len(text) > 40 or not -(2**63) <= (number := int(text, base)) < 2**63:
                raise ValueError(text)
            return number
        if _FLOAT.fullmatch(text):
            real = float(text)
            if real in (float("inf"), float("-inf")):
                raise ValueError(text)
            return real
        if _SPECIAL.fullmatch(text):
            raise ValueError(text)
        return text


@dataclass(slots=True, eq=False)
class Sequence(YamlNode):
    items: list[YamlNode] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping(YamlNode):
    """Keys with their own nodes; a duplicate key was reported and is not here."""

    pairs: dict[str, tuple[Scalar, YamlNode]] = field(default_factory=dict)

    def get(self, key: str) -> YamlNode | None:
        pair = self.pairs.get(key)
        return None if pair is None else pair[1]


class _Stop(Exception):
    """A bound is passed: what is left of the document is not read."""


class _Frame:
    """A collection being composed; `key` is the key whose value comes next, `skip` that its value is dropped."""

    __slots__ = ("key", "node", "skip")

    def __init__(self, node: Mapping | Sequence) -> None:
        self.node = node
        self.key: Scalar | None = None
        self.skip = False


class _Composer:
    def __init__(self, report: ProblemReport) -> None:
        self.report = report
        self.root: YamlNode | None = None
        self.stack: list[_Frame] = []
        self.anchors: dict[str, YamlNode] = {}
        self.expanded = 0
        self.documents = 0

    def feed(self, event: Any, name: str) -> None:
        mark = event.start_mark
        at = (mark.line + 1, mark.column + 1)
        if name == "ScalarEvent":
            self.place(self.scalar(event, at))
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self.start(event, Mapping(*at) if name == "MappingStartEvent" else Sequence(*at), at)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            node: YamlNode = self.stack.pop().node
            node.open = False
            self.place(node)
        elif name == "AliasEvent":
            self.place(self.alias(event.anchor, at), aliased=True)
        elif name == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self.report.add("several-documents", at, Said("A plan is one YAML document; remove this further one."))
                raise _Stop

    def scalar(self, event: Any, at: tuple[int, int]) -> Scalar:
        tag = event.tag
        if tag not in _PLAIN_TAGS and tag != _TEXT:
            self.tag(tag, at)
        node = Scalar(*at, event.value, tag is None and event.implicit[0])
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def start(self, event: Any, node: Mapping | Sequence, at: tuple[int, int]) -> None:
        if event.tag not in _COLLECTIONS:
            self.tag(event.tag, at)
        if len(self.stack) >= DEEPEST:
            self.too_deep(at)
        node.open = True
        if event.anchor:
            self.anchors[event.anchor] = node
        self.stack.append(_Frame(node))

    def tag(self, tag: str, at: tuple[int, int]) -> None:
        self.report.add("yaml-tag", at, Said("The tag {tag} has no meaning in a plan; remove it.", tag=Quoted(tag)))

    def too_deep(self, at: tuple[int, int]) -> None:
        message = Said("This is nested deeper than {levels} levels; a plan needs far fewer.", levels=DEEPEST)
        self.report.add("yaml-depth", at, message)
        raise _Stop

    def alias(self, anchor: str, at: tuple[int, int]) -> YamlNode:
        node = self.anchors.get(anchor)
        if node is None:
            message = N_("The alias *{name} has no anchor &{name} before it.")
        elif node.open:
            message = N_("The alias *{name} lies inside its own anchor and would have no end.")
        else:
            self.expanded += node.size
            if self.expanded > MOST_EXPANDED:
                message = N_("Aliases make this document larger than {count} further values; write them out.")
                self.report.add("yaml-alias", at, Said(message, count=MOST_EXPANDED))
                raise _Stop
            if len(self.stack) + node.height > DEEPEST:
                self.too_deep(at)
            return node
        self.report.add("yaml-alias", at, Said(message, name=anchor[:80]))
        return YamlNode(*at)

    def place(self, node: YamlNode, aliased: bool = False) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        parent = frame.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif frame.key is None:
            self.key(frame, parent, node)
        else:
            if not frame.skip:
                if not aliased and not isinstance(node, Scalar) and node.line != frame.key.line:
                    node.spot = frame.key.spot
                parent.pairs[frame.key.text] = (frame.key, node)
            frame.key, frame.skip = None, False

    def key(self, frame: _Frame, parent: Mapping, node: YamlNode) -> None:
        frame.key, frame.skip = Scalar(node.line, node.column), True
        if not isinstance(node, Scalar):
            self.report.add("bad-key", node.spot, Said("A key must be a text, not a list or a mapping."))
            return
        frame.key = node
        if node.text == "<<" and node.plain:
            said = Said("Merge keys (<<) are not part of YAML 1.2; write the keys out.")
            self.report.add("bad-key", node.spot, said)
        elif not (node.text[:1] in _LETTERS and node.text not in _WORDS) and not self.is_text(node):
            said = Said("A key must be a text; write {key} in quotes.", key=Quoted(node.text))
            self.report.add("bad-key", node.spot, said)
        elif node.text in parent.pairs:
            message = N_("duplicate key {key}; the first one is in line {line}")
            first = parent.pairs[node.text][0].line
            self.report.add("duplicate-key", node.spot, Said(message, key=Quoted(node.text), line=first))
        else:
            frame.skip = False

    def is_text(self, node: Scalar) -> bool:
        try:
            return isinstance(node.value, str)
        except ValueError:
            return False


def _events(text: str, bounded: bool = True) -> Iterator[Any]:
    """The parser's events. `bounded`: by the fast parser, which may have a bound of its own on depth."""
    import yaml

    parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text) if bounded else yaml.SafeLoader(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def decode(raw: bytes, report: ProblemReport) -> str | None:
    """The text of a plan's bytes; None with a problem when they are no UTF-8, too many, or hold control characters."""
    if len(raw) > LONGEST_FILE:
        message = N_("The plan is larger than {limit} MiB; a plan names files, it does not hold them.")
        report.add("file-too-large", (1, 1), Said(message, limit=LONGEST_FILE // 2**20))
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8-sig", "replace")) + 1
        at = (before.count(b"\n") + 1, column)
        report.add("not-utf8", at, Said("This byte is not UTF-8; save the plan as UTF-8."))
        return None
    found = _FORBIDDEN.search(text)
    if found is not None:
        start = found.start()
        at = (text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        said = Said("The character U+{code} may not stand in a YAML file; remove it.", code=f"{ord(found[0]):04X}")
        report.add("yaml-syntax", at, said)
        return None
    return text


def compose(text: str, report: ProblemReport) -> YamlNode | None:
    """The root node of a YAML text; None with problems when it is none, or when a bound is passed."""
    import yaml

    composer = _Composer(report)
    try:
        for event in _events(text):
            composer.feed(event, type(event).__name__)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):
            # Newer parsers have a bound of their own and reach it while they look ahead, before any event.
            _too_deep(text, report)
            return None
        mark = error.problem_mark or error.context_mark
        at = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        report.add("yaml-syntax", at, _syntax(text, at, error.problem or error.context or ""))
        return None
    except yaml.YAMLError as error:
        report.add("yaml-syntax", (1, 1), _syntax(text, (1, 1), str(error).partition("\n")[0]))
        return None
    if composer.root is None or (isinstance(composer.root, Scalar) and composer.root.text == ""):
        report.add("empty-plan", (1, 1), Said("The plan is empty; plans/demo/plan.yaml is one to start from."))
        return None
    return composer.root


def _too_deep(text: str, report: ProblemReport) -> None:
    """Report where the document passes our own bound, which is far below any parser's."""
    composer = _Composer(report)
    try:
        for event in _events(text, bounded=False):
            composer.feed(event, type(event).__name__)
    except _Stop:
        pass


def _syntax(text: str, at: tuple[int, int], problem: str) -> Said:
    lines = text.split("\n", at[0])
    line = lines[at[0] - 1] if at[0] <= len(lines) else ""
    if line[at[1] - 1 : at[1]] == "\t" or "\\t" in problem:
        return Said("A tab cannot indent YAML; use spaces.")
    if problem == "mapping values are not allowed in this context":
        return Said("A colon and a space make a key, and no key may stand here; put the text in quotes.")
    return Said("This is not valid YAML: {problem}.", problem=problem)


def builtins(node: YamlNode) -> Any:
    """The node as dict, list, str, int, float, bool or None. Raises ValueError for a number no journal can hold."""
    if isinstance(node, Mapping):
        return {key: builtins(value) for key, (_key, value) in node.pairs.items()}
    if isinstance(node, Sequence):
        return [builtins(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None
