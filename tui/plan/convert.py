"""From nodes to typed structures, driven by the types themselves; every mistake is reported, none ends the reading.

A value that is wrong becomes INVALID; in a structure a placeholder stands in for it and its path is noted in `bad`,
so that the rules that look at the whole plan see all of it and say nothing twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct, inspect

from tui.plan import shapes
from tui.plan.files import Files
from tui.plan.problems import ProblemReport
from tui.plan.scalars import PARSERS
from tui.plan.words import described, found, number_hint, wrong_scalar
from tui.plan.yaml import Mapping, Scalar, Sequence, YamlNode, builtins
from tui.said import N_, Joined, Quoted, Said, said_of, several


class Invalid(Enum):
    INVALID = 0


INVALID = Invalid.INVALID
Reader = Callable[[YamlNode, str], Any]


class Converter:
    """Converts nodes; `positions` and `keys` know where every value and its key stand, by path.

    `readers` take over for types that people write differently from how the model holds them.
    """

    def __init__(self, report: ProblemReport, files: Files) -> None:
        self.report = report
        self.files = files
        self.positions: dict[str, tuple[int, int]] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        self.bad: set[str] = set()
        self.readers: dict[type[Struct], Reader] = {}

    def convert(self, node: YamlNode, t: inspect.Type, path: str) -> Any:
        """The value of a node as type `t`, or INVALID after a problem was reported."""
        self.positions[path] = node.spot
        value = self._convert(node, t, path)
        if value is INVALID:
            self.bad.add(path)
        return value

    def _convert(self, node: YamlNode, t: inspect.Type, path: str) -> Any:
        t, scalar = shapes.unwrap(t)
        if type(node) is YamlNode:
            return INVALID
        if isinstance(t, inspect.UnionType):
            return self._union(node, t, path)
        if isinstance(t, inspect.StructType):
            reader = self.readers.get(t.cls)
            return reader(node, path) if reader is not None else self.struct(node, t.cls, path)
        if isinstance(t, inspect.AnyType):
            return self._any(node)
        if isinstance(t, inspect.DictType):
            return self._dict(node, t, path)
        if isinstance(t, inspect.CollectionType):
            return self._collection(node, t, path)
        if not isinstance(node, Scalar):
            return self.wrong(node, described(t, scalar))
        return self._scalar(node, t, scalar)

    def wrong(self, node: YamlNode, expected: str | Said, hint: str | Said = "") -> Invalid:
        """Report that something else was expected here."""
        message = Said("expected {expected}, not {found}", expected=expected, found=found(node))
        self.report.add("wrong-type", node.spot, Joined((message, hint), "; ") if hint else message)
        return INVALID

    def struct(self, node: YamlNode, cls: type[Struct], path: str) -> Any:
        """A structure of the model or of a kind; missing and wrong values are reported and stood in for."""
        if not isinstance(node, Mapping):
            keys = ", ".join(shapes.fields(cls))
            return self.wrong(node, Said("a mapping with keys such as {keys}", keys=keys))
        return self.build(cls, node, self.pairs(node, cls, path))

    def pairs(self, node: Mapping, cls: type[Struct], path: str) -> dict[str, Any]:
        """The values of a mapping by the struct's field names; unknown and missing keys are reported."""
        known = shapes.fields(cls)
        prefix = f"{path}." if path else ""
        values: dict[str, Any] = {}
        meant: set[str | None] = set()
        for key, (key_node, value_node) in node.pairs.items():
            field = known.get(key)
            if field is None:
                meant.add(self.unknown(key, key_node, list(known), shapes.NOT_YET.get(cls, ())))
                continue
            self.keys[prefix + key] = key_node.spot
            value = self.convert(value_node, field.type, prefix + key)
            if value is not INVALID:
                values[field.name] = value
        self.missing(node, cls, path, meant)
        return values

    def build(self, cls: type[Struct], node: YamlNode, values: dict[str, Any]) -> Any:
        """The structure of these values, with placeholders for what is missing."""
        for field in shapes.fields(cls).values():
            if field.required and field.name not in values:
                values[field.name] = shapes.placeholder(field.type)
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:
            self.report.add("bad-value", node.spot, said_of(error))
            return INVALID

    def unknown(self, key: str, key_node: Scalar, known: list[str], not_yet: tuple[str, ...]) -> str | None:
        """Report a key that is not known here; returns the key that was probably meant."""
        if key in not_yet:
            message = Said("{key} is not supported by this version yet; remove it.", key=Quoted(key))
            self.report.add("not-supported-yet", key_node.spot, message)
            return None
        guess = self.report.guess(key, known)
        if guess is not None:
            message = Said("unknown key {key}; did you mean {guess}?", key=Quoted(key), guess=Quoted(guess))
        elif len(known) > 12:
            message = Said("unknown key {key}", key=Quoted(key))
        else:
            message = Said("unknown key {key}; known here: {known}", key=Quoted(key), known=", ".join(known))
        self.report.add("unknown-key", key_node.spot, message)
        return guess

    def missing(self, node: Mapping, cls: type[Struct], path: str, meant: set[str | None]) -> None:
        """Report required keys that are not there, unless an unknown key was probably meant to be one of them."""
        for key in shapes.required(cls):
            if key not in node.pairs:
                self.bad.add(f"{path}.{key}" if path else key)
                if key not in meant:
                    message = N_("missing key {key}: {expected}")
                    expected = described(*shapes.unwrap(shapes.fields(cls)[key].type))
                    at = (node.line, node.column)
                    self.report.add("missing-key", at, Said(message, key=Quoted(key), expected=expected))
        choice = shapes.CHOICES.get(cls)
        if choice is not None:
            self._choice(node, *choice, meant)
        for key in shapes.ONLY_TRUE.get(cls, ()):
            value = node.get(key)
            if isinstance(value, Scalar) and value.plain and value.text.lower() == "false":
                message = N_("{key} says something only when it is true; write 'true' or remove the key.")
                self.report.add("bad-value", value.spot, Said(message, key=Quoted(key)))

    def _choice(self, node: Mapping, names: tuple[str, ...], must: bool, meant: set[str | None]) -> None:
        present = [key for key in node.pairs if key in names]
        listed = ", ".join(names)
        if len(present) > 1:
            message = N_("exactly one of {names} may be written here; {first} is there already")
            text = Said(message, names=listed, first=Quoted(present[0]))
            self.report.add("one-of", node.pairs[present[1]][0].spot, text)
        elif must and not present and not meant.intersection(names):
            said = Said("exactly one of {names} must be written here", names=listed)
            self.report.add("one-of", (node.line, node.column), said)

    def _any(self, node: YamlNode) -> Any:
        try:
            return builtins(node)
        except ValueError:
            return self.wrong(node, Said("a number that fits in 64 bits"), Said("write it in quotes"))

    def _dict(self, node: YamlNode, t: inspect.DictType, path: str) -> Any:
        if not isinstance(node, Mapping):
            return self.wrong(node, described(t, None))
        values: dict[str, Any] = {}
        for key, (key_node, value_node) in node.pairs.items():
            self.keys[f"{path}.{key}"] = key_node.spot
            value = self.convert(value_node, t.value_type, f"{path}.{key}")
            if value is not INVALID:
                values[key] = value
        return values

    def _collection(self, node: YamlNode, t: inspect.CollectionType, path: str) -> Any:
        if not isinstance(node, Sequence):
            hint: str | Said = ""
            if isinstance(node, Scalar) and node.text and len(node.text) < 40:
                hint = Said("write [{value}]", value=node.text)
            return self.wrong(node, described(t, None), hint)
        values = [self.convert(item, t.item_type, f"{path}.{n}") for n, item in enumerate(node.items)]
        sound = [value for value in values if value is not INVALID]
        least = t.min_length or 0
        if len(node.items) < least:
            message = several(
                "this list needs at least {count} entry", "this list needs at least {count} entries", least
            )
            self.report.add("bad-value", node.spot, message)
            return INVALID
        kinds: dict[type[inspect.Type], Callable[[list[Any]], Any]] = {
            inspect.ListType: list, inspect.SetType: set, inspect.FrozenSetType: frozenset
        }  # fmt: skip
        return kinds.get(type(t), tuple)(sound)

    def _union(self, node: YamlNode, t: inspect.UnionType, path: str) -> Any:
        if isinstance(node, Scalar) and node.plain and t.includes_none and _value(node) is None:
            return None
        possible = shapes.members(t)
        fitting = possible if len(possible) == 1 else [m for m in possible if fits(node, m)]
        if not fitting:
            return self.wrong(node, Joined((described(*shapes.unwrap(m)) for m in possible), N_(" or ")))
        for member in fitting[:-1]:
            mark = self.report.mark()
            value = self._convert(node, member, path)
            if self.report.mark() == mark:
                return value
            self.report.rewind(mark)
        return self._convert(node, fitting[-1], path)

    def _scalar(self, node: Scalar, t: inspect.Type, scalar: str | None) -> Any:
        value = _value(node)
        if value is INVALID:
            return self.wrong(node, described(t, scalar), number_hint(node, t, scalar))
        if scalar in PARSERS:
            return self._written(node, t, scalar, value)
        if isinstance(t, inspect.LiteralType):
            return self._literal(node, t, value)
        fitting = {
            inspect.StrType: isinstance(value, str),
            inspect.BoolType: isinstance(value, bool),
            inspect.IntType: isinstance(value, int) and not isinstance(value, bool),
            inspect.FloatType: isinstance(value, int | float) and not isinstance(value, bool),
        }.get(type(t))
        if fitting is None:
            return self._other(node, t, value)
        if not fitting:
            return self.wrong(node, described(t, scalar), number_hint(node, t, scalar))
        if scalar == "file":
            name = self.files.claim(str(value), node.spot)
            return INVALID if name is None else name
        return self._bounded(node, t, float(value) if isinstance(t, inspect.FloatType) else value)

    def _written(self, node: Scalar, t: inspect.Type, scalar: str, value: Any) -> Any:
        number: Any = None
        if isinstance(value, str):
            try:
                number = PARSERS[scalar](value)
            except (ValueError, OverflowError):
                number = math.nan
            if not math.isfinite(number):
                self.report.add(f"bad-{scalar}", node.spot, wrong_scalar(scalar, value))
                return INVALID
        elif isinstance(value, bool) or value is None:
            pass
        elif scalar == "quantity" or (scalar == "duration" and value == 0):
            number = float(value)
        if number is None:
            self.report.add(f"bad-{scalar}", node.spot, self._unitless(node, t, scalar))
            return INVALID
        return self._bounded(node, t, number)

    def _unitless(self, node: Scalar, t: inspect.Type, scalar: str) -> Said:
        message = Said("expected {expected}, not {found}", expected=described(t, scalar), found=found(node))
        hint = number_hint(node, t, scalar)
        return Joined((message, hint), "; ") if hint else message

    def _literal(self, node: Scalar, t: inspect.LiteralType, value: Any) -> Any:
        for allowed in t.values:
            if value == allowed and type(value) is type(allowed):
                return value
        names = [str(allowed) for allowed in t.values]
        guess = self.report.guess(node.text, names)
        message = N_("{value} is not one of: {allowed}")
        if guess is not None:
            message = N_("{value} is not one of: {allowed}; did you mean {guess}?")
        text = Said(message, value=Quoted(node.text), allowed=", ".join(names), guess=Quoted(guess or ""))
        self.report.add("bad-value", node.spot, text)
        return INVALID

    def _bounded(self, node: Scalar, t: inspect.Type, value: Any) -> Any:
        message: Said | None = None
        if isinstance(t, inspect.IntType | inspect.FloatType):
            if t.ge is not None and value < t.ge:
                message = Said("this must be at least {limit}", limit=t.ge)
            elif t.gt is not None and value <= t.gt:
                message = Said("this must be more than {limit}", limit=t.gt)
            elif t.le is not None and value > t.le:
                message = Said("this must be at most {limit}", limit=t.le)
            elif t.lt is not None and value >= t.lt:
                message = Said("this must be less than {limit}", limit=t.lt)
        elif isinstance(t, inspect.StrType):
            if t.min_length and len(value) < t.min_length:
                message = Said("this text must not be empty")
            elif t.max_length is not None and len(value) > t.max_length:
                message = Said("this text is longer than {limit} characters", limit=t.max_length)
            elif t.pattern is not None and re.search(t.pattern, value) is None:
                message = Said("{value} does not have the form {pattern}", value=Quoted(value), pattern=t.pattern)
        if message:
            self.report.add("bad-value", node.spot, message)
            return INVALID
        return value

    def _other(self, node: Scalar, t: inspect.Type, value: Any) -> Any:
        try:
            return msgspec.convert(value, getattr(t, "cls", type(value)))
        except (msgspec.ValidationError, TypeError):
            return self.wrong(node, described(t, None))


def _value(node: Scalar) -> Any:
    try:
        return node.value
    except ValueError:
        return INVALID


def fits(node: YamlNode, t: inspect.Type) -> bool:
    """Is the node of the shape of this type, so that its mistakes are worth telling?"""
    t, scalar = shapes.unwrap(t)
    if isinstance(t, inspect.AnyType):
        return True
    if isinstance(node, Mapping):
        return isinstance(t, inspect.StructType | inspect.DictType)
    if isinstance(node, Sequence):
        return isinstance(t, inspect.CollectionType)
    value = _value(node) if isinstance(node, Scalar) else INVALID
    if isinstance(value, bool):
        return isinstance(t, inspect.BoolType) or (isinstance(t, inspect.LiteralType) and value in t.values)
    if isinstance(value, str):
        texts = inspect.StrType | inspect.LiteralType | inspect.EnumType
        return isinstance(t, texts) or scalar in PARSERS
    if isinstance(value, int | float):
        numbers = inspect.FloatType if isinstance(value, float) else inspect.IntType | inspect.FloatType
        return isinstance(t, numbers)
    return False
