"""Every code that may be journaled has words in every language, and nothing has words that is no code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import tui.locale
from tests.unit.cli.journals import Journal, plan, sql
from tui.journal import codes as c
from tui.journal import events as e
from tui.journal.codes import Fact
from tui.journal.other_runs import OtherRun
from tui.pictures.log import log_lines
from tui.pictures.now import now
from tui.pictures.view import Moment, View
from tui.plain.narrator import narrate
from tui.plan import model
from tui.run import state, steps
from tui.run.confirmation import Why
from tui.run.fold import fold
from tui.run.other_runs import standing
from tui.run.unknown import Unknown
from tui.words import codes as w
from tui.words import holding
from tui.words.check_codes import FOUND, NAMES
from tui.words.confirmations import confirmation_words
from tui.words.hindrances import HINDRANCES
from tui.words.said import say
from tui.words.shortcomings import SHORTCOMINGS
from tui.words.unknown import lack_words
from tui.words.waiting import wait_words

LANGUAGES = ("en", "pt_BR")
REASONS = (c.FailReason, c.CancelReason, c.SkipReason, c.TriggerReason)
SILENT = {c.WaitReason.NONE, c.CancelReason.ENGINE}
"""Members that say nothing: a wait that is over, and what is never journaled."""
TABLES: tuple[tuple[Mapping[str, str], tuple[str, ...]], ...] = (
    (w.EFFECT, tuple(c.EffectCode)),
    (w.FATE, tuple(c.FateCode)),
    (w.FATE_REASON, tuple(c.FateReason)),
    (w.STEP_WAITING, tuple(c.WaitReason)),
    (w.TAKEN_OVER, tuple(c.DriveReason)),
    (w.REPLICATION, tuple(c.Replication)),
    (w.UNMEASURED, tuple(c.Unmeasured)),
    (w.LEFT_OUT, tuple(c.LeftOut)),
    (HINDRANCES, tuple(c.Hindrance)),
    (SHORTCOMINGS, tuple(c.Shortcoming)),
    *((words, tuple(words)) for words in FOUND.values()),
    (NAMES, tuple(NAMES)),
    (w.NOT_COMPARED, tuple(c.NotCompared)),
    (w.BACKUP_PROOF, tuple(c.BackupProof)),
    ({str(code): text for code, text in holding.EVIDENCE.items()}, tuple(c.EvidenceState)),
    (w.REASON, tuple(code for family in REASONS for code in family)),
    (w.STEP_STATUS, (*get_args(steps.Status), *(outcome for outcome in c.Outcome))),
    (w.RUN_STATUS, get_args(state.RunStatus)),
    (w.ROLLBACK_STATUS, (*get_args(state.RunStatus), "rolled_back_to")),
    (w.ENVIRONMENT, get_args(model.Environment)),
    (w.REPEAT, get_args(model.Repeat)),
    (w.ON_FAILURE, get_args(model.OnFailure)),
)
SAID: dict[type[StrEnum], Callable[[str], str]] = {
    c.HoldReason: lambda code: holding.held_sentence(state.Barrier(code=code, facts={})),
    c.Standing: lambda code: say(standing(OtherRun(run="r", standing=code))),
    c.WaitReason: lambda code: wait_words(code, {}),
    Unknown: lambda code: lack_words(code),
}
"""Families whose words are sentences that are made from their facts."""


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    yield tui.locale.use(request.param)
    tui.locale.use("en")


@pytest.mark.parametrize(("table", "codes"), TABLES)
def test_each_code_has_words_and_each_word_a_code(table: Mapping[str, str], codes: tuple[str, ...]) -> None:
    assert {str(code) for code in table} == {str(code) for code in codes} - {str(code) for code in SILENT}


def test_no_family_of_codes_is_forgotten() -> None:
    held = {type(code) for _table, codes in TABLES for code in codes} | set(SAID)
    # Keys of facts name what is beside them; why a rehearsed time says nothing is told with the sizes.
    assert set(c.FAMILIES) - held <= {Fact, c.Incomparable}


@pytest.mark.parametrize("family", SAID, ids=lambda family: family.__name__)
def test_each_code_is_said_in_a_sentence(family: type[StrEnum], language: str) -> None:
    known = {code: SAID[family](code) for code in family if code not in SILENT}
    for code, text in known.items():
        assert text and code not in (text, text.replace(" ", "_")), f"{code} has no words"
        assert language == "en" or text != _in_english(SAID[family], code), f"{code} has no Portuguese words"
    assert "of_a_newer_version" in SAID[family]("of_a_newer_version").replace(" ", "_") or family is c.Standing


def _in_english(say: Callable[[str], str], code: str) -> str:
    tui.locale.use("en")
    try:
        return say(code)
    finally:
        tui.locale.use("pt_BR")


def test_what_a_confirmation_costs_is_said(language: str) -> None:
    for why in get_args(Why):
        assert confirmation_words({"why": why, "target": "shop"})


def _events() -> Iterator[tuple[str, e.StepEvent]]:
    """An event for each code with which a step waits, ends or has a fate."""
    code: str
    for code in c.WaitReason:
        yield code, e.StepWaiting(step="a", attempt=1, reason=code)
    for fate in c.FateCode:
        for reason in c.FateReason:
            yield reason, e.StepFate(step="a", attempt=1, fate=fate.value, reason=reason)
    for code in c.FailReason:
        yield code, e.StepFailed(step="a", attempt=1, reason=code, effect="none")
    for code in c.CancelReason:
        yield code, e.StepCancelled(step="a", attempt=1, reason=code, effect="none")
    for code in c.SkipReason:
        yield code, e.StepSkipped(step="a", attempt=1, reason=code)


def test_both_readers_say_words_for_every_code(language: str) -> None:
    journal = Journal(plan(sql("a")))
    journal.add(e.StepStarted(step="a", attempt=1))
    before = state.RunState()
    for line in journal.lines:
        before = fold(before, line)
    for code, event in _events():
        if code in SILENT or "_" not in code:
            continue
        journal.add(event)
        line = journal.lines.pop()
        after = fold(before, line)
        told = [*narrate(before, after, line), *(one.text for one in log_lines([line], after))]
        assert told
        for text in told:
            assert code not in text, f"{type(event).__name__} says {code}: {text}"


def test_a_code_of_a_newer_version_is_shown_as_it_is(language: str) -> None:
    assert w.word(w.REASON, "not\x1bknown") == r"not\x1bknown"
    assert wait_words("not_known", {"n": 3}).endswith("not_known (n 3)")
    assert w.worded({"why": "not_known", "list": [{"why": "asked"}]})["why"] == "not_known"


def test_codes_in_evidence_have_words(language: str) -> None:
    told: Any = w.worded({"replication": "unconfirmed", "left_out": [{"why": "on_login"}], "n": 1})
    assert told["replication"] != "unconfirmed" and told["left_out"][0]["why"] != "on_login"
    assert msgspec.json.encode(told)


def test_no_reader_has_words_of_its_own_for_codes() -> None:
    """A table that says codes in words stands in `tui/words` alone."""
    known = {str(code) for _table, codes in TABLES for code in codes}
    for package in ("console", "plain", "cli", "run", "engine"):
        for path in (Path(tui.locale.__file__).parents[1] / package).rglob("*.py"):
            text = path.read_text("utf-8")
            marked = re.search(r'"[a-z_]+": (?:lambda: )?(?:_|N_|ngettext)\(', text)
            for node in ast.walk(ast.parse(text if marked else "")):
                if isinstance(node, ast.Dict):
                    keys = {key.value for key in node.keys if isinstance(key, ast.Constant)} & known
                    said = [value for value in node.values if isinstance(value, ast.Call | ast.Lambda)]
                    texts = [call for value in said for call in ast.walk(value) if _is_marked(call)]
                    assert len(keys) < 3 or not texts, f"{path.name}:{node.lineno} puts codes into words"


def _is_marked(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_", "ngettext")


def test_why_a_run_is_held_is_said_in_words_and_a_persons_reason_as_it_is(language: str) -> None:
    opened = fold(state.RunState(), Journal(plan(sql("a"))).lines[0])
    for held, shown in (("rolled_back_to", w.word(w.ROLLBACK_STATUS, "rolled_back_to")), ("look at app_t", "app_t")):
        view = View(state=msgspec.structs.replace(opened, held=held), moment=Moment(0.0, 1.0, 0.0), mode="replay")
        text = " ".join(piece[0] for line in now(view, 120) for piece in line)
        assert shown in text and "rolled_back_to" not in text
