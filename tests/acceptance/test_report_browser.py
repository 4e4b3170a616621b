"""A report in a real browser: no error, no request leaves it, and it prints; skipped where there is no chromium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, browse
from tests.unit.report.journals import everything, text

pytestmark = pytest.mark.acceptance


class Visit:
    """A page printed: what the console said, what was asked for, the PDF's bytes."""

    def __init__(self, page: Path, scratch: Path) -> None:
        if CHROMIUM is None:
            pytest.skip("chromium is not installed")
        net, pdf = scratch / "net.json", scratch / "page.pdf"
        done = browse(
            page, scratch, "--enable-logging=stderr", f"--log-net-log={net}", "--no-pdf-header-footer",
            f"--print-to-pdf={pdf}",
        )  # fmt: skip
        assert pdf.exists(), done.stderr[-2000:]
        self.pdf = pdf.read_bytes()
        self.console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
        logged = json.loads(net.read_text("utf-8"))
        # What the browser asks of its maker is of no page: its key is another one.
        told = (event.get("params") or {} for event in logged["events"])
        ours = (each for each in told if str(each.get("network_isolation_key", "")).startswith("file://"))
        self.asked = sorted({each["url"] for each in ours if not each.get("url", "file:").startswith("file:")})


def test_nothing_is_executed_and_nothing_leaves_it(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(text(everything(), tmp_path / "run"), "utf-8")
    visit = Visit(page, tmp_path)
    assert visit.console == [] and visit.asked == []
    assert visit.pdf.startswith(b"%PDF-") and visit.pdf.count(b"/Type /Page\n") + visit.pdf.count(b"/Type /Page ") > 5


def test_what_would_leave_a_page_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.error("hello")</script>', "utf-8")
    visit = Visit(page, tmp_path)
    assert visit.asked == ["http://127.0.0.1:9/x.png"] and "hello" in visit.console[0]
