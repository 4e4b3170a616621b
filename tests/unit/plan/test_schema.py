"""The JSON Schema says the same as the loader, as far as a schema can."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from tui.journal.events import TYPES, StepStarted, event_schemas
from tui.plan.problems import ProblemReport
from tui.plan.schema import json_schema
from tui.plan.yaml import builtins, compose
from tui.steps.registry import KINDS as SHIPPED_KINDS

from .desk import KINDS, PLAN, Desk
from .mistakes import SHAPE

SHIPPED = Path(__file__).parents[3] / "plans/demo/plan.yaml"


@cache
def validator(*, shipped: bool = False) -> Any:
    """Made and checked once: that takes longer than all that is asked of it."""
    schema = json_schema(SHIPPED_KINDS if shipped else KINDS)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def data(text: str) -> Any:
    root = compose(text, ProblemReport("p.yaml"))
    assert root is not None
    return builtins(root)


def test_a_sound_plan_is_valid() -> None:
    assert [error.message for error in validator().iter_errors(data(PLAN))] == []


def test_the_shipped_plan_is_valid() -> None:
    found = data(SHIPPED.read_text(encoding="utf-8"))
    assert [error.message for error in validator(shipped=True).iter_errors(found)] == []


@pytest.mark.parametrize(("code", "old", "new"), SHAPE, ids=lambda text: text.strip()[:40])
def test_what_the_loader_refuses_is_not_valid(desk: Desk, code: str, old: str, new: str) -> None:
    text, _place = desk.changed(old, new)
    assert not validator().is_valid(data(text))


def test_every_event_has_a_schema() -> None:
    schemas = event_schemas()
    assert set(schemas) == set(TYPES)
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    started = jsonschema.Draft202012Validator(schemas["step.started"])
    assert started.is_valid(msgspec.to_builtins(StepStarted(step="a", attempt=1, kind="sql")))
    assert started.is_valid({"step": "a", "attempt": 1, "from the future": True})
    assert not started.is_valid({"step": "a", "attempt": "1"})
    assert not started.is_valid({"attempt": 1})


def test_an_opened_run_with_a_real_plan_fits_its_schema(desk: Desk) -> None:
    plan = desk.load().plan
    opened = {"id": "r", "plan": msgspec.to_builtins(plan), "seal": "", "work": "", "target": "t", "environment": "e"}
    jsonschema.Draft202012Validator(event_schemas()["run.opened"]).validate(
        msgspec.json.decode(msgspec.json.encode(opened))
    )
