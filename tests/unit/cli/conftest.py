"""A home of one's own, and the command line called the way its console script calls it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

import tui.locale


class Result(Struct, frozen=True):
    """The exit code and what was printed."""

    code: int
    out: str
    err: str


Virada = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    tui.locale.use("en")


@pytest.fixture
def virada(home: Path, capfd: pytest.CaptureFixture[str]) -> Virada:
    from tui.cli.main import run

    def call(*arguments: str) -> Result:
        capfd.readouterr()
        code = run(arguments)
        out, err = capfd.readouterr()
        for log in re.findall(r"\S+/virada-crash-\w+\.log", err):
            # A test that fails of it is to say what happened; the file may be gone by then.
            print(Path(log).read_text(encoding="utf-8"))
        return Result(code, out, err)

    return call
