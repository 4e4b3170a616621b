"""What tests found, read from what real programs print: psql, pg_prove, pytest and others."""

from __future__ import annotations

import pytest

from tui.steps.results import TestResults, of_junit, of_tap

PSQL = '1..3\nok 1 - one\nnot ok 2 - two\n# Failed test 2: "two"\nok 3 - three\n# Looks like you failed 1 test of 3\n'
ALIGNED = " plan \n------\n 1..2\n(1 row)\n\n ok 1 - one\n(1 row)\n\n not ok 2 - two\n"
TWO = "t/a.sql .. \n1..1\nok 1 - a\nok\nt/b.sql .. \n1..2\nok 1 - b\nnot ok 2 - c\nFailed 1/2 subtests \n"
NO_PLAN = "ok 1 - one\nok 2 - two\n1..2\nok 1 - three\n1..1\n"
SUBTESTS = "    1..2\n    ok 1 - inner\n    not ok 2 - inner too\n    # Failed test 2\nnot ok 1 - app.test_it\n1..1\n"
DIRECTED = "1..3\nok 1 - one # SKIP no icu\nnot ok 2 - two # TODO later\nok 3 - three\n"
HARNESS = """t/a.sql .. ok
t/b.sql .. Failed 2/3 subtests

Test Summary Report
-------------------
t/b.sql (Wstat: 0 Tests: 3 Failed: 2)
  Failed tests:  1-2
Files=2, Tests=5,  0 wallclock secs ( 0.02 usr +  0.00 sys =  0.02 CPU)
Result: FAIL
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PSQL, TestResults(passed=2, failed=1, names=("two",))),
        (ALIGNED, TestResults(passed=1, failed=1, names=("two",))),
        (TWO, TestResults(passed=2, failed=1, names=("c",))),
        (NO_PLAN, TestResults(passed=3)),
        (SUBTESTS, TestResults(failed=1, names=("app.test_it",))),
        (DIRECTED, TestResults(passed=1, skipped=2)),
        ("1..3\nok 1 - one\n", TestResults(passed=1, cut=True)),
        ("1..1\nok 1 - one\nok 2 - two\n", TestResults(passed=2, cut=True)),
        ("ok 1 - one\nok 2 - and then the session was lost\n", TestResults(passed=2, cut=True)),
        ("1..2\nok 1\nBail out! lost\n", TestResults(passed=1, failed=1, names=("Bail out! lost",), cut=True)),
        ("1..0 # SKIP nothing to do\n", TestResults()),
        ("", TestResults()),
        ("ok\nnothing that is a test\n", TestResults()),
        (HARNESS, TestResults(passed=3, failed=2, names=("t/b.sql: 1-2",))),
        ("t/a.sql .. ok\nFiles=1, Tests=2,  0 secs\nResult: PASS\n", TestResults(passed=2)),
        ("t/a.sql .. \nFiles=1, Tests=0,  0 secs\nResult: NOTESTS\n", TestResults(cut=True)),
    ],
)  # fmt: skip
def test_tap(text: str, found: TestResults) -> None:
    assert of_tap(text) == found


SUITE = (
    '<testsuites><testsuite name="p" tests="4" failures="1" errors="1" skipped="1">'
    '<testcase classname="a" name="x"/><testcase classname="a" name="y"><failure message="no"/></testcase>'
    '<testcase name="z"><error/></testcase><testcase name="w"><skipped/></testcase></testsuite></testsuites>'
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SUITE, TestResults(passed=1, failed=2, skipped=1, names=("a.y", "z"))),
        ('<testsuite tests="1"><testcase name="x"/></testsuite>', TestResults(passed=1)),
        ('<testsuite tests="0" errors="1"/>', TestResults(failed=1)),
        ('<testsuite tests="0"/>', TestResults()),
        ("", None), ("{}", None), ("<html/>", None), ("<testsuite><testcase>", None),
        ('<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>', None),
    ],
)  # fmt: skip
def test_junit(text: str, found: TestResults | None) -> None:
    assert of_junit(text) == found
