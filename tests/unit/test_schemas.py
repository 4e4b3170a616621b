"""The schemas that ship as files are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schemas import FILES, text_of


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_file_is_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == text_of(FILES[path]), "write them anew: python -m tests.schemas"
