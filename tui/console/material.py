"""What lies beside the journal and belongs to a step: files of the frozen plan and the end of its output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tui.helm.paths import RunPaths
from tui.journal.io import open_for_reading
from tui.run.steps import StepState

FILE_BYTES = 256 * 1024
OUTPUT_BYTES = 64 * 1024
OUTPUT_LINES = 400


def plan_files(paths: RunPaths, at: StepState) -> tuple[tuple[str, str], ...]:
    """Name and text of every file of the frozen plan that the step or its undo names; those not readable left out."""
    names = dict.fromkeys(_names(at.step.spec))
    if at.step.undo is not None:
        names.update(dict.fromkeys(_names(at.step.undo.spec)))
    found = []
    for name in names:
        data = None if paths.alone else _read(_inside(paths.plan, name), FILE_BYTES, from_end=None)
        if data is not None:
            found.append((name, data.decode("utf-8", "replace").rstrip("\n")))
    return tuple(found)


def output_tail(paths: RunPaths, at: StepState) -> tuple[str, tuple[str, ...]]:
    """Path and last lines of what the latest attempt printed, up to where the folded journal knows of it."""
    path = _inside(paths.output, f"{at.id}.{at.attempt}")
    if paths.alone or at.attempt == 0 or path is None:
        return "", ()
    data = _read(path, OUTPUT_BYTES, from_end=at.output_bytes)
    if not data:
        return "", ()
    lines = data.decode("utf-8", "replace").rstrip("\n").split("\n")
    return str(path), tuple(lines[-OUTPUT_LINES:])


def _names(spec: dict[str, Any]) -> Iterator[str]:
    for key, value in spec.items():
        if key == "file" and isinstance(value, str):
            yield value
        elif key == "files" and isinstance(value, list | tuple):
            yield from (name for name in value if isinstance(name, str))


def _inside(directory: Path, name: str) -> Path | None:
    """The path of a name below a directory; None for one that would lead out of it."""
    if name.startswith("/") or ".." in Path(name).parts:
        return None
    return directory / name


def _read(path: Path | None, limit: int, from_end: int | None) -> bytes | None:
    """`limit` bytes: the first ones, or the last ones before offset `from_end` (0: before the file's end)."""
    if path is None:
        return None
    try:
        descriptor = open_for_reading(path)
    except OSError:
        return None
    try:
        if from_end is None:
            return os.pread(descriptor, limit, 0)
        end = from_end or os.fstat(descriptor).st_size
        start = max(0, end - limit)
        return os.pread(descriptor, end - start, start)
    except OSError:
        return None
    finally:
        os.close(descriptor)
