"""YAML 1.2 core scalars, duplicate keys, and the bounds."""

from __future__ import annotations

from typing import Any

import pytest

from tui.plan.problems import Problem, ProblemReport
from tui.plan.yaml import LONGEST_FILE, builtins, compose, decode


def read(text: str) -> tuple[Any, list[Problem]]:
    report = ProblemReport("p.yaml")
    root = compose(text, report)
    return (None if root is None else builtins(root)), report.sorted()


def problem(text: str) -> tuple[int, int, str]:
    _value, (found,) = read(text)
    return found.line, found.column, found.code


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"), ("22:30", "22:30"), ("1_000", "1_000"),
        ("2026-12-05", "2026-12-05"), ("true", True), ("False", False), ("TRUE", True), ("null", None), ("~", None),
        ("", None), ("Null", None), ("0", 0), ("-12", -12), ("+3", 3), ("017", 17), ("0o17", 15), ("0xff", 255),
        ("0b11", "0b11"), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("6e3", 6000.0), ("-1.2E-2", -0.012), ("1e", "1e"),
        ("'true'", "true"), ('"1"', "1"), ("!!str 1", "1"), ("-", None), ("T+10m", "T+10m"), ("70%", "70%"),
    ],
)  # fmt: skip
def test_scalars_of_the_core_schema(written: str, value: object) -> None:
    if written == "-":
        assert read("a: '-'")[0] == {"a": "-"}
        return
    found, problems = read(f"a: {written}")
    assert problems == [] and found == {"a": value} and type(found["a"]) is type(value)


@pytest.mark.parametrize("written", [".inf", "-.INF", ".nan", "1e999", "9223372036854775808", "0x" + "f" * 17])
def test_numbers_no_journal_can_hold_are_refused(written: str) -> None:
    root = compose(f"a: {written}", ProblemReport("p.yaml"))
    assert root is not None
    with pytest.raises(ValueError):
        builtins(root)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1, "duplicate-key")),
        ("a:\n  b: 1\n  'b': 2\n", (3, 3, "duplicate-key")),
        ("? [a]\n: 1\n", (1, 3, "bad-key")),
        ("a: 1\n2: 3\n", (2, 1, "bad-key")),
        ("true: 3\n", (1, 1, "bad-key")),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", (3, 3, "bad-key")),
        ("a: !!python/object:os.system x\n", (1, 4, "yaml-tag")),
        ("a: !mine {b: 1}\n", (1, 4, "yaml-tag")),
        ("a: *nobody\n", (1, 4, "yaml-alias")),
        ("a: &a [1, *a]\n", (1, 11, "yaml-alias")),
        ("a: 1\n---\nb: 2\n", (2, 1, "several-documents")),
        ("a:\n\tb: 1\n", (2, 1, "yaml-syntax")),
        ("a: [1, 2\nb: 3\n", (2, 2, "yaml-syntax")),
        ("a: b: c\n", (1, 5, "yaml-syntax")),
        ("a: 'open\n", (2, 1, "yaml-syntax")),
        ("", (1, 1, "empty-plan")),
        ("# nothing\n", (1, 1, "empty-plan")),
        ("[" * 100_000, (1, 41, "yaml-depth")),
        ("{a: " * 100_000, (1, 161, "yaml-depth")),
    ],
)
def test_mistakes_of_syntax_have_a_place(text: str, expected: tuple[int, int, str]) -> None:
    assert problem(text) == expected


def test_aliases_are_followed() -> None:
    assert read("a: &x {b: [1]}\nc: *x\n") == ({"a": {"b": [1]}, "c": {"b": [1]}}, [])


def test_aliases_cannot_multiply() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert problem(text)[::2] == (4, "yaml-alias")


def test_aliases_cannot_nest_deeper_than_anything_else() -> None:
    text = "a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*a" + "]" * 30 + "\n"
    assert problem(text)[::2] == (2, "yaml-depth")


def test_mistakes_before_a_syntax_error_are_told_as_well() -> None:
    _value, problems = read("a: 1\na: 2\nb: [\n")
    assert [p.code for p in problems] == ["duplicate-key", "yaml-syntax"]


@pytest.mark.parametrize(
    ("raw", "place", "code"),
    [
        (b"a: 1\nna\xefve: 2\n", (2, 3), "not-utf8"),
        ("a: 1\n".encode("utf-16"), (1, 1), "not-utf8"),
        (b"a: 1\nb: \x1b[31m\n", (2, 4), "yaml-syntax"),
        (b"a: 1\nb: \x00\n", (2, 4), "yaml-syntax"),
        (b" " * (LONGEST_FILE + 1), (1, 1), "file-too-large"),
    ],
)
def test_bytes_that_are_no_plan(raw: bytes, place: tuple[int, int], code: str) -> None:
    report = ProblemReport("p.yaml")
    assert decode(raw, report) is None
    (found,) = report.sorted()
    assert ((found.line, found.column), found.code) == (place, code)


def test_a_byte_order_mark_is_tolerated() -> None:
    assert decode(b"\xef\xbb\xbfa: 1\n", ProblemReport("p.yaml")) == "a: 1\n"
