"""Windows of phases and of targets: what is refused, what is only worth knowing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.plan.loader import load
from tui.plan.model import Plan, Window, places
from tui.plan.overdue import overdue, said
from tui.steps.registry import KINDS

HEAD = """\
virada: 1
name: n
targets:
  here: {environment: staging, dsn: x, window: {opens: "2026-12-05T22:00", timezone: UTC, duration: 45m, buffer: 15m}}
phases:
"""
PHASE = "  - {{title: {title}, {more}sections: [{{title: S, steps: [{{id: {id}, title: T, {step}}}]}}]}}\n"
QUERY = "query: {sql: select 1, equals: 1}"


def phase(more: str = "", id: str = "a", step: str = QUERY) -> str:
    return PHASE.format(title=f"P {id}", more=more, id=id, step=step)


def codes(tmp_path: Path, *phases: str, head: str = HEAD, tail: str = "") -> list[tuple[str, str]]:
    path = tmp_path / "plan.yaml"
    path.write_text(head + "".join(phases) + tail)
    return [(problem.level, problem.code) for problem in load(path, KINDS).problems]


def plan(tmp_path: Path, *phases: str) -> Plan:
    path = tmp_path / "plan.yaml"
    path.write_text(HEAD + "".join(phases))
    found = load(path, KINDS).plan
    assert found is not None
    return found


def test_a_phase_with_a_window_begins_with_it(tmp_path: Path) -> None:
    own = "window: {opens: T+24h, duration: 2h, buffer: 30m}, "
    found = plan(tmp_path, phase(), phase(own, "load"), phase(f"starts: T+25h, {own}", "later"))
    assert [place.starts for place, _step in places(found.phases)] == [None, 86400.0, 90000.0]
    assert [place.window is None for place, _step in places(found.phases)] == [True, False, False]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("window: {opens: T+24h, duration: 2h}, ", []),
        ("window: {opens: T+24h, duration: 0}, ", [("error", "bad-window")]),
        ("window: {opens: 22h, duration: 2h}, ", [("error", "bad-offset")]),
        ("window: {duration: 2h}, ", [("error", "missing-key")]),
        ("window: {opens: T+24h, duration: 2h, buffer: 1h}, starts: T+26h, ", [("error", "phase-window")]),
        ("window: {opens: T+24h, duration: 2h}, starts: T+0, ", [("error", "phase-window")]),
        ("window: {opens: T+24h, duration: 2h}, starts: T+25h, ", []),
    ],
)
def test_what_a_window_of_a_phase_must_be(tmp_path: Path, more: str, found: list[tuple[str, str]]) -> None:
    assert codes(tmp_path, phase(more)) == found


def test_windows_of_phases_are_in_the_order_of_the_phases(tmp_path: Path) -> None:
    late, early = "window: {opens: T+24h, duration: 2h}, ", "window: {opens: T+1h, duration: 2h}, "
    assert codes(tmp_path, phase(late), phase(early, "b")) == [("error", "phase-window")]
    assert codes(tmp_path, phase(early), phase(late, "b")) == []


def test_a_rollback_needs_none_and_without_a_targets_it_counts_from_nothing(tmp_path: Path) -> None:
    own = "window: {opens: T+24h, duration: 2h}, "
    back = "rollback:\n  phases:\n  " + phase(own, "r").replace("\n", "\n  ")
    assert codes(tmp_path, phase(), tail=back) == [("error", "phase-window")]
    bare = HEAD.replace(HEAD[HEAD.index(", window") : HEAD.index("}}\n") + 1], "")
    assert codes(tmp_path, phase(own), head=bare) == [("warning", "phase-window")]


def test_a_milestone_lies_in_the_window_of_its_phase(tmp_path: Path) -> None:
    own = "window: {opens: T+24h, duration: 2h}, "
    fine, outside = (f"milestone: {at}, {QUERY}" for at in ("T+25h", "T+27h"))
    assert codes(tmp_path, phase(own, step=fine)) == []
    assert codes(tmp_path, phase(own, step=outside)) == [("error", "milestone-outside")]
    assert codes(tmp_path, phase(step=fine)) == [("error", "milestone-outside")]


def test_a_production_target_without_a_window_is_worth_knowing(tmp_path: Path) -> None:
    production = HEAD.replace("environment: staging", "environment: production")
    bare = "virada: 1\nname: n\ntargets: {here: {environment: %s, dsn: x}}\nphases:\n"
    assert codes(tmp_path, phase(), head=production) == []
    assert codes(tmp_path, phase(), head=bare % "production") == [("warning", "no-window")]
    assert codes(tmp_path, phase(), head=bare % "staging") == []


@pytest.mark.parametrize(
    ("at", "level", "code"),
    [
        ("2026-12-05T22:30", None, None),
        ("2026-12-05T22:44", None, None),
        ("2026-12-05T22:45", "warning", "window-buffer"),
        ("2026-12-05T23:00", "warning", "window-past"),
        ("2026-12-11T22:00", "warning", "window-past"),
    ],
)
def test_a_window_that_is_over_is_said(tmp_path: Path, at: str, level: str | None, code: str | None) -> None:
    found = overdue(plan(tmp_path, phase()), "plan.yaml", {}, datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert [(p.level, p.code) for p in found] == ([] if code is None else [(level, code)])


def test_of_the_target_that_is_meant_it_is_an_error() -> None:
    window = Window(opens="2026-12-05T22:00", duration=2700.0, buffer=900.0)
    now = datetime(2026, 12, 11, tzinfo=UTC)
    assert [found[:2] for found in said(window, now, chosen=True)] == [("error", "window-past")]
    assert list(said(Window(opens="+1m", duration=60.0), now, chosen=True)) == [], "it opens with the run"


def test_what_a_person_signs_has_nothing_to_confirm(tmp_path: Path) -> None:
    assert codes(tmp_path, phase(step="confirm: typed, sign: true")) == [("error", "confirm")]
    assert codes(tmp_path, phase(step=f"confirm: typed, {QUERY}")) == []


def test_only_of_a_command_a_plan_says_that_it_changes_nothing(tmp_path: Path) -> None:
    assert codes(tmp_path, phase(step="changes: false, command: [pg_isready]")) == []
    sql = "changes: false, sql: {text: select 1}, undo: {sql: select 1}"
    assert codes(tmp_path, phase(step=sql)) == [("error", "changes")]
