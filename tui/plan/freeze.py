"""Freezing a plan: the plan and its files copied into the run's own directory, sealed and on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tui.files import create_file, sync_directory
from tui.plan.files import PLAN_FILE, SEAL_FILE, digest_of, why
from tui.plan.loader import Loaded
from tui.plan.seal import lines_of, seal_of_digests, work_of
from tui.plan.sealed import NOT_SEALED, NotAsSealed, SealedPlan, how_it_differs
from tui.said import N_, Quoted, Said

_DIRECTORY_MODE, _FILE_MODE, _PROGRAM_MODE = 0o2750, 0o640, 0o750
_OWNERS: int = 0o700
"""Of the mode of a file that holds a secret: what is left to read it is its owner."""


class FreezeError(Exception):
    """The plan cannot be frozen; its text is a sentence for people."""


class Frozen(Struct, frozen=True, kw_only=True):
    """A frozen plan: seal and work in lower-case hex, the names of its files, the plan's own first."""

    seal: str
    work: str
    files: tuple[str, ...]


def freeze(loaded: Loaded, source: Path, directory: Path) -> Frozen:
    """Copy the plan `source` and its files into `directory` (made here), write `SEAL`, and wait until all is on disk.

    Raises FreezeError when the plan has errors, a file is not what it was when the plan was read, or for an OSError.
    """
    if loaded.plan is None:
        raise FreezeError(Said("A plan with errors is not frozen; correct it first."))
    try:
        return _freeze(loaded, source, directory)
    except OSError as error:
        message = N_("The plan cannot be frozen into {directory}: {reason}.")
        raise FreezeError(Said(message, directory=Quoted(str(directory)), reason=why(error))) from error


def _freeze(loaded: Loaded, source: Path, directory: Path) -> Frozen:
    assert loaded.plan is not None
    _make_directory(directory)
    made = {directory}
    names = (PLAN_FILE, *loaded.files)
    for name in names:
        target = directory / name
        for parent in reversed(target.relative_to(directory).parents[:-1]):
            if directory / parent not in made:
                _make_directory(directory / parent)
                made.add(directory / parent)
        origin = source if name == PLAN_FILE else source.parent / name
        if _copy(origin, target, private=name in loaded.secrets.files) != loaded.digests[name]:
            message = N_("{name} was changed after the plan was read; check the plan again.")
            raise FreezeError(Said(message, name=Quoted(origin.name if name == PLAN_FILE else name)))
    with _created(directory / SEAL_FILE, _FILE_MODE) as file:
        file.write("".join(lines_of(loaded.digests)).encode())
    for path in (*made, directory.parent):
        sync_directory(path)
    files = {name: digest for name, digest in loaded.digests.items() if name != PLAN_FILE}
    return Frozen(seal=seal_of_digests(loaded.digests), work=work_of(loaded.plan, files), files=names)


def verify_seal(directory: Path, seal: str) -> list[Said]:
    """How a frozen plan differs from what was sealed as `seal`, a sentence each."""
    plan = SealedPlan(directory, seal, here=True)
    try:
        sealed = plan.digests
    except NotAsSealed as error:
        if len(error.found) == len(seal):
            return [Said("The file SEAL is not the one the run was opened with.")]
        return [how_it_differs(error.name, error.found)]
    except OSError as error:
        return [Said("The file SEAL cannot be read: {reason}.", reason=why(error))]
    differences = [how_it_differs(error.name, error.found) for error in plan.changed()]
    for name in sorted(set(_names(directory)) - set(sealed) - {SEAL_FILE}):
        differences.append(how_it_differs(name, NOT_SEALED))
    return differences


def _names(directory: Path) -> Iterable[str]:
    for parent, directories, files in os.walk(directory):
        links = [name for name in directories if (Path(parent) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(parent) / name).relative_to(directory).as_posix()


def _make_directory(path: Path) -> None:
    path.mkdir(exist_ok=True)
    path.chmod(_DIRECTORY_MODE)


def _copy(origin: Path, target: Path, *, private: bool) -> str:
    # A command's own program is executed from the frozen plan.
    mode = _PROGRAM_MODE if origin.stat().st_mode & 0o111 else _FILE_MODE
    with _created(target, mode & _OWNERS if private else mode) as file:
        return digest_of(origin, also=file.write)


@contextmanager
def _created(target: Path, mode: int) -> Iterator[BinaryIO]:
    """A new file, which is on disk at the end of the block."""
    with os.fdopen(create_file(target, mode), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
