"""Debian's chromium, where it is installed: a page printed, or a picture of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    # What the browser asks of its maker goes nowhere.
    *("--disable-sync", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)


def browse(page: Path, scratch: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open the page with these options, in a profile of its own. It exits with 0 whatever came of it: look."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={scratch / 'profile'}", *options, page.as_uri()]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=120, env={"HOME": str(scratch)}
    )
