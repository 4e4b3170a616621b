"""`PLAN.md` says what the schema says, of every key, and its examples are plans."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest

from tests.manual import EXAMPLES, FILE, Page, text
from tui.plan.described import duration
from tui.plan.loader import load
from tui.plan.scalars import parse_duration
from tui.plan.schema import json_schema
from tui.steps.registry import KINDS

HEAD = """
virada: 1
name: An example
targets: {staging: {environment: staging, service: app-staging, channels: {team: "${TEAM_URL}"}}}
dependencies: [{tcp: "cache.internal:6379"}]
team: [{role: DBA, name: Ana Prado}]
success: [{metric: connections, below: 90%}]
phases:
  - title: Example
    sections:
      - title: Example
        steps:
"""


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "write it anew: python -m tests.manual"


def test_something_is_said_of_every_key() -> None:
    page = Page(json_schema(KINDS))
    assert not page.undescribed(), "write it behind the field, in triple quotation marks"
    assert not page.untold(), "say in tests/manual.py where the type is told"


@pytest.mark.parametrize("name", ["plan", *KINDS])
def test_an_example_is_a_plan_of_which_check_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    example = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    plan = tmp_path / "examples" / "example.yaml"
    plan.write_text(example if name == "plan" else HEAD + textwrap.indent(example, " " * 10), encoding="utf-8")
    loaded = load(plan, KINDS)
    assert [str(problem) for problem in loaded.problems] == [] and loaded.plan is not None
    assert name == "plan" or f"{name}:" in example


def test_a_key_of_which_nothing_is_said_is_found() -> None:
    schema = json_schema(KINDS)
    del schema["$defs"]["Step"]["properties"]["needs"]["description"]
    assert Page(schema).undescribed() == ["Step.needs"]


@pytest.mark.parametrize("text", ["500ms", "100ms", "1s", "90s", "3m", "90m", "2h", "1d", "0s"])
def test_a_default_is_written_as_people_write_it(text: str) -> None:
    assert duration(parse_duration(text)) == text
