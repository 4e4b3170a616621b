"""Files for one attempt's programs that nobody else reads: 0600 in a directory of 0700, gone when the attempt ends.
Each program has a working directory of its own among them, which is gone when the program ends.

They lie beside the output and not in the frozen plan, which is under its seal and read by others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from tui.engine.programs.removal import remove
from tui.files import closing, create_file
from tui.plan.files import SEAL_FILE
from tui.plan.sealed import SealedPlan
from tui.runs.paths import RunPaths

_NAME: Final = ".{step}.{attempt}.private"


class PrivateFiles:
    """`write` makes a file (anew), `workplace` a directory to work in; `clear` removes all of them."""

    def __init__(self, paths: RunPaths, step: str, attempt: int) -> None:
        self._directory = paths.output / _NAME.format(step=step, attempt=attempt)
        self._count = 0

    def write(self, name: str, content: bytes) -> Path:
        """Write it; the path. Raises OSError."""
        self._make()
        path = self._directory / name
        path.unlink(missing_ok=True)
        with os.fdopen(create_file(path, 0o600), "wb") as file:
            file.write(content)
        return path

    def workplace(self, plan: SealedPlan | None) -> Path:
        """A new directory for one program, with the files of `plan` written anew from the bytes that were sealed.

        Raises NotAsSealed for the first that is something else now, and OSError.
        """
        self._make()
        path = self._new()
        try:
            if plan is not None:
                for name in (*plan.digests, SEAL_FILE):
                    _make_parents(path, name)
                    _copy(plan, name, path / name)
        except OSError:
            remove(path)
            raise
        return path

    def clear(self) -> None:
        remove(self._directory)

    @property
    def there(self) -> bool:
        """Whether there is anything to be removed."""
        return os.path.lexists(self._directory)

    def _make(self) -> None:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._directory.chmod(0o700)

    def _new(self) -> Path:
        while True:
            self._count += 1
            path = self._directory / f"work.{self._count}"
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                # What another engine's program left of this attempt, and could not be removed.
                continue
            path.chmod(0o700)
            return path


def _make_parents(directory: Path, name: str) -> None:
    for parent in reversed(PurePosixPath(name).parents[:-1]):
        with suppress(FileExistsError):
            (directory / parent).mkdir(mode=0o700)


def _copy(plan: SealedPlan, name: str, target: Path) -> None:
    with closing(create_file(target, 0o600)) as descriptor:
        mode = plan.copy(name, descriptor)
        os.fchmod(descriptor, 0o700 if mode & 0o111 else 0o600)


def sweep(paths: RunPaths, spare: Iterable[tuple[str, int]] = ()) -> None:
    """Remove what an engine that was killed left of them. `spare`: attempts (step and number) whose programs may still
    be at work; what is theirs goes when their fate is decided."""
    kept = {_NAME.format(step=step, attempt=attempt) for step, attempt in spare}
    for directory in paths.output.glob(_NAME.format(step="*", attempt="*")):
        if directory.name not in kept:
            remove(directory)
