"""Runs and steps as a completion needs them, of each journal no more than its first line and its last."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct

from tui.files import reading
from tui.journal.io import line_at
from tui.runs.paths import RunPaths, find_run, is_open, is_own, list_runs

MOST_RUNS: Final = 50
"""Newest first; older ones are typed out."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*")


class _Undo(Struct, frozen=True):
    kind: str = ""


class StepLine(Struct, frozen=True):
    """What is known of a step by the plan as it was opened. `undo`: whether there is one."""

    id: str
    title: str = ""
    kind: str = ""
    undo: _Undo | None = None


class _Section(Struct, frozen=True):
    steps: tuple[StepLine, ...] = ()


class _Phase(Struct, frozen=True):
    sections: tuple[_Section, ...] = ()


class _Rollback(Struct, frozen=True):
    phases: tuple[_Phase, ...] = ()


class _Plan(Struct, frozen=True):
    name: str = ""
    phases: tuple[_Phase, ...] = ()
    rollback: _Rollback | None = None


class _Name(Struct, frozen=True):
    name: str = ""


class _Named(Struct, frozen=True):
    target: str = ""
    plan: _Name = _Name()


class _Opened(Struct, frozen=True):
    plan: _Plan = _Plan()


class _NamedLine(Struct, frozen=True):
    data: _Named = _Named()


class _OpenedLine(Struct, frozen=True):
    data: _Opened = _Opened()


def runs(*, open_only: bool, own: bool) -> Iterator[tuple[str, str]]:
    """Id and what is said of it, newest first. Raises OSError where runs may not be listed."""
    for paths in islice(_wanted(open_only, own), MOST_RUNS):
        yield paths.id, _about(paths)


def steps(run: str, *, own: bool) -> list[StepLine]:
    """The steps of a run, those of its rollback behind them. Raises as `find_run` does, OSError, msgspec's errors."""
    first = _first(find_run(run, own=own))
    plan = msgspec.json.decode(first, type=_OpenedLine).data.plan
    phases = plan.phases + (() if plan.rollback is None else plan.rollback.phases)
    found = [step for phase in phases for section in phase.sections for step in section.steps]
    return [step for step in found if _ID.fullmatch(step.id)]


def _wanted(open_only: bool, own: bool) -> Iterator[RunPaths]:
    for paths in list_runs():
        if (not own or is_own(paths)) and (not open_only or is_open(paths)):
            yield paths


def _about(paths: RunPaths) -> str:
    try:
        opened = msgspec.json.decode(_first(paths), type=_NamedLine).data
    except (OSError, ValueError, RecursionError):
        return ""
    return " · ".join(filter(None, (opened.plan.name, opened.target)))


def _first(paths: RunPaths) -> bytes:
    with reading(paths.journal) as descriptor:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        return line_at(descriptor) or b""
