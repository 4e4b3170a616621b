"""What lies beside the journal and belongs to a step: files of the frozen plan and the end of its output."""

from __future__ import annotations

import os
from pathlib import Path

from tui.files import reading
from tui.locale import _
from tui.pictures.details import PlanFile
from tui.plan.model import Action, Step
from tui.plan.sealed import LARGE, SealedPlan
from tui.run.steps import StepState, kind_of
from tui.runs.paths import RunPaths
from tui.sql.disclosed import hidden
from tui.words.said import say

FILE_BYTES = 256 * 1024
OUTPUT_BYTES = 64 * 1024
OUTPUT_LINES = 400


def plan_files(paths: RunPaths, at: StepState, seal: str = "") -> tuple[PlanFile, ...]:
    """Every file of the frozen plan that the step or its undo names. `seal`: as it is journaled."""
    names = dict.fromkeys(_names(at.step))
    if at.step.undo is not None:
        names.update(dict.fromkeys(_names(at.step.undo)))
    sealed = SealedPlan(paths.plan, seal)
    return tuple(_plan_file(paths, name, sealed) for name in names)


def _plan_file(paths: RunPaths, name: str, sealed: SealedPlan) -> PlanFile:
    if paths.alone:
        return PlanFile(name=name, path="", problem=_("only the journal is here, without the plan's files"))
    path = _inside(paths.plan, name)
    if path is None:
        return PlanFile(name=name, path="", problem=_("the name leads out of the plan"))
    try:
        with reading(path) as descriptor:
            data, status = os.pread(descriptor, FILE_BYTES, 0), os.fstat(descriptor)
    except OSError as error:
        return PlanFile(name=name, path=str(path), problem=say(error.strerror or error))
    text = data.decode("utf-8", "replace").removesuffix("\n")
    # What is its owner's alone holds a secret, and screens are looked at by others and recorded.
    text = text if status.st_mode & 0o077 else hidden(text)
    changed = status.st_size <= LARGE and sealed.differs(name) is not None
    return PlanFile(name=name, path=str(path), text=text, more=max(0, status.st_size - len(data)), changed=changed)


def output_tail(paths: RunPaths, at: StepState, *, live: bool = True) -> tuple[str, str]:
    """Path and last lines of what the latest attempt printed, up to where the folded journal knows of it."""
    path = _inside(paths.output, f"{at.id}.{at.attempt}")
    # Live, what the journal does not know of yet is welcome; in a recording it has not happened yet.
    if paths.alone or at.attempt == 0 or path is None or (not live and at.output_bytes == 0):
        return "", ""
    data = _read(path, OUTPUT_BYTES, at.output_bytes)
    if not data:
        return "", ""
    lines = data.decode("utf-8", "replace").rstrip("\n").split("\n")
    return str(path), "\n".join(lines[-OUTPUT_LINES:])


def _names(action: Step | Action) -> tuple[str, ...]:
    kind = kind_of(action.kind)
    return () if kind is None else kind.files(action.spec)


def _inside(directory: Path, name: str) -> Path | None:
    """The path of a name below a directory; None for one that would lead out of it."""
    if name.startswith("/") or ".." in Path(name).parts:
        return None
    return directory / name


def _read(path: Path, limit: int, before: int) -> bytes | None:
    """The last `limit` bytes before an offset (0: before the file's end)."""
    try:
        with reading(path) as descriptor:
            end = before or os.fstat(descriptor).st_size
            start = max(0, end - limit)
            return os.pread(descriptor, end - start, start)
    except OSError:
        return None
