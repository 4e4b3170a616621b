"""`report`: what it asks for, and what becomes evidence."""

from __future__ import annotations

from tests.unit.steps.drive import answers, codes, ended, lint, play
from tui.journal.codes import FailReason
from tui.steps.effects import Failed, MakeReport, Passed, ReportMade
from tui.steps.report import KIND


def test_a_file_in_each_format_and_one_recording() -> None:
    files = [{"file": "a.html", "bytes": 3, "sha256": "ab"}], [{"file": "a.md", "bytes": 4, "sha256": "cd"}]
    spec = {"parts": ["log"], "formats": ["html", "md", "html"], "cast": True, "timeout": 9.0}
    done = play(KIND, spec, answers(*(ReportMade(done=ended(), files=tuple(some)) for some in files)))
    first, second = done.of(MakeReport)
    assert first == MakeReport(name="a.1.html", format="html", parts=("log",), cast=True, timeout=9.0)
    assert (second.name, second.format, second.cast) == ("a.1.md", "md", False)
    assert isinstance(done.ended, Passed) and done.ended.evidence["documents"] == [*files[0], *files[1]]
    assert KIND.facts is not None and KIND.facts(done.ended.evidence) == [("documents", [*files[0], *files[1]])]


def test_a_document_that_was_not_made() -> None:
    done = play(KIND, {"name": "incident"}, answers(ReportMade(done=ended(1))))
    assert done.of(MakeReport)[0].name == "incident.html"
    assert isinstance(done.ended, Failed) and done.ended.reason == FailReason.EXIT_STATUS
    assert "documents" not in done.ended.evidence


def test_lint() -> None:
    assert codes(lint(KIND, {})) == [] and codes(lint(KIND, {"name": "a/b", "formats": []})) == [
        "report-formats", "report-name",
    ]  # fmt: skip
