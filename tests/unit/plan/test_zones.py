"""Time zones where the system has none: those of the package tzdata; without both the sentence says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.plan.desk import PLAN

# Without the package too: nothing of that name can be imported.
_BLOCKED = "import sys; sys.modules['tzdata'] = None; "
_CHECK = "from tui.cli.main import main; sys.argv[1:] = ['check', 'plan.yaml']; main()"
_SHOWN = "from tui.words.figures import moment; print(moment('2026-12-06T01:00:00Z', sys.argv[1]))"


def _run(program: str, directory: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONTZPATH": "", "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=directory, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def _checked(directory: Path, zone: str, before: str = "import sys; ") -> str:
    (directory / "plan.yaml").write_text(PLAN.replace("America/Sao_Paulo", zone))
    return _run(before + _CHECK, directory)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "UTC", "Etc/UTC"])
def test_zones_are_known_where_the_system_has_none(tmp_path: Path, zone: str) -> None:
    assert "time zone" not in _checked(tmp_path, zone)


def test_without_any_the_sentence_does_not_advise_what_was_written(tmp_path: Path) -> None:
    said = _checked(tmp_path, "America/Sao_Paulo", _BLOCKED)
    assert "write an IANA name" not in said
    assert "No time zones are installed" in said and "tzdata" in said
    assert "time zone" not in _checked(tmp_path, "UTC", _BLOCKED), "UTC needs no data"


@pytest.mark.parametrize("before", ["import sys; ", _BLOCKED], ids=["package", "none"])
def test_moments_are_shown_where_the_system_has_none(tmp_path: Path, before: str) -> None:
    known = before != _BLOCKED
    expected = "2026-12-05 22:00:00 America/Sao_Paulo" if known else "2026-12-06 01:00:00 UTC"
    assert _run(before + _SHOWN, tmp_path, "America/Sao_Paulo").strip() == expected
    assert _run(before + _SHOWN, tmp_path, "UTC").strip() == "2026-12-06 01:00:00 UTC"
