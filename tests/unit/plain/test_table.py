"""`status` and `runs` for people: neat on a terminal of any width, whole in a pipe."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import tui.locale
from tests.unit.cli.journals import Journal, plan, sign, sql, story
from tui.plain.columns import cells
from tui.plain.table import runs_lines, status_lines
from tui.run.fold import fold_all
from tui.run.status import status


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_every_moment_fits_80_columns(language: str) -> None:
    tui.locale.use(language)
    lines = story().lines
    for count in range(1, len(lines) + 1):
        for line in status_lines(status(fold_all(lines[:count]))):
            assert len(line) <= 80
            assert line.isprintable()


def test_it_says_where_the_run_stands() -> None:
    tui.locale.use("en")
    told = "\n".join(status_lines(status(fold_all(story().lines[:12]), {"pid": 7, "host": "jump1", "alive": True})))
    assert "helm: ana@jump1; engine 7 on jump1" in told
    assert "1.1.2  passed        2.5 s  expand" in told
    assert "response time: 250 ms, limit 100 ms, BREACHED (db1)" in told
    assert told.endswith("1.1.3 fill: a person decides: retry, skip, by-hand or rollback")


def test_hostile_titles_are_shown_and_cut_on_a_terminal_alone() -> None:
    tui.locale.use("en")
    title = "go\x1b[2J " + "long " * 30 + "end"
    journal = Journal(plan(replace(sql("a"), title=title), replace(sign("b"), title="日本語の題名" * 12)))
    told = status(fold_all(journal.lines))
    for line in status_lines(told, 80):
        assert cells(line) <= 80 and line.isprintable()
    whole = "\n".join(status_lines(told, None))
    assert "long end" in whole and "日本語の題名" * 12 in whole and "…" not in whole and "\x1b" not in whole
    assert any("long end" in line for line in status_lines(told, 250)), "a wide terminal shows it all"


def test_what_commands_want_is_never_cut() -> None:
    tui.locale.use("en")
    long = "expand-" + "x" * 90
    told = status_lines(status(fold_all(Journal(plan(sql(long))).lines)), 80)
    assert any(long in line for line in told)


@pytest.mark.parametrize("width", [80, None])
def test_sentences_are_folded_on_a_terminal_and_a_line_in_a_pipe(width: int | None) -> None:
    tui.locale.use("en")
    told = status(fold_all(story().lines[:12]))
    told["despite"] = [f"code-{n}" for n in range(30)]
    told["rollback"] = {"reason": "because " * 30 + "of that", "by": "ana", "status": "running", "stays": []}
    told["proposed"] = [{"title": "title " * 30 + "whole"}]
    lines = status_lines(told, width)
    text = " ".join(" ".join(lines).split())
    assert "code-29" in text and "because of that" in text and "title whole" in text and "…" not in text
    if width is None:
        assert sum(word in line for line in lines for word in ("code-0,", "rollback: because", "PROPOSED")) == 3
    else:
        assert max(map(cells, lines)) <= 80


def test_a_run_that_cannot_be_read_stands_in_the_list_with_its_reason() -> None:
    row = {"id": "20261122T060000Z-7f3a", "problem": "The journal is broken.", "status": None}
    assert runs_lines([row]) == ["20261122T060000Z-7f3a  The journal is broken."]


def test_runs_are_cut_on_a_terminal_alone() -> None:
    tui.locale.use("en")
    row = {
        "id": "20261122T060000Z-7f3a", "problem": None, "status": "running", "target": "production-of-a-long-name",
        "environment": "production", "plan": "A plan whose name goes on and on, 計画の名前, until its very end",
    }  # fmt: skip
    (cut,), (whole,) = runs_lines([row], 80), runs_lines([row], None)
    assert cells(cut) <= 80 and cut.endswith("…")
    assert "production-of-a-long-name (PRODUCTION)" in whole and whole.endswith("until its very end")
    assert runs_lines([row | {"problem": "why " * 40 + "so"}], 80)[-1].endswith("so")


def test_the_command_that_it_waits_for_can_be_typed_as_it_stands() -> None:
    tui.locale.use("en")
    first = Journal(plan(sql("a"), sign("b")))
    told = status(fold_all(first.lines))
    assert told["waiting"]["reason"] == "person"
    assert status_lines(told)[-1] == f"  virada do {told['id']} execute a"
    dangerous = {**told, "target": "prod uction", "waiting": {"reason": "window", "step": "a"}}
    assert status_lines(dangerous)[-1].endswith("execute a --confirm 'prod uction' --reason TEXT")
    signed = {**told, "waiting": {"reason": "person", "step": "b"}}
    assert status_lines(signed)[-1] == f"  virada do {told['id']} sign b --note TEXT"
