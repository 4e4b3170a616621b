"""Files for one attempt's programs that nobody else reads: 0600 in a directory of 0700, gone when the attempt ends.

They lie beside the output and not in the frozen plan, which is under its seal and read by others.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tui.helm.paths import RunPaths

_NAME = ".{step}.{attempt}.private"


class PrivateFiles:
    """`write` makes a file (anew); `clear` removes all of them."""

    def __init__(self, paths: RunPaths, step: str, attempt: int) -> None:
        self._directory = paths.output / _NAME.format(step=step, attempt=attempt)

    def write(self, name: str, content: bytes) -> Path:
        """Write it; the path. Raises OSError."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._directory.chmod(0o700)
        path = self._directory / name
        path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
        return path

    def clear(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)


def sweep(paths: RunPaths) -> None:
    """Remove what an engine that was killed left of them."""
    for directory in paths.output.glob(_NAME.format(step="*", attempt="*")):
        shutil.rmtree(directory, ignore_errors=True)
