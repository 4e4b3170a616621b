"""What a program of tests has found, read from what it printed (TAP) or wrote (JUnit XML). Pure.

An exit status of 0 is no proof: psql ends with it on `not ok`, and where the script ends in the midst of its tests.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.etree import ElementTree

from msgspec import Struct

_NAMED: Final = 50
_PLAN = re.compile(r"1\.\.([0-9]{1,9})\b")
_TEST = re.compile(r"(not )?ok\b(?: +([0-9]{1,9}))?(?: *-? *(.*))?", re.DOTALL)
_DIRECTIVE = re.compile(r"#\s*(todo|skip)\b", re.IGNORECASE)
_HARNESS = re.compile(r"Files=[0-9]+, Tests=([0-9]{1,9}),")
_FILE = re.compile(r"(\S.*?)\s+\(Wstat: .*?Tests: [0-9]+ Failed: ([0-9]{1,9})\)")
_NUMBERS = re.compile(r"\s+Failed tests?:\s+(.*)")


class TestResults(Struct, frozen=True, kw_only=True):
    """`names`: of those that failed, the first; `cut`: fewer tests ran than were planned, or nobody knows how many."""

    __test__ = False
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: tuple[str, ...] = ()
    cut: bool = False

    def facts(self) -> dict[str, Any]:
        told = {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}
        return told | ({"names": list(self.names)} if self.names else {}) | ({"cut": True} if self.cut else {})

    @property
    def none(self) -> bool:
        """Whether there was no test at all."""
        return not (self.passed or self.failed or self.skipped)


def of_tap(text: str) -> TestResults:
    """Of one or more streams of TAP, as psql or `pg_prove --verbose` prints them; else of pg_prove's own summary. Tests
    within a test (indented) are told by that one."""
    read = _Tap()
    for line in text.splitlines():
        # psql begins a row with a blank where it aligns them.
        stripped = line[1:] if line.startswith(" ") and not line.startswith("    ") else line
        read.line(stripped.rstrip())
    found = read.ended()
    return _of_harness(text) if found.none and not found.cut else found


class _Tap:
    """Streams one behind the other; each has a plan, at its beginning or its end."""

    def __init__(self) -> None:
        self.passed = self.skipped = 0
        self.failed: list[str] = []
        self._cut = False
        self._planned: int | None = None
        self._ran = 0

    def line(self, line: str) -> None:
        plan = _PLAN.match(line)
        if plan is not None:
            if self._planned is not None:
                self._end()
            self._planned = int(plan[1])
        elif line.startswith("Bail out!"):
            self.failed.append(line)
        else:
            test = _TEST.fullmatch(line)
            if test is not None:
                self._test(test)

    def _test(self, test: re.Match[str]) -> None:
        whole = self._planned is not None and self._ran >= self._planned
        if test[2] is None and not test[3] and test[1] is None and (whole or not self._ran):
            # The harness's word for a file.
            return
        if whole and test[2] == "1":
            # Of the next stream, whose plan comes at its end.
            self._end()
        self._ran += 1
        said = test[3] or ""
        directive = _DIRECTIVE.search(said)
        if directive is not None:
            self.skipped += 1
        elif test[1] is not None:
            self.failed.append(said.strip() or f"{test[2] or self._ran}")
        else:
            self.passed += 1

    def _end(self) -> None:
        self._cut = self._cut or (self._ran > 0 and self._planned is None) or self._ran != (self._planned or 0)
        self._planned, self._ran = None, 0

    def ended(self) -> TestResults:
        self._end()
        return TestResults(
            passed=self.passed, failed=len(self.failed), skipped=self.skipped, names=tuple(self.failed[:_NAMED]),
            cut=self._cut,
        )  # fmt: skip


def _of_harness(text: str) -> TestResults:
    total = _HARNESS.search(text)
    if total is None:
        return TestResults()
    failed, names, file = 0, [], ""
    for line in text.splitlines():
        of = _FILE.match(line)
        if of is not None:
            file, failed = of[1], failed + int(of[2])
            continue
        numbers = _NUMBERS.match(line)
        if numbers is not None and file:
            names.append(f"{file}: {numbers[1].strip()}")
    cut = "Result: PASS" not in text and not failed
    return TestResults(passed=max(int(total[1]) - failed, 0), failed=failed, names=tuple(names[:_NAMED]), cut=cut)


def of_junit(text: str) -> TestResults | None:
    """Of JUnit XML; None for what is none. A document type is refused: it could blow itself up."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return None
    if root.tag not in ("testsuites", "testsuite"):
        return None
    passed = skipped = 0
    failed: list[str] = []
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(".".join(part for part in (case.get("classname"), case.get("name")) if part) or "?")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    # Errors outside any test are counted by the suites alone.
    outside = sum(_number(suite, "errors") + _number(suite, "failures") for suite in root.iter("testsuite"))
    count = max(len(failed), outside)
    return TestResults(passed=passed, failed=count, skipped=skipped, names=tuple(failed[:_NAMED]))


def _number(suite: ElementTree.Element, name: str) -> int:
    text = suite.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
