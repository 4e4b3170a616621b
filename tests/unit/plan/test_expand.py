from __future__ import annotations

import pytest

from tui.plan.scalars import ExpansionError, expand, variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "1"),
        ("a${A}b${B}c", "a1bc"),
        ("${B:-x}${C:-y z}${A:-w}", "xy z1"),
        ("${C:-}", ""),
        ("$A $$ ${} ${1} ${A", "$A $$ ${} ${1} ${A"),
        ("${LITERAL}", "${A}"),
    ],
)
def test_variables_are_replaced_once(text: str, value: str) -> None:
    assert expand(text, {"A": "1", "B": "", "LITERAL": "${A}"}) == value


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ExpansionError, match=r"DATABASE_URL is not set; .*\$\{DATABASE_URL:-default\}") as caught:
        expand("x ${DATABASE_URL}", {})
    assert caught.value.name == "DATABASE_URL"


def test_needed_variables_are_listed() -> None:
    assert variables("${A} ${B:-x} ${C}") == ["A", "C"]
