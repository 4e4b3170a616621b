"""The JSON Schema of a plan file as people write it, made from the same types that the loader reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import NODEFAULT, Struct, inspect

from tui.plan import described, shapes
from tui.plan.kinds import Kinds
from tui.plan.metrics import METRICS
from tui.plan.model import Action, Guard, Plan, Step, Target
from tui.plan.reader import COMMON_KEYS

Json = dict[str, Any]

_DURATION = r"\s*(\d+(\.\d+)?\s*(ms|min|s|m|h|d)\s*)+"
_SCALARS: dict[str, Json] = {
    "duration": {
        "description": "500ms, 90s, 3m, 1h30m, 2d",
        "anyOf": [{"type": "string", "pattern": f"^{_DURATION}$"}, {"const": 0}],
    },
    "offset": {
        "description": "from the window's opening: T+10m, T-30m, T+0",
        "type": "string",
        "pattern": rf"^\s*T\s*[+-]\s*(0|{_DURATION})\s*$",
    },
    "quantity": {
        "description": "0, 70%, 100ms, 2GB",
        "anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": r"^\s*-?\d+(\.\d+)?\s*(%|ms|min|s|m|h|d|B|[kKMGT]B|[KMGT]iB)?\s*$"},
        ],
    },
    "file": {
        "description": "a file, named relative to the plan",
        "type": "string",
        "pattern": r"^(?!/)(?!(.*/)?\.\.(/|$))[^\\]+$",
    },
}
_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_SIMPLE: dict[type[inspect.Type], Json] = {
    inspect.StrType: {"type": "string"},
    inspect.BoolType: {"type": "boolean"},
    inspect.IntType: {"type": "integer"},
    inspect.FloatType: {"type": "number"},
    inspect.NoneType: {"type": "null"},
    inspect.AnyType: {},
}


def json_schema(kinds: Kinds) -> Json:
    """JSON Schema (draft 2020-12) of a plan file with these kinds of steps. Files and references it cannot check."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "virada plan",
        "$ref": "#/$defs/Plan",
        "$defs": _Schema(kinds).all(),
    }


def told(cls: type[Struct], properties: Json) -> Json:
    """The keys of a struct with what is said of them, and with what holds where they are not written."""
    found, texts = {}, described.texts(cls)
    for key, schema in properties.items():
        default = described.default(shapes.fields(cls)[key])
        found[key] = schema | ({"description": texts[key]} if key in texts else {})
        if default is not NODEFAULT:
            found[key]["default"] = default
    return found


class _Schema:
    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self.definitions: dict[str, Json] = {}
        self.special: dict[type[Struct], Callable[[], Json]] = {Step: self.step, Action: self.action}

    def all(self) -> dict[str, Json]:
        self.reference(Plan)
        for kind in self.kinds.values():
            self.definitions[f"kind-{kind.name}"] = self.kind(kind.name)
        return dict(sorted(self.definitions.items()))

    def reference(self, cls: type[Struct], name: str = "") -> Json:
        name = name or cls.__name__
        if name not in self.definitions:
            self.definitions[name] = {}
            made = self.special[cls]() if cls in self.special else self.struct(cls)
            self.definitions[name] = made
        return {"$ref": f"#/$defs/{name}"}

    def struct(self, cls: type[Struct]) -> Json:
        properties = {key: self.type(field.type) for key, field in shapes.fields(cls).items()}
        for key in shapes.ONLY_TRUE.get(cls, ()):
            properties[key] = {"const": True}
        schema: Json = {
            "type": "object",
            "description": described.about(cls),
            "properties": properties,
            "additionalProperties": False,
        }
        if required := shapes.required(cls):
            schema["required"] = required
        if choice := shapes.CHOICES.get(cls):
            names, must = choice
            written = [{"required": [name]} for name in names]
            schema["oneOf"] = written if must else [*written, {"not": {"anyOf": written}}]
        if cls is Plan:
            properties["virada"] = {"const": 1}
        elif cls is Guard:
            properties["metric"] = {"enum": list(METRICS)}
        elif cls is Target:
            log = {"type": "string", "pattern": "^(auto|none|file:.+|ssh:.+)$"}
            one = {"minProperties": 1, "maxProperties": 1, "additionalProperties": False}
            keys = {key: {"type": "string"} for key in shapes.SERVER_LOG_KEYS}
            properties["server_log"] = {"anyOf": [log, {"type": "object", "properties": keys, **one}]}
        schema["properties"] = told(cls, properties)
        return schema

    def step(self) -> Json:
        fields = shapes.fields(Step)
        properties = {key: self.type(fields[key].type) for key in COMMON_KEYS}
        properties["id"] = {"type": "string", "pattern": f"^{shapes.STEP_ID.pattern}$", "maxLength": 100}
        return self.with_kind({**told(Step, properties), **self.by_kind()}, ["id", "title"], Step)

    def action(self) -> Json:
        return self.with_kind(self.by_kind(), [], Action)

    def by_kind(self) -> Json:
        return {name: {"$ref": f"#/$defs/kind-{name}"} for name in self.kinds}

    def with_kind(self, properties: Json, required: list[str], cls: type[Struct]) -> Json:
        schema: Json = {
            "type": "object",
            "description": described.about(cls),
            "properties": properties,
            "additionalProperties": False,
            "oneOf": [{"required": [name]} for name in self.kinds],
        }
        return {**schema, "required": required} if required else schema

    def kind(self, name: str) -> Json:
        kind = self.kinds[name]
        forms = [self.reference(kind.spec, f"spec-{name}")]
        if not shapes.required(kind.spec):
            forms.append({"const": True})
        if kind.short is not None:
            field = shapes.fields(kind.spec)[kind.short]
            others = set(shapes.required(kind.spec)) - {kind.short}
            if not others:
                short = self.type(field.type)
                forms.append({"allOf": [short, {"not": {"type": ["object", "null"]}}, {"not": {"const": True}}]})
        about = described.about_kind(kind.spec, name)
        return {"anyOf": forms} | ({"description": about} if about else {})

    def type(self, t: inspect.Type) -> Json:
        t, scalar = shapes.unwrap(t)
        if scalar in _SCALARS:
            self.definitions[scalar] = dict(_SCALARS[scalar])
            return {"$ref": f"#/$defs/{scalar}"}
        if isinstance(t, inspect.UnionType):
            return {"anyOf": [self.type(member) for member in t.types]}
        if isinstance(t, inspect.StructType):
            name = t.cls.__name__ if t.cls.__module__ == Plan.__module__ else f"{t.cls.__module__}.{t.cls.__name__}"
            return self.reference(t.cls, name)
        if isinstance(t, inspect.LiteralType):
            return {"enum": list(t.values)}
        if isinstance(t, inspect.DictType):
            return {"type": "object", "additionalProperties": self.type(t.value_type)}
        if isinstance(t, inspect.CollectionType):
            least = {"minItems": t.min_length} if t.min_length else {}
            return {"type": "array", "items": self.type(t.item_type), **least}
        simple = _SIMPLE.get(type(t))
        if simple is None:
            return dict(msgspec.json.schema(getattr(t, "cls", Any)))
        limits = {_LIMITS[key]: getattr(t, key) for key in _LIMITS if getattr(t, key, None) is not None}
        return {**simple, **limits}
