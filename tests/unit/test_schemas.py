"""The schemas that ship as files are those of the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.schemas import FILES, text_of


def meaning(schema: Any) -> Any:
    """The schema whatever the order in which a version of msgspec writes its alternatives."""
    if isinstance(schema, dict):
        return {key: meaning(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return sorted((meaning(value) for value in schema), key=lambda value: json.dumps(value, sort_keys=True))
    return schema


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_file_is_what_the_code_says(path: Path) -> None:
    shipped = json.loads(path.read_text(encoding="utf-8"))
    assert meaning(shipped) == meaning(json.loads(text_of(FILES[path]))), "write them anew: python -m tests.schemas"
