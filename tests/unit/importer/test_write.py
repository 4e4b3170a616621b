"""The writer of plans: whatever text stands in a draft is read again as it was, and comments are nothing but that."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.importer.draft import Draft, DraftPhase, DraftSection, DraftStep, Noted
from tui.importer.write import write
from tui.importer.yaml_text import comment, entries, flow
from tui.plan.problems import ProblemReport
from tui.plan.yaml import builtins, compose, decode

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**40), 2**40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def read(text: str) -> Any:
    report = ProblemReport("p")
    decoded = decode(text.encode(), report)
    node = None if decoded is None else compose(decoded, report)
    assert node is not None and not report.errors, report.sorted()
    return builtins(node)


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_a_value_on_one_line_is_read_as_it_was(value: Any) -> None:
    assert read(f"a: {flow(value)}\n") == {"a": value}


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_a_mapping_is_read_as_it_was(value: dict[str, Any]) -> None:
    assert read("\n".join(entries(value, 0)) + "\n") == value


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_a_draft_is_read_as_it_was_whatever_its_comments_hold(title: str, note: str, text: str) -> None:
    step = DraftStep("a", title, {"sign": {"text": text}}, above=[note], below=[note])
    section = DraftSection(title, [step], above=[note], below=[note])
    head = {"team": Noted([Noted({"role": title}, above=[note])], above=[note])}
    phases = [DraftPhase(title, [section], above=[note])]
    draft = Draft(title, None, head, phases, [{"title": title}], phases, [note], [note], [note])
    steps = [{"id": "a", "title": title, "sign": {"text": text}}]
    told = [{"title": title, "sections": [{"title": title, "steps": steps}]}]
    assert read(write(draft)) == {
        "virada": 1, "name": title, "team": [{"role": title}], "phases": told,
        "rollback": {"triggers": [{"title": title}], "phases": told},
    }  # fmt: skip


def test_what_nobody_could_mistake_stands_plain() -> None:
    plain = ["Tempo de resposta < 100ms", "Ana (DBA)", "10m", "500ms", "alter table a add b int", "a:b", "Ação; já"]
    assert [flow(one) for one in plain] == plain
    quoted = ["yes", "1", "", " a", "a: b", "a #b", "[Nome]", "a, b", "2026-01-01", "- a", "null", "'a'", "a:"]
    assert [flow(one) for one in quoted] == [f'"{one}"' for one in quoted]


def test_a_comment_is_one_line() -> None:
    assert comment("a\nb\r\x85\u2028\x1bc ") == "# a\\nb\\u000d\\u0085\\u2028\\u001bc"


def test_a_colon_with_a_question_mark_is_quoted_between_brackets() -> None:
    # Parsers of YAML 1.1 take it for a key.
    assert flow(["why:?", "a:b"]) == '["why:?", a:b]'
