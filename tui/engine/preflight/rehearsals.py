"""Whether a rehearsal that a target's plan demands has been: the same work, carried out to its end elsewhere."""

from __future__ import annotations

import os

from tui.engine.preflight.findings import Findings
from tui.files import open_regular
from tui.journal.events import class_of
from tui.journal.line import MAX_LINE, JournalError
from tui.journal.reader import scan
from tui.plan.model import Target
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths, list_runs
from tui.said import Said
from tui.steps.registry import KINDS


def rehearsal_problems(found: Findings, target: Target, work: str) -> None:
    """Of a target with `rehearsal: required`."""
    if target.rehearsal is not None and not rehearsed(work):
        text = Said(
            "The plan wants a rehearsal before this target: a run of the same steps and files on a target that is not "
            "production, which ends completed with every change made. None of the runs here is one."
        )
        found.add("error", "no-rehearsal", text)


def rehearsed(work: str) -> bool:
    """Whether a run that this account can read has rehearsed the work: see `tui.plan.seal.work_of`."""
    try:
        return any(_is_rehearsal(paths, work) for paths in list_runs())
    except OSError:
        return False


def _is_rehearsal(paths: RunPaths, work: str) -> bool:
    try:
        # Whose runs these are is open: a pipe in a journal's place would be read for ever.
        with os.fdopen(open_regular(paths.journal), "rb") as file:
            if work.encode() not in file.readline(MAX_LINE):
                return False
        state = RunState()
        for entry in scan(paths.journal):
            if not class_of(entry.line.type).BULK:
                state = fold(state, entry.line)
    except (OSError, JournalError, ValueError):
        return False
    opened = state.opened
    if opened is None or opened.work != work or opened.mode != "rehearsal" or state.status != "completed":
        return False
    return not any(at.status == "skipped" and _may_change(at.step.kind) for at in state.steps)


def _may_change(kind: str) -> bool:
    known = KINDS.get(kind)
    return known is None or known.window != "never"
