"""`status` and `runs` for people: neat, and never wider than 80 columns."""

from __future__ import annotations

import pytest

import tui.locale
from tests.unit.cli.journals import Journal, plan, sign, sql, story
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
    assert "response_time: 0.25, limit 0.1, BREACHED (db1)" in told
    assert told.endswith("1.1.3 fill: a person decides: retry, skip, by-hand or rollback")


def test_long_and_hostile_titles_are_cut_and_shown() -> None:
    tui.locale.use("en")
    journal = Journal(plan(sql("x" * 90), sign("go\x1b[2J")))
    for line in status_lines(status(fold_all(journal.lines))):
        assert len(line) <= 80
        assert line.isprintable()


def test_a_run_that_cannot_be_read_stands_in_the_list_with_its_reason() -> None:
    row = {"id": "20261122T060000Z-7f3a", "problem": "The journal is broken.", "status": None}
    assert runs_lines([row]) == ["20261122T060000Z-7f3a  The journal is broken."]
