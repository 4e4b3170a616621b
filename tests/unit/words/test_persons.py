"""Who it was is told in the reader's language, that a name is no more than declared too; labels stay neutral."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import tui
from tests.unit.cli.journals import Journal, plan, sql
from tests.unit.words.test_events import SAID
from tui.journal import events as e
from tui.plain.narrator import narrate
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words import persons
from tui.words.driving import driver_words
from tui.words.persons import parts_of, person_words
from tui.words.refusals import refusal_words

SOURCE = Path(tui.__file__).parent
ANA = "ana (declared by rui, root@jump1)"


def test_a_label_in_parts() -> None:
    assert parts_of(ANA) == ("ana", "rui, root@jump1") and person_words(ANA) == ANA
    assert parts_of("ana@jump1") == ("ana@jump1", "") and person_words("a\x1b@b") == r"a\x1b@b"
    assert person_words("engine") == "engine" and person_words(None) == ""


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another language's words for it."""
    monkeypatch.setattr(persons, "_", lambda text: text.replace("declared by", "DECLARED BY"))


@pytest.mark.usefixtures("marked")
def test_every_event_says_it_in_words() -> None:
    journal = Journal(plan(sql("fill")))
    journal.add(e.StepStarted(step="fill", attempt=1))
    before = RunState()
    for line in journal.lines:
        before = fold(before, line)
    people = 0
    for event in SAID:
        journal.add(event, by=ANA)
        line = journal.lines.pop()
        for text in narrate(before, fold(before, line), line):
            assert "(declared by" not in text, text
            people += "(DECLARED BY" in text
    assert people > 15


@pytest.mark.usefixtures("marked")
def test_so_do_refusals_and_who_drives() -> None:
    from tui.helm.protocol import Refused
    from tui.run.driving import Driver

    refused = Refused(code="helm", message="", facts={"holder": ANA})
    assert "DECLARED" in str(refusal_words(refused))
    assert "DECLARED" in driver_words(Driver(how="by_hand", person=ANA, until=None), None)


_LABEL = re.compile(r"\.(?:by|person|holder|helm|taken_from|signer|me)$|\['(?:helm|person|by)'\]$")


def test_no_label_is_shown_as_it_is() -> None:
    """What makes text inert, or is a sentence's fact, is given a label in words."""
    for package in ("words", "pictures", "plain", "cli", "console"):
        for path in sorted((SOURCE / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or path.name == "persons.py":
                    continue
                called = ast.unparse(node.func).split(".")[-1]
                given = node.args if called == "visible" else [one.value for one in node.keywords]
                if called in ("visible", "Said", "several", "format"):
                    for one in given:
                        label = ast.unparse(one)
                        assert not _LABEL.search(label), f"{path.relative_to(SOURCE)}:{node.lineno} shows {label}"
