"""One frozen plan in the place of another: whoever is killed, and wherever, both are whole, and the next ends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.files import sync_directory
from tui.plan import replaced
from tui.plan.freeze import freeze, verify_seal
from tui.plan.loader import load
from tui.plan.replaced import beside, discard, kept, laying, place_of_next, put_in_force, seal_in, taken
from tui.plan.sealed import NotAsSealed, SealedPlan
from tui.steps.registry import KINDS

PLAN = """
virada: 1
name: amended
targets: {dev: {environment: development, dsn: "${DSN}"}}
phases: [{title: A, sections: [{title: B, steps: [{id: a, title: A, sql: {file: a.sql}, undo: {sql: "select 0"}}]}]}]
"""


class Killed(BaseException):
    """The process ends here."""


def frozen(home: Path, text: str, directory: Path) -> str:
    source = home / "source"
    source.mkdir(exist_ok=True)
    (source / "plan.yaml").write_text(PLAN)
    (source / "a.sql").write_text(text)
    loaded = load(source / "plan.yaml", KINDS)
    assert loaded.plan is not None, loaded.problems
    return freeze(loaded, source / "plan.yaml", directory).seal


@pytest.fixture
def run(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    directory.mkdir()
    return directory


def laid(tmp_path: Path, run: Path) -> tuple[str, str]:
    """A plan in force, and the one to come beside it: their seals."""
    first = frozen(tmp_path, "select 1;", run / "plan")
    coming = run / "coming"
    second = frozen(tmp_path, "select 2;", coming)
    coming.rename(place_of_next(run / "plan", second))
    return first, second


def names(run: Path) -> list[str]:
    return sorted(path.name for path in run.iterdir())


@pytest.mark.parametrize("exchange", [True, False], ids=["in one step", "in two"])
def test_killed_at_any_point_it_ends_in_the_new_one_and_the_old_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr(replaced, "_renameat2", lambda one, other: False)
    points, place = 0, 0
    while place <= points:
        run = tmp_path / f"run-{place}"
        run.mkdir()
        first, second = laid(tmp_path, run)
        done = 0

        def counted(real: Callable[..., Any], place: int = place) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                nonlocal done
                done += 1
                if done == place:
                    raise Killed
                return real(*arguments, **named)

            return call

        with monkeypatch.context() as killing:
            killing.setattr(Path, "rename", counted(Path.rename))
            killing.setattr(replaced, "sync_directory", counted(sync_directory))
            killing.setattr(shutil, "rmtree", counted(shutil.rmtree))
            if exchange:
                killing.setattr(replaced, "_renameat2", counted(replaced._renameat2))
            try:
                put_in_force(run / "plan", second, {1: first})
                points = max(points, done if place == 0 else points)
            except Killed:
                assert place > 0
        if place == 0:
            points = done
        # In between every file of both is found by its seal, whatever the directory is called.
        for seal, text in ((first, b"select 1;"), (second, b"select 2;")):
            assert SealedPlan(run / "plan", seal).read("a.sql") == text
        put_in_force(run / "plan", second, {1: first})
        assert names(run) == ["plan", "plan.1"]
        assert (seal_in(run / "plan"), seal_in(kept(run / "plan", 1))) == (second, first)
        assert verify_seal(run / "plan", second) == verify_seal(kept(run / "plan", 1), first) == []
        place += 1
    assert points >= 3


def test_before_the_line_is_there_the_old_one_stays_and_what_was_laid_there_goes_with_the_next(
    tmp_path: Path, run: Path
) -> None:
    first, second = laid(tmp_path, run)
    third = frozen(tmp_path, "select 3;", run / "coming")
    (run / "coming").rename(place_of_next(run / "plan", third))
    put_in_force(run / "plan", third, {1: first})
    assert names(run) == ["plan", "plan.1"] and seal_in(run / "plan") == third
    assert second not in {seal_in(path) for path in beside(run / "plan")}


def test_back_to_a_plan_of_before(tmp_path: Path, run: Path) -> None:
    first, second = laid(tmp_path, run)
    put_in_force(run / "plan", second, {1: first})
    assert frozen(tmp_path, "select 1;", place_of_next(run / "plan", first)) == first
    put_in_force(run / "plan", first, {1: first, 2: second})
    assert names(run) == ["plan", "plan.1", "plan.2"]
    assert [seal_in(run / name) for name in names(run)] == [first, first, second]


def test_what_is_not_there_is_said_and_changes_nothing(tmp_path: Path, run: Path) -> None:
    first, _second = laid(tmp_path, run)
    before = names(run)
    with pytest.raises(FileNotFoundError):
        put_in_force(run / "plan", "ab" * 32, {1: first})
    assert names(run) == before and seal_in(run / "plan") == first


def test_one_that_is_kept_does_not_change_places_with_the_one_in_force(tmp_path: Path, run: Path) -> None:
    first, second = laid(tmp_path, run)
    put_in_force(run / "plan", second, {1: first})
    with pytest.raises(FileNotFoundError):
        put_in_force(run / "plan", first, {1: first, 2: second})
    assert (seal_in(run / "plan"), seal_in(run / "plan.1")) == (second, first)


def test_two_who_lay_the_same_plan_take_nothing_from_each_other(tmp_path: Path, run: Path) -> None:
    plan = run / "plan"
    first = frozen(tmp_path, "select 1;", plan)
    second = frozen(tmp_path, "select 2;", tmp_path / "elsewhere")
    with laying(plan, second) as mine:
        frozen(tmp_path, "select 2;", mine)
        with laying(plan, second) as yours:
            frozen(tmp_path, "select 2;", yours)
            assert mine != yours and taken(plan, second) == place_of_next(plan, second)
            left = mine if mine.exists() else yours
            assert not (mine.exists() and yours.exists())
            put_in_force(plan, second, {1: first})
            assert left.exists(), "whoever laid it is still there"
        assert seal_in(plan) == second
    assert names(run) == ["plan", "plan.1"] and verify_seal(plan, second) == verify_seal(run / "plan.1", first) == []


def test_what_the_engine_has_taken_nobody_else_takes_away(tmp_path: Path, run: Path) -> None:
    plan = run / "plan"
    frozen(tmp_path, "select 1;", plan)
    second = frozen(tmp_path, "select 2;", tmp_path / "elsewhere")
    with laying(plan, second) as place:
        frozen(tmp_path, "select 2;", place)
        held = taken(plan, second)
    assert held is not None and verify_seal(held, second) == []
    discard(held)
    assert taken(plan, second) is None and names(run) == ["plan"]


def test_what_somebody_was_killed_behind_goes_with_the_next(tmp_path: Path, run: Path) -> None:
    first, second = laid(tmp_path, run)
    (run / f".plan.{second[:16]}.4711-0badcafe").mkdir()
    put_in_force(run / "plan", second, {1: first})
    assert names(run) == ["plan", "plan.1"]


def test_who_reads_a_plan_goes_on_with_it_when_another_takes_its_place(tmp_path: Path, run: Path) -> None:
    first, second = laid(tmp_path, run)
    early, late = SealedPlan(run / "plan", first), SealedPlan(run / "plan", first)
    assert early.text("a.sql") == "select 1;"
    put_in_force(run / "plan", second, {1: first})
    assert late.text("a.sql") == "select 1;", "it is the kept one by now"
    with pytest.raises(NotAsSealed):
        SealedPlan(run / "plan", first, here=True).read("a.sql")
    assert verify_seal(run / "plan", first), "whoever asks for this place is told that it is another"
