"""What a plan may say, as a document: `python -m tests.manual` writes `PLAN.md` anew from the plan's JSON Schema.

The examples are those of `tests/examples`; a test holds each of them against `virada check`.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tui.plan.kinds import KINDS_TO_COME, Kind
from tui.plan.metrics import METRICS
from tui.plan.schema import json_schema
from tui.plan.shapes import NOT_YET
from tui.steps.registry import KINDS

FILE = Path(__file__).resolve().parent.parent / "PLAN.md"
EXAMPLES = Path(__file__).resolve().parent / "examples"
INTRODUCTION = """# Plans

Made from the plan's JSON Schema by `python -m tests.manual`: what stands here stands at the fields of
`tui/plan/model.py` and `tui/steps/*.py`. An editor that knows JSON Schema completes and checks plans with
`tui/plan/plan.schema.json`. `virada check PLAN` names every mistake at its line and column, and with
`--on TARGET` asks the target as well.

A plan is a YAML file. Keys are English, texts are in any language; a key that is not known is an error. When a run
opens it is frozen with the files that it names, and what was sealed is what is executed.

| written as | is | for instance |
|---|---|---|
| `true`, `false` | these two words; `yes` and `on` are texts | `true` |
| text | text; `${NAME}` is taken from the environment only where that is said | `Add the column` |
| duration | a span with its unit: `ms`, `s`, `m`, `h`, `d`; a bare number is an error | `500ms`, `90s`, `1h30m` |
| offset | minutes and hours from the window's opening, which is T+0 | `T+10m`, `T-30m`, `T+24h` |
| quantity | a number, a share, a span or bytes, as the metric needs it | `0`, `70%`, `100ms`, `2GB` |
| file | a file's name relative to the plan, not outside of its directory | `expand.sql` |

Where a default is told it holds where the key is not written. A key in **bold** must be written.
"""
SECTIONS = {
    "Plan": ("The plan", "the plan"),
    "Target": ("Targets", "target"),
    "HostSource": ("Host sources", "host source"),
    "Window": ("The window", "window"),
    "Member": ("The team", "member"),
    "Dependency": ("Dependencies", "dependency"),
    "Canary": ("The canary", "canary"),
    "Guard": ("Success criteria", "criterion"),
    "Quality": ("Criteria that steps tell", "criterion"),
    "Phase": ("Phases", "phase"),
    "PhaseWindow": ("Windows of phases", "window"),
    "Section": ("Sections", "section"),
    "Step": ("Steps", "step"),
    "Proof": ("Proofs", "proof"),
    "RollbackPlan": ("The rollback", "rollback"),
    "Trigger": ("Triggers", "trigger"),
    "ErrorLimit": ("Which errors fire a trigger", "errors-of-a-trigger"),
}
"""Types in the order in which they are told, each with its heading and what one is called."""
WINDOW = {
    "always": "It changes something and belongs into the window.",
    "never": "It changes nothing in the target, needs no window, and a rollback leaves nothing of it.",
    "unless_said": "It counts as changing something, and belongs into the window, but for `changes: false`.",
}
SHORT_SCALARS = ("duration", "offset", "quantity", "file")

Json = dict[str, Any]


class Page:
    """The document of one schema."""

    def __init__(self, schema: Json) -> None:
        self.defs: dict[str, Json] = schema["$defs"]

    def text(self) -> str:
        """As it stands in the file."""
        parts = [INTRODUCTION, "## A whole plan\n\n" + _example("plan")]
        parts += [self._type(name, heading) for name, (heading, _one) in SECTIONS.items() if name in self.defs]
        return "\n".join([*parts, self._kinds(), _not_yet()])

    def untold(self) -> list[str]:
        """Types of a plan that have no place in the document."""
        return [
            name for name, schema in self.defs.items()
            if "properties" in schema and name not in (*SECTIONS, "Action") and not name.startswith("spec-")
            and "." not in name
        ]  # fmt: skip

    def undescribed(self) -> list[str]:
        """Keys of which nothing is said, as `Step.title`."""
        return [
            f"{name}.{key}" for name, schema in self.defs.items() for key, value in schema.get("properties", {}).items()
            if not value.get("description") and not self._referred(value).get("description")
        ]  # fmt: skip

    def _referred(self, value: Json) -> Json:
        """A kind's key is described where the kind is."""
        name = value.get("$ref", "").rpartition("/")[2]
        return self.defs[name] if name.startswith("kind-") else {}

    def _type(self, name: str, heading: str) -> str:
        schema = self.defs[name]
        parts = [f"## {heading}", "", schema["description"], "", *self._table(schema)]
        if name == "Guard":
            parts += ["", "| metric | is |", "|---|---|"]
            parts += [f"| `{metric}` | {about.about} |" for metric, about in METRICS.items()]
        if name == "Step":
            parts += ["", "Beside these a step has exactly one kind; `undo` and `cleanup` take one, too:"]
            parts += ["`undo: {sql: {file: expand_undo.sql}}`.", "", "| kind | is |", "|---|---|"]
            parts += [f"| [`{kind}`](#{kind}) | {self._kind(kind)} |" for kind in KINDS]
        return "\n".join(parts) + "\n"

    def _kind(self, name: str) -> str:
        return str(self.defs[f"kind-{name}"]["description"])

    def _kinds(self) -> str:
        parts = ["## Kinds of steps", ""]
        for name, kind in KINDS.items():
            spec = self.defs[f"spec-{name}"]
            about = f"{self._kind(name)} {WINDOW[kind.window]} {_interrupted(kind)}".strip()
            parts += [f"### `{name}`", "", about, "", spec["description"], ""]
            parts += [*self._table(spec), "", *self._parts(name, spec), _example(name)]
        return "\n".join(parts)

    def _parts(self, name: str, spec: Json) -> list[str]:
        """What a key of the kind's is made of, where that is a mapping of its own."""
        found = []
        for of, schema in self.defs.items():
            if of.startswith(f"tui.steps.{name}."):
                found += [f"`{self._key(spec, of)}`: {schema['description']}", "", *self._table(schema), ""]
        return found

    def _key(self, within: Json, of: str) -> str:
        """The key that is made of this, with those that it stands within: `recent_backup.barman`."""
        for key, value in within["properties"].items():
            referred = re.findall(r"#/\$defs/(tui\.steps\.[\w.]+)", json.dumps(value))
            if of in referred:
                return str(key)
            for name in referred:
                deeper = self._key(self.defs[name], of)
                if deeper:
                    return f"{key}.{deeper}"
        return ""

    def _table(self, schema: Json) -> Iterator[str]:
        """A row a key."""
        yield "| key | written as | what it says | default |"
        yield "|---|---|---|---|"
        for key, value in schema["properties"].items():
            if value.get("$ref", "").startswith("#/$defs/kind-"):
                continue
            name = f"**`{key}`**" if key in schema.get("required", ()) else f"`{key}`"
            default = f"`{_written(value['default'])}`" if value.get("default") not in (None, "") else ""
            default = "" if "const" in value else default
            about = value.get("description", "").replace("|", "\\|")
            yield f"| {name} | {self._shown(value)} | {about} | {default} |"

    def _shown(self, schema: Json) -> str:
        """How a value is written."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name in SHORT_SCALARS:
                return str(name)
            if name == "Action":
                return "one kind of step"
            heading, one = SECTIONS.get(name, ("", ""))
            return f"[{one}](#{heading.lower().replace(' ', '-')})" if heading else "a mapping"
        if "const" in schema:
            return f"`{_written(schema['const'])}`"
        if "enum" in schema:
            metrics = list(schema["enum"]) == list(METRICS)
            return "a metric" if metrics else ", ".join(f"`{value}`" for value in schema["enum"])
        if "anyOf" in schema:
            shown = [self._shown(each) for each in schema["anyOf"] if each != {"type": "null"}]
            return " or ".join(dict.fromkeys(shown))
        if schema.get("type") == "array":
            items = self._shown(schema["items"])
            return f"list of {items}"
        if schema.get("type") == "object":
            values = schema.get("additionalProperties")
            return f"a mapping of {self._shown(values)}" if values else "a mapping"
        words = {"string": "text", "boolean": "`true`, `false`", "integer": "number", "number": "number"}
        return words.get(str(schema.get("type")), "a value")


def _not_yet() -> str:
    """What the language has beyond this version."""
    keys = [f"`{key}` ({SECTIONS[cls.__name__][1]})" for cls, names in NOT_YET.items() for key in names]
    kinds = [f"`{kind}`" for kind in KINDS_TO_COME if kind not in KINDS]
    text = f"Words of the language that this version refuses: the keys {', '.join(keys)}; the kinds {', '.join(kinds)}."
    return "\n".join(["## Not yet", "", *textwrap.wrap(text, 120), ""])


def _interrupted(kind: Kind) -> str:
    """What becomes of a step whose engine, server or connection went away in the middle of it."""
    if kind.fence == "none":
        return ""
    told = "the server is asked what became of it; what is committed is never executed again"
    if kind.fence == "child" and kind.changes:
        told = "the server is asked for its commit, then its proof; where neither tells, a person decides"
    elif kind.fence == "child":
        told = "it is run again" if kind.repeat == "always" else "its proof tells; without one a person decides"
    return f"Interrupted, {told} (`repeat: {kind.repeat}` where nothing is said)."


def _written(value: Any) -> str:
    """As YAML has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _example(name: str) -> str:
    return f"```yaml\n{(EXAMPLES / f'{name}.yaml').read_text(encoding='utf-8')}```\n"


def text() -> str:
    """As it stands in the file."""
    return Page(json_schema(KINDS)).text()


def main() -> int:
    FILE.write_text(text(), encoding="utf-8")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
