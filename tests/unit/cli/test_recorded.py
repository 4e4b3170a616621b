"""Journals as an earlier version wrote them: `status --json` says of them all that that version said, and nothing in
them is strange to this one, in any language."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Virada

RECORDED = Path(__file__).with_name("recorded")
NAMES = sorted(path.name.partition(".")[0] for path in RECORDED.glob("*.jsonl.gz"))


def of_then(now: Any, then: Any) -> Any:
    """What is said now, without keys that came since: others who read it know nothing of them."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: of_then(value, then[key]) for key, value in now.items() if key in then}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [of_then(one, other) for one, other in zip(now, then, strict=True)]
    return now


@pytest.fixture
def journal(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(gzip.decompress((RECORDED / f"{request.param}.jsonl.gz").read_bytes()))
    return path


@pytest.mark.parametrize(("journal", "name"), [(name, name) for name in NAMES], indirect=["journal"])
def test_its_status_is_what_it_was(journal: Path, name: str, virada: Virada) -> None:
    told = virada("status", str(journal), "--json")
    assert told.code == 0
    then = json.loads(gzip.decompress((RECORDED / f"{name}.status.json.gz").read_bytes()))
    assert of_then(json.loads(told.out), then) == then


STRANGE = {"en_US.UTF-8": "does not know", "pt_BR.UTF-8": "não conhece"}


@pytest.mark.parametrize("language", STRANGE)
@pytest.mark.parametrize("journal", NAMES, indirect=True)
def test_nothing_in_it_is_strange(
    journal: Path, language: str, virada: Virada, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", language)
    told = virada("replay", str(journal), "--plain", "--speed", "1000000")
    assert told.code == 0
    assert len(told.out.splitlines()) > 5
    assert STRANGE[language] not in told.out
