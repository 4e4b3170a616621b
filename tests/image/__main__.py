"""A release tried on machines that have nothing: `python -m tests.image [pytest's arguments]`, as root.

It makes the release, images of Debian with Python 3.9, 3.11, 3.13 and 3.14 and one of aarch64, and runs
`tests/image/scenarios.py` in them: half an hour, two gigabytes, and mmdebstrap and qemu-user-static of Debian.
Images and wheels are kept for the next time in the account's cache. A release that is there already is named by
VIRADA_RELEASE.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.image.machine import needs

SCENARIOS = Path(__file__).with_name("scenarios.py")
RELEASE = "VIRADA_RELEASE"


def main(arguments: Sequence[str]) -> int:
    """pytest's exit code, or 1."""
    lacking = needs()
    if lacking:
        print(f"tests.image needs {', '.join(lacking)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="virada-image-") as name:
        there = os.environ.get(RELEASE)
        if there is None:
            there = name
            made = subprocess.run([sys.executable, "-m", "release", "-o", there])
            if made.returncode != 0:
                return 1
        command = [sys.executable, "-m", "pytest", "-n", "0", str(SCENARIOS), *arguments]
        return subprocess.run(command, env={**os.environ, RELEASE: there}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
