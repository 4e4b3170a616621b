from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.run.runs import companion, sql
from tui.plan.model import Place, Step
from tui.run.steps import Steps, StepState, section_of


def state(step: Step | str, number: str = "1.1.1", **more: object) -> StepState:
    of = sql(step) if isinstance(step, str) else step
    return StepState(step=of, place=Place(number, "P", "S", None, False), **more)  # type: ignore[arg-type]


NAMES = st.lists(st.integers(0, 400).map(str), unique=True, max_size=200)


@given(NAMES, st.data())
def test_it_is_the_list_it_was_made_of(names: list[str], data: st.DataObject) -> None:
    plain = [state(name) for name in names]
    steps = Steps.of(plain)
    for _ in range(data.draw(st.integers(0, 8)) if names else 0):
        position = data.draw(st.integers(0, len(names) - 1))
        changed = replace(plain[position], attempt=plain[position].attempt + 1)
        before, kept = steps, list(steps)
        plain[position] = changed
        steps = steps.replace(changed)
        assert list(before) == kept, "what it was made from stays as it was"
    assert list(steps) == plain
    assert len(steps) == len(plain)
    for position, name in enumerate(names):
        assert name in steps
        assert steps[name] is plain[position] is steps.at(position)
        assert steps.position(name) == position
    assert "nowhere" not in steps and steps.get("nowhere") is None
    middle = len(plain) // 2
    assert list(steps.behind(middle)) == plain[middle:]
    assert steps == Steps.of(plain)


@given(NAMES, NAMES, st.sets(st.integers(0, 400).map(str)))
def test_what_is_joined_stands_at_the_end_in_its_order(old: list[str], new: list[str], without: set[str]) -> None:
    joined = Steps.of(state(name) for name in old).joined((state(name, attempt=1) for name in new), frozenset(without))
    kept = [name for name in old if name not in new and name not in without]
    assert [at.id for at in joined] == [*kept, *new]
    assert all(joined[name].attempt == 1 for name in new)


def test_sections_are_told_apart_by_number() -> None:
    assert section_of(Place("2.3.1", "P", "S", None, True)) == "2.3"
    assert section_of(Place("U2.3.1", "P", "S", None, False)) == "U2.3"


def test_what_has_ended() -> None:
    ended = {"passed", "skipped", "signed", "by_hand"}
    for status in ("pending", "running", "passed", "failed", "skipped", "signed", "by_hand", "cancelled", "undone"):
        assert state("a", status=status).is_ended == (status in ended)
    assert state(sql("a", on_failure="continue"), status="failed").is_ended


def test_a_companion_that_is_neither_due_nor_running_is_over() -> None:
    for status, over in (("pending", False), ("running", False), ("failed", True), ("cancelled", True)):
        assert state(companion("log", "a"), status=status).is_over == over
    assert not state("a", status="failed").is_over


def test_what_may_be_in_the_database() -> None:
    there = [
        ("passed", "all"), ("passed", "unknown"), ("by_hand", "none"), ("by_hand", "unknown"), ("failed", "some"),
        ("failed", "unknown"), ("cancelled", "some"), ("undecided", "unknown"), ("skipped", "some"),
    ]  # fmt: skip
    not_there = [
        ("pending", "none"), ("running", "some"), ("passed", "none"), ("failed", "none"), ("cancelled", "none"),
        ("skipped", "none"), ("undone", "none"), ("signed", "none"),
    ]  # fmt: skip
    for status, effect in there:
        assert state("a", status=status, effect=effect).may_have_effect, (status, effect)
    for status, effect in not_there:
        assert not state("a", status=status, effect=effect).may_have_effect, (status, effect)
