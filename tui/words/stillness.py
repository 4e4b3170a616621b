"""Words for a run that no engine is at work on, and for one of which nobody here can know that: the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tui.locale import _
from tui.words.figures import span
from tui.words.inert import visible
from tui.words.runs import outcome_word

UNKNOWN_AFTER = 30.0
"""Seconds without an event after which nobody takes for granted that an engine lives which cannot be seen from here:
one that lives samples once a second."""
_MOVES = frozenset(("scheduled", "running", "rolling_back"))
"""What a run cannot be while nothing runs."""


def nothing_runs() -> str:
    """In place of the status of an open run."""
    return _("NOTHING RUNS")


def status_words(run: Mapping[str, Any], stays: Iterable[str] = ()) -> str:
    """A run's status; `run` has it as `status`, and `closed`, `engine` and `silent_s` as `status --json` has them.

    Without `silent_s` it is of a moment that was, and nothing of the present belongs to it.
    """
    word = outcome_word(run["status"], stays)
    if is_still(run):
        return nothing_runs() if run["status"] in _MOVES else f"{word}, {nothing_runs()}"
    return f"{word}?" if is_unknown(run) else word


def is_still(run: Mapping[str, Any]) -> bool:
    """Whether the run is open and nothing runs in it."""
    return run.get("silent_s") is not None and not run["closed"] and run["engine"]["alive"] is False


def is_unknown(run: Mapping[str, Any]) -> bool:
    """Whether nobody here can know whether anything runs, and the journal is silent."""
    silent = run.get("silent_s")
    return silent is not None and silent >= UNKNOWN_AFTER and not run["closed"] and run["engine"]["alive"] is None


def way_on(run: str, owner: str | None = None) -> str:
    """How a run whose engine has ended goes on; `owner`: the account that can have it done, where that is another."""
    if owner is not None:
        return _("{owner} goes on with: virada attach {run}").format(owner=visible(owner), run=visible(run))
    return _("Go on with: virada attach {run}").format(run=visible(run))


def ended(run: str) -> str:
    """That the engine has ended."""
    return _("NOTHING RUNS: the engine of the run {run} has ended.").format(run=visible(run))


def ended_sentence(run: str, owner: str | None = None) -> str:
    """That the engine has ended, and how to go on."""
    return f"{ended(run)} {way_on(run, owner)}"


def unknown_sentence(host: object, silent: float) -> str:
    """That nobody here can know; `host`: where the engine was, `silent`: seconds since its last event."""
    if not isinstance(host, str) or not host:
        text = _("NOT KNOWN HERE whether anything runs; the last event is of {span} ago.")
        return text.format(span=span(silent))
    text = _("NOT KNOWN HERE whether anything runs: the engine was on {host}; the last event is of {span} ago.")
    return text.format(host=visible(host), span=span(silent))
