"""Steps, actions and targets as people write them: one key of a mapping is the kind, and its value the kind's spec."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from msgspec import inspect

from tui.plan import shapes
from tui.plan.convert import INVALID, Converter, Invalid
from tui.plan.kinds import KINDS_TO_COME, Kind, Kinds
from tui.plan.metrics import METRICS
from tui.plan.model import Action, Guard, Step, Target
from tui.plan.words import bare_number, unit_hint
from tui.plan.yaml import Mapping, Scalar, YamlNode
from tui.said import N_, Quoted, Said

COMMON_KEYS = tuple(key for key in shapes.fields(Step) if key not in ("kind", "spec"))


def slug(text: str) -> str:
    """An id made of a title: `Executar script de migração` gives `executar-script-de-migracao`."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")[:60].strip("-")


@dataclass(slots=True)
class Use:
    """A use of a kind: its typed spec, or None when that is wrong; `path` is where the spec stands."""

    kind: str
    spec: Any
    path: str
    is_action: bool = False


@dataclass(slots=True)
class StepEntry:
    """A step that was read, with its path and the kinds it uses: its own first, then those of undo and cleanup."""

    step: Step
    path: str
    at: tuple[int, int]
    uses: list[Use] = field(default_factory=list)


class PlanReader:
    """Hooks itself into a converter; afterwards `entries` has every step that was read by the `id()` of its struct."""

    def __init__(self, converter: Converter, kinds: Kinds) -> None:
        self.converter = converter
        self.report = converter.report
        self.kinds = kinds
        self.entries: dict[int, StepEntry] = {}
        self._lines: dict[str, int] = {}
        self._uses: list[Use] = []
        converter.readers |= {Step: self.step, Action: self.action, Target: self.target, Guard: self.guard}

    def target(self, node: YamlNode, path: str) -> Any:
        """A target; `server_log: {file: PATH}` is the same as `server_log: "file:PATH"`."""
        if isinstance(node, Mapping) and isinstance(log := node.get("server_log"), Mapping):
            pairs = list(log.pairs.items())
            key, (_key_node, value) = pairs[0] if pairs else ("", (None, None))
            if len(pairs) == 1 and key in shapes.SERVER_LOG_KEYS and isinstance(value, Scalar):
                written = Mapping(node.line, node.column, dict(node.pairs))
                text = Scalar(value.line, value.column, f"{key}:{value.text}")
                written.pairs["server_log"] = (node.pairs["server_log"][0], text)
                node = written
        return self.converter.struct(node, Target, path)

    def guard(self, node: YamlNode, path: str) -> Any:
        """A success criterion; a limit of a time has a unit, as every duration has."""
        guard = self.converter.struct(node, Guard, path)
        metric = node.get("metric") if isinstance(node, Mapping) else None
        known = METRICS.get(metric.text) if isinstance(metric, Scalar) else None
        if isinstance(node, Mapping) and isinstance(metric, Scalar) and known is not None and known.wants_unit:
            for key in ("below", "above", "equals"):
                value = node.get(key)
                if not isinstance(value, Scalar) or f"{path}.{key}" in self.converter.bad:
                    continue
                number = bare_number(value.text)
                if number:
                    text = Said("{metric} is a time: {hint}", metric=Quoted(metric.text), hint=unit_hint(number))
                    self.report.add("bad-quantity", value.spot, text)
        return guard

    def step(self, node: YamlNode, path: str) -> Any:
        """One step of a section."""
        if not isinstance(node, Mapping):
            return self.converter.wrong(node, Said("a mapping with id, title and the step's kind"))
        ident = self._id(node, path)
        if ident is not None:
            path = f"steps.{ident}"
            self.converter.positions[path] = node.spot
        before, self._uses = self._uses, []
        values, meant, strange = self._common(node, path)
        kind, spec = self._kind(node, path, meant, strange)
        values |= {"id": ident or "", "kind": kind, "spec": spec}
        taken_back = self.kinds[kind].undone_by if kind in self.kinds else None
        if taken_back is not None and ident is not None and "undo" not in node.pairs:
            values["undo"] = taken_back(ident)
        self._missing(node, path, meant)
        step = self.converter.build(Step, node, values)
        if step is not INVALID:
            uses = [use for use in self._uses if not use.is_action] + [use for use in self._uses if use.is_action]
            self.entries[id(step)] = StepEntry(step, path, (node.line, node.column), uses)
        self._uses = before
        return step

    def action(self, node: YamlNode, path: str) -> Any:
        """An undo or a cleanup: a mapping whose one key is a kind."""
        if not isinstance(node, Mapping):
            return self.converter.wrong(node, Said("a mapping with one kind, such as {sql: {file: rollback.sql}}"))
        names = list(node.pairs)
        if len(names) != 1:
            message = N_("exactly one kind must be written here: {kinds}")
            at = node.pairs[names[1]][0].spot if names else node.spot
            self.report.add("one-kind", at, Said(message, kinds=self._names()))
            return INVALID
        key_node, value = node.pairs[names[0]]
        if names[0] not in self.kinds:
            self._unknown(names[0], key_node, list(self.kinds), none_yet=True)
            return INVALID
        self.converter.keys[f"{path}.{names[0]}"] = key_node.spot
        spec = self._spec(self.kinds[names[0]], value, f"{path}.{names[0]}", is_action=True)
        return Action(kind=names[0], spec=spec)

    def _names(self) -> str:
        return ", ".join(self.kinds)

    def _id(self, node: Mapping, path: str) -> str | None:
        value = node.get("id")
        if value is None:
            title = node.get("title")
            guess = slug(title.text) if isinstance(title, Scalar) else ""
            message = N_("missing key 'id'; write id: {guess}") if guess else N_("missing key 'id'")
            at = (node.line, node.column)
            self.report.add("missing-key", at, Said(message, guess=guess))
            return None
        ident = self.converter.convert(value, inspect.StrType(), f"{path}.id")
        if ident is INVALID:
            return None
        if shapes.STEP_ID.fullmatch(ident) is None or len(ident) > 100:
            message = N_("{id} is not an id of a step: lower-case letters, digits, '-' and '_'; write {guess}")
            guess = slug(ident) or "step-1"
            self.report.add("bad-id", value.spot, Said(message, id=Quoted(ident), guess=guess))
            self._lines.setdefault(ident, value.line)
            return None
        if ident in self._lines:
            message = N_("the id {id} is used already, in line {line}; ids are unique over phases and rollback")
            text = Said(message, id=Quoted(ident), line=self._lines[ident])
            self.report.add("duplicate-id", value.spot, text)
            return None
        self._lines[ident] = value.line
        return str(ident)

    def is_id(self, ident: str) -> bool:
        """Is there a step written with this id, be it well formed or not?"""
        return ident in self._lines

    def ids(self) -> list[str]:
        """Every id that was written, in the order of the file."""
        return list(self._lines)

    def _common(self, node: Mapping, path: str) -> tuple[dict[str, Any], set[str | None], bool]:
        values: dict[str, Any] = {}
        meant: set[str | None] = set()
        strange = False
        has_kind = any(key in self.kinds for key in node.pairs)
        known = [*COMMON_KEYS, *self.kinds]
        for key, (key_node, value_node) in node.pairs.items():
            self.converter.keys[f"{path}.{key}"] = key_node.spot
            if key in COMMON_KEYS:
                if key == "id":
                    continue
                step_field = shapes.fields(Step)[key]
                value = self.converter.convert(value_node, step_field.type, f"{path}.{key}")
                if value is not INVALID:
                    values[step_field.name] = value
            elif key not in self.kinds:
                guess = self._unknown(key, key_node, known, none_yet=not has_kind)
                meant.add(guess)
                strange |= guess not in COMMON_KEYS and key not in shapes.NOT_YET[Step]
        return values, meant, strange

    def _unknown(self, key: str, key_node: Scalar, known: list[str], none_yet: bool) -> str | None:
        if key in KINDS_TO_COME and key not in self.kinds:
            message = N_("steps of the kind {kind} are not supported by this version yet; its kinds are: {kinds}")
            text = Said(message, kind=Quoted(key), kinds=self._names())
            self.report.add("not-supported-yet", key_node.spot, text)
            return None
        guess = None if key in shapes.NOT_YET[Step] else self.report.guess(key, known)
        if guess is None and none_yet and key not in shapes.NOT_YET[Step]:
            message = N_("{key} is neither a key of a step nor a kind; kinds are: {kinds}")
            self.report.add("unknown-key", key_node.spot, Said(message, key=Quoted(key), kinds=self._names()))
            return None
        return self.converter.unknown(key, key_node, known, shapes.NOT_YET[Step])

    def _kind(self, node: Mapping, path: str, meant: set[str | None], strange: bool) -> tuple[str, dict[str, Any]]:
        present = [key for key in node.pairs if key in self.kinds]
        if not present:
            if not strange and not meant.intersection(self.kinds):
                said = Said("this step has no kind; write one of: {kinds}", kinds=self._names())
                self.report.add("one-kind", (node.line, node.column), said)
            return "", {}
        if len(present) > 1:
            message = N_("a step has exactly one kind; {first} is there already, make {second} a step of its own")
            text = Said(message, first=Quoted(present[0]), second=Quoted(present[1]))
            self.report.add("one-kind", node.pairs[present[1]][0].spot, text)
        specs = [self._spec(self.kinds[name], node.pairs[name][1], f"{path}.{name}") for name in present]
        if len(present) > 1:
            # Which of them was meant is not known, so none is asked what it thinks of its spec.
            self._uses = [use for use in self._uses if use.is_action]
        return present[0], specs[0]

    def _missing(self, node: Mapping, path: str, meant: set[str | None]) -> None:
        if "title" not in node.pairs:
            self.converter.bad.add(f"{path}.title")
            if "title" not in meant:
                at = (node.line, node.column)
                self.report.add("missing-key", at, Said("missing key 'title': what people read in the checklist"))

    def _spec(self, kind: Kind, node: YamlNode, path: str, is_action: bool = False) -> dict[str, Any]:
        before = self.report.errors
        written = self._written_out(kind, node)
        spec: Any = INVALID
        if written is not INVALID:
            spec = self.converter.convert(written, shapes.shape(kind.spec), path)
        sound = spec is not INVALID and self.report.errors == before
        self._uses.append(Use(kind.name, spec if sound else None, path, is_action))
        return dict(shapes.plain(spec)) if sound else {}

    def _written_out(self, kind: Kind, node: YamlNode) -> YamlNode | Invalid:
        """The spec as a mapping, where a short form was written."""
        if isinstance(node, Mapping) or type(node) is YamlNode:
            return node
        plain = isinstance(node, Scalar) and node.plain
        text = node.text if isinstance(node, Scalar) else ""
        if plain and text.lower() == "true":
            return Mapping(node.line, node.column)
        keys = Said("a mapping with keys such as {keys}", keys=", ".join(shapes.fields(kind.spec)))
        if plain and text in ("", "~", "null"):
            hint = Said("write 'true' for a step without settings") if not shapes.required(kind.spec) else ""
            return self.converter.wrong(node, keys, hint)
        if kind.short is None:
            return self.converter.wrong(node, keys)
        written = Mapping(node.line, node.column)
        written.pairs[kind.short] = (Scalar(node.line, node.column, kind.short, True), node)
        return written
