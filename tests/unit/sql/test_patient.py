"""Whose locks nobody waits for is told from the words."""

from __future__ import annotations

import pytest

from tui.sql.patient import all_patient
from tui.sql.script import read_script


@pytest.mark.parametrize(
    "text",
    [
        "create index concurrently a on t (n)", "create unique index concurrently if not exists a on t (n)",
        "drop index concurrently a, b", "reindex (verbose, concurrently) table t", "reindex table concurrently t",
        "vacuum", "vacuum (analyze, parallel 2) t", "vacuum verbose analyze t", "analyze t (n)",
        "alter table only s.t validate constraint c", "alter table t validate constraint c, validate constraint d",
        "set maintenance_work_mem = '2GB'; alter table t validate constraint c",
        "refresh materialized view concurrently m", 'vacuum "full"', "vacuum (verbose) full_of_things",
    ],
)  # fmt: skip
def test_nobody_waits_for_them(text: str) -> None:
    assert all_patient(read_script(text).statements)


@pytest.mark.parametrize(
    "text",
    [
        "", "select 1", "update t set n = 1", "create index a on t (n)", "create index concurrently_a on t (n)",
        "drop index a", "drop table concurrently", "reindex table t", "vacuum full t", "vacuum (full) t",
        "vacuum (verbose, full) t", "alter table t validate constraint c, add column n int",
        "alter table t alter n set not null", "alter table t add constraint c check (validate(n)) not valid",
        "set lock_timeout = '1s'", "refresh materialized view m",
        "alter table t validate constraint c; update t set n = 1", "cluster t",
    ],
)  # fmt: skip
def test_others_are_not_called_so(text: str) -> None:
    assert not all_patient(read_script(text).statements)
