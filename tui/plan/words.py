"""How problems name what was expected and what was found. Texts of the plan are not repeated: they may be secrets."""

from __future__ import annotations

import math
import re

from msgspec import inspect

from tui.plan import shapes
from tui.plan.yaml import Mapping, Scalar, Sequence, YamlNode
from tui.said import N_, Joined, Quoted, Said


def described(t: inspect.Type, scalar: str | None) -> Said:
    """A type in words."""
    scalars = {
        "duration": N_("a duration such as 500ms, 90s or 3m"),
        "offset": N_("an offset from the window's opening such as T+10m"),
        "quantity": N_("a quantity such as 0, 70%, 100ms or 2GB"),
        "file": N_("the name of a file"),
    }
    if scalar in scalars:
        return Said(scalars[scalar])
    if isinstance(t, inspect.UnionType):
        return Joined((described(*shapes.unwrap(member)) for member in shapes.members(t)), N_(" or "))
    if isinstance(t, inspect.LiteralType):
        return Said("one of: {values}", values=list(t.values))
    if isinstance(t, inspect.StructType):
        return Said("a mapping with keys such as {keys}", keys=list(shapes.fields(t.cls))[:6])
    names = {
        inspect.StrType: N_("a text"),
        inspect.BoolType: N_("true or false"),
        inspect.IntType: N_("a whole number"),
        inspect.FloatType: N_("a number"),
        inspect.DictType: N_("a mapping of names to values"),
    }
    if isinstance(t, inspect.CollectionType):
        return Said("a list")
    name = names.get(type(t), N_("another value"))
    return Said(name)


def found(node: YamlNode) -> str | Said:
    """What stands there, in words."""
    if isinstance(node, Mapping):
        return Said("a mapping")
    if isinstance(node, Sequence):
        return Said("a list")
    if not isinstance(node, Scalar):
        return Said("nothing")
    try:
        value = node.value
    except ValueError:
        return Said("a number that does not fit in 64 bits")
    if value is None:
        return Said("nothing")
    if isinstance(value, bool):
        return node.text
    return Said("a text") if isinstance(value, str) else Said("the number {number}", number=node.text)


def number_hint(node: Scalar, t: inspect.Type, scalar: str | None) -> str | Said:
    """What to write instead of a bare number, of true and false, or of `yes`; empty where nothing can be suggested."""
    try:
        value = node.value
    except ValueError:
        value = 0 if scalar is None else math.nan
    if isinstance(t, inspect.BoolType) and isinstance(value, str) and value.lower() in _SWITCHES:
        # YAML 1.1 read these as true and false, YAML 1.2 reads texts.
        return Said("write {text}", text=_SWITCHES[value.lower()])
    if isinstance(value, str) or value is None:
        return ""
    if scalar == "duration" and not isinstance(value, bool):
        return unit_hint(value)
    if scalar == "offset" and not isinstance(value, bool):
        return Said("write {text}", text=f"T{'-' if value < 0 else '+'}{node.text.lstrip('+-')}m")
    if isinstance(t, inspect.StrType) and scalar is None:
        return Said("write it in quotes: {text}", text=f'"{node.text}"')
    return ""


_SWITCHES = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}
_BARE = re.compile(r"\d{1,18}(?:\.\d{1,9})?")


def unit_hint(number: float) -> str | Said:
    """What to write instead of a time without a unit; empty for what is no time at all."""
    if not math.isfinite(number) or number < 0 or number > 10**12:
        return ""
    text = str(number) if isinstance(number, int) else f"{number:.9f}".rstrip("0").rstrip(".")
    message = N_(
        "a number without a unit means milliseconds in PostgreSQL; write {milliseconds}, or {seconds} for seconds"
    )
    return Said(message, milliseconds=f"{text}ms", seconds=f"{text}s")


def bare_number(text: str) -> float | None:
    """The number that a text is, without a unit; None for any other text."""
    found = _BARE.fullmatch(text.strip())
    return None if found is None else (float(found[0]) if "." in found[0] else int(found[0]))


def wrong_scalar(scalar: str, text: str) -> Said:
    """The sentence for a text that is no duration, offset or quantity."""
    number = bare_number(text) if scalar == "duration" else None
    hint = "" if number is None else unit_hint(number)
    sentences = {
        "duration": N_("{value} is not a duration such as 500ms, 90s, 3m or 1h30m"),
        "offset": N_("{value} is not an offset from the window's opening such as T+10m or T-30m"),
        "quantity": N_("{value} is not a quantity such as 0, 70%, 100ms or 2GB"),
    }
    sentence = Said(sentences[scalar], value=Quoted(text))
    return Joined((sentence, hint), "; ") if hint else sentence
