"""Facts of evidence are told in words, and their values as people read them, whatever kind of step they are of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import tui.locale
from tests.unit.cli.journals import Journal, plan, sql
from tui.journal import events as e
from tui.journal.codes import Fact
from tui.pictures.details import StepFiles, details
from tui.pictures.view import Moment, View
from tui.plan.metrics import METRICS
from tui.run.fold import fold_all
from tui.run.steps import StepState
from tui.said import LANGUAGES
from tui.words.checks import expected_words
from tui.words.facts import FACTS, PARTS, fact_word
from tui.words.steps import evidence_words
from tui.words.values import value_words

STEPS = Path(tui.locale.__file__).parents[1] / "steps"
SOURCES = sorted(STEPS.rglob("*.py"))
PASSED: dict[str, dict[str, Any]] = {
    "sql": {"statements": 3, "done": 0, "rows": 20000, "tries": 1, "commit": {"xid": "912", "protection": "ledger"},
            "replication": "unconfirmed"},
    "batch": {"batches": 4, "rows": 23, "total": 40, "left": 17, "resumed_at": 0},
    "command": {"exit_status": 0, "seconds": 1.5, "output_bytes": 2500, "timed_out": False},
    "query": {"rows": [["7"]], "columns": ["n"], "count": 1, "expected": {"below": 7.5}},
    "backup": {"path": "/b", "format": "directory", "bytes": 1_500_000, "sha256": "ab" * 32, "replayed": True},
    "monitor": {"seconds": 3.0, "critical_errors": 0, "samples": 3, "attested": ["cpu"],
                "baseline": {"response_time": {"median": 0.25, "p95": 1.5, "max": 2.0}}},
    "load": {"holds_up_to": 8, "breaks_at": 16, "levels": [
        {"clients": 8, "tps": 812.5, "latency_s": 0.0098}, {"clients": 16, "tps": 900.0, "breached": ["cpu 0.7"]},
    ]},
    "check": {"checks": [
        {"name": "disk_free", "expected": 50_000_000_000, "found": 99_500_000_000, "holds": True, "unit": "bytes"},
        {"name": "writable", "expected": True, "found": True, "holds": True},
        {"name": "version", "expected": ">=14", "found": "15.18", "holds": True},
    ]},
    "of_a_later_version": {"exit_status": 0, "timed_out": False, "never_heard_of": 7},
}  # fmt: skip
TOLD = {
    "sql": "statements 3, done 0, rows 20000, tries 1, xid 912, protected by the ledger, replication no standby "
    "has confirmed it: its wait for one was cut short",
    "batch": "batches 4, rows 23, total 40, rows left 17, resumed behind 0",
    "command": "exit status 0, output's size 2.5 kB",
    "query": "value 7, expected below 7.5, rows 1",
    "backup": "path /b, format directory, size 1.5 MB, SHA-256 abababababab, replayed yes",
    "monitor": "critical errors 0, samples 3, response time median 250 ms, p95 1.5 s, max 2.0 s, left to a person CPU",
    "load": "holds up to 8, breaks at 16, levels clients 8, TPS 812/s, latency 10 ms; clients 16, TPS 900/s, "
    "breached cpu 0.7",
    "check": "disk_free 99.5 GB (50.0 GB), writable yes (yes), version 15.18 (>=14)",
    "of_a_later_version": "exit status 0, timed out no, never_heard_of 7",
}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    yield tui.locale.use(request.param)
    tui.locale.use("en")


def passed(kind: str) -> StepState:
    journal = Journal(plan(sql("fill")))
    journal.add(e.StepStarted(step="fill", attempt=1))
    journal.add(e.StepPassed(step="fill", attempt=1, evidence=PASSED[kind], effect="all"))
    at = fold_all(journal.lines).steps["fill"]
    return replace(at, step=replace(at.step, kind=kind))


def test_every_fact_has_a_word_and_every_word_a_fact(language: str) -> None:
    assert set(FACTS) == set(Fact), "a fact's word stands in tui/words/facts.py"
    for name in (*FACTS, *PARTS):
        told = fact_word(name)
        assert told and "_" not in told and len(told) <= 16, f"{name}: {told!r} is no label"
    assert fact_word("never\x1b_heard") == r"never\x1b_heard" and fact_word("cpu") == "CPU"


@pytest.mark.parametrize("kind", PASSED)
def test_a_good_end_is_told_in_words(kind: str, language: str) -> None:
    told = evidence_words(passed(kind))
    assert language != "en" or told == TOLD[kind]
    for name in (*FACTS, "protection"):
        assert "_" not in name or name not in told, f"{name} is shown by its key"
    assert "True" not in told and "False" not in told and "{" not in told
    if language == "pt_BR" and kind == "query":
        assert "7,5" in told and "7.5" not in told


@pytest.mark.parametrize("kind", PASSED)
def test_the_consoles_details_say_the_same_words(kind: str) -> None:
    journal = Journal(plan(sql("fill")))
    view = View(state=fold_all(journal.lines), moment=Moment(0.0, 1.0, 0.0), mode="replay")
    lines = ["".join(text for text, *_ in line) for line in details(view, passed(kind), StepFiles(), 100)]
    evidence = lines[next(n for n, line in enumerate(lines) if "Evidence" in line) :]
    for name in PASSED[kind]:
        assert name not in FACTS or any(line.startswith(fact_word(name)) for line in evidence), name
        assert "_" not in name or name not in FACTS or not any(line.startswith(name) for line in evidence)


def test_figures_are_those_of_the_language(language: str) -> None:
    comma = "," if language == "pt_BR" else "."
    assert expected_words("equals", 0.0000001) == f"0{comma}0000001" and expected_words("equals", True) == "true"
    assert expected_words("below", 12345678) == ("abaixo de 12345678" if language == "pt_BR" else "below 12345678")
    assert value_words("free_bytes", 1_500_000) == f"1{comma}5 MB" and value_words("decode_s", 2.5) == f"2{comma}5 s"
    assert value_words("rows", 20000) == "20000" and value_words("sha256", "ab" * 32) == "ab" * 32
    assert value_words("damaged", []) == "-" and value_words("tables", ["a", "b\x1b"]) == r"a, b\x1b"
    assert value_words("output_error", {"code": "psql_lost", "facts": {}}) not in ("psql_lost", "")


def _told_by(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "facts":
            yield node


def test_kinds_tell_their_facts_by_name_and_as_they_are() -> None:
    """What a kind tells has a word, and is put into words where it is shown."""
    known = {*map(str, FACTS), *PARTS, *METRICS}
    for path in SOURCES:
        for function in _told_by(ast.parse(path.read_text("utf-8"))):
            for node in ast.walk(function):
                where = f"{path.relative_to(STEPS)}:{getattr(node, 'lineno', 0)}"
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str"
                assert not called and not isinstance(node, ast.JoinedStr), f"{where} makes text of a fact"
                if isinstance(node, ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant):
                    parts = (one.value for one in node.elts if isinstance(one, ast.Constant))
                    names = {part for part in parts if isinstance(part, str)}
                    assert names <= known | {"p95"}, f"{where} tells {names - known}, which has no word"


def test_details_tell_each_row_of_a_check_whole() -> None:
    rows = [
        {"name": "privilege", "what": "app.a_table_with_a_long_name", "holds": True, "found": "owner"},
        {
            "name": "window_rollback",
            "holds": None,
            "expected": None,
            "found": None,
            "why": [{"code": "no_way_back_known"}],
        },
    ]
    journal = Journal(plan(sql("fill")))
    journal.add(e.StepStarted(step="fill", attempt=1))
    journal.add(e.StepPassed(step="fill", attempt=1, evidence={"checks": rows}, effect="all"))
    state = fold_all(journal.lines)
    view = View(state=state, moment=Moment(0.0, 1.0, 0.0), mode="replay")
    told = " ".join(
        "".join(text for text, *_ in line).strip() for line in details(view, state.steps["fill"], StepFiles(), 80)
    )
    assert "privilege app.a_table_with_a_long_name: owner" in told
    assert "time to go back: no rehearsal of this work has rolled back;" in told and "holds" not in told
