"""What is said of a program that has ended."""

from __future__ import annotations

from typing import Any

from tui.journal.codes import FailReason
from tui.journal.events import Effect
from tui.steps.effects import ChildDone, Failed


def child_evidence(done: ChildDone) -> dict[str, Any]:
    """How a program ended, with where its output is proved."""
    found: dict[str, Any] = {
        "exit_status": done.status, "seconds": done.seconds, "output_bytes": done.length, "output_sha256": done.sha256,
        "timed_out": done.timed_out,
    }  # fmt: skip
    if done.output_error is not None:
        found["output_error"] = done.output_error
    if done.settings_lost:
        found["settings_lost"] = list(done.settings_lost)
    return found


def how_it_failed(done: ChildDone) -> FailReason:
    """Why a program that did not do what it should did not: no more than is known of its end."""
    if done.status is None:
        return FailReason.PROGRAM_LOST if done.lost else FailReason.NOT_STARTED
    if done.timed_out:
        return FailReason.TIMEOUT
    if done.severed is not None:
        return done.severed
    return FailReason.SIGNALLED if done.status < 0 else FailReason.EXIT_STATUS


def failed_child(done: ChildDone, evidence: dict[str, Any], effect: Effect) -> Failed:
    """The outcome of such a program. `effect`: of one that was started."""
    if done.status is None and not done.lost:
        effect = "none"
    more = {"error": done.error} if done.status is None else {"tail": done.tail}
    return Failed(reason=how_it_failed(done), evidence=evidence | more, effect=effect)
