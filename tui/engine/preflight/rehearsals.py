"""Whether a rehearsal that a target's plan demands has been: the same work, carried out to its end elsewhere."""

from __future__ import annotations

from tui.engine.drivers.rehearsals import folded, is_whole
from tui.engine.preflight.findings import Findings
from tui.plan.model import Target
from tui.recording.earlier import opening_of
from tui.runs.paths import RunPaths, list_runs
from tui.said import Said


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
    opened = opening_of(paths.journal)
    if opened is None or opened.work != work:
        return False
    state = folded(paths)
    return state is not None and is_whole(state)
