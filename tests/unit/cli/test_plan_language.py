"""A plan's `locale` is spoken where the environment names no language; where it names one, that is the person's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tui.locale
from tui.cli.run import load_plan

PLAN = """
virada: 1
name: Uma mudança
locale: pt_BR
targets: {here: {environment: development, dsn: "${THE_DSN}"}}
phases: [{title: Tudo, sections: [{title: Tudo, steps: [{id: a, title: A, sign: true}]}]}]
"""
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    tui.locale.use("en")
    yield
    tui.locale.use("en")


def test_where_nobody_says_another(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN)
    load_plan(file)
    assert tui.locale.language() == "pt_BR"


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_persons_own_goes_first(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "C.UTF-8")
    tui.locale.prefer("pt_BR")
    assert tui.locale.language() == "en" and tui.locale.preferred("pt_BR") is None


def test_a_language_without_texts_changes_nothing() -> None:
    tui.locale.prefer("de")
    assert tui.locale.language() == "en"
