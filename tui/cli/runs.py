"""`virada runs`: all runs, newest first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from tui.cli.engine import facts_of
from tui.cli.exit import Exit, Stop
from tui.cli.output import columns, print_json, print_lines, tell
from tui.cli.recorded import found, outline, silence
from tui.locale import _, prefer
from tui.run.clock import rfc3339
from tui.run.phase_starts import due
from tui.run.reviewed import is_overdue
from tui.run.standing import standing
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.said import say

if TYPE_CHECKING:
    from tui.report.reading import JournalReading
    from tui.run.comparison import MetricFigure

KEYS = (
    "plan", "target", "environment", "mode", "status", "stays", "opened", "at", "seq", "helm", "closed", "identity",
    "standing", "improvements", "due",
)  # fmt: skip
"""What a row has beside its id; all of it is null of a run that cannot be read."""


@click.command("runs", help=_("All runs, newest first."))
@click.option("--json", "as_json", is_flag=True, help=_("Neutral data instead of words."))
@click.option(
    "--compare", nargs=2, metavar="A B", help=_("Two runs beside each other: durations, locks, what was measured.")
)
def command(as_json: bool, compare: tuple[str, str] | None) -> None:
    from tui.runs.paths import list_runs, runs_directory

    if compare is not None:
        _compare(*compare, as_json=as_json)
        return
    listed = [_row(paths) for paths in list_runs()]
    done = {tuple(one) for row in listed for one in row.pop("done", None) or ()}
    for row in listed:
        if row["improvements"] is not None:
            row["improvements"] = [one for one in row["improvements"] if (row["id"], one["id"]) not in done]
        row["beside"] = [other["id"] for other in listed if other is not row and _meet(row, other)]
    if as_json:
        print_json(listed)
        return
    from tui.plain.table import runs_lines

    # How long a run is silent depends on the present: it is no data of the run.
    rows = [row | {"silent_s": None if row["at"] is None else silence(row["at"])} for row in listed]
    print_lines(runs_lines(rows, columns()))
    if not listed:
        tell(_("There is no run in {directory}.").format(directory=runs_directory()))


def _compare(one: str, other: str, *, as_json: bool) -> None:
    """Each journal is walked once. Raises Stop, RunError, JournalError, OSError."""
    import msgspec

    from tui.plain.compared_runs import compared_lines
    from tui.report.reading import JournalReading
    from tui.run.comparison import comparison

    readings = [JournalReading(found(text).journal) for text in (one, other)]
    for reading, text in zip(readings, (one, other), strict=True):
        if reading.state.opened is None:
            raise Stop(_("The journal of {run} does not begin with the opening of a run.").format(run=text), Exit.USAGE)
        prefer(reading.state.opened.plan.locale)
    first, second = readings
    told = comparison(first.state, second.state, (_figures(first), _figures(second)))
    if as_json:
        print_json(msgspec.to_builtins(told))
    else:
        print_lines(compared_lines(told, columns()))


def _figures(reading: JournalReading) -> dict[str, MetricFigure]:
    """Of every metric, over all of the run."""
    from tui.run.comparison import MetricFigure

    told = {}
    for metric, series in reading.series.items():
        known = series.figures((0.0, reading.state.mono))
        if known is not None:
            told[metric] = MetricFigure(
                median=known.median, least=known.least, most=known.most, samples=known.samples
            )  # fmt: skip
    return told


def _improvements(state: RunState) -> list[dict[str, Any]]:
    """The run's own that nobody has said are done, and whether their day is over."""
    now = time.time()
    return [
        {"id": one.id, "text": one.text, "owner": one.owner, "due": one.due, "overdue": is_overdue(one, now)}
        for one in state.improvements
        if one.run is None and one.done is None
    ]


def _due(state: RunState) -> dict[str, Any] | None:
    """The phase whose time has come, and that nobody has begun."""
    found = due(state, time.time())
    return None if found is None else {"phase": found.title, "since": rfc3339(found.at)}


def _meet(row: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both are open on one target: by its system identifier and its database, whatever their plans call it."""
    if row["standing"] is None or other["standing"] is None:
        return False
    one, two = row["identity"], other["identity"]
    if not one or not two or one.get("system_identifier") != two.get("system_identifier"):
        return False
    return any(one.get(key) == two.get(key) for key in ("database_oid", "database"))


def _identity(known: dict[str, Any]) -> dict[str, Any] | None:
    """Which server and which database the run is on."""
    return {key: known.get(key) for key in ("system_identifier", "database", "database_oid")} if known else None


def _row(paths: RunPaths) -> dict[str, Any]:
    """A run's line of the list; one that cannot be read says why in `problem`."""
    from tui.journal.line import JournalError
    from tui.run.rollback import stays

    row: dict[str, Any] = dict.fromkeys(KEYS)
    problem: str | None = None
    engine = facts_of(paths)
    try:
        state = outline(paths)
        assert state.opened is not None
        stand = standing(state)
        row |= {
            "plan": state.opened.plan.name, "target": state.opened.target, "environment": state.opened.environment,
            "mode": state.opened.mode, "status": state.status, "stays": list(stays(state)), "opened": state.opened_at,
            "at": state.at, "seq": state.seq, "helm": state.helm, "closed": state.closed is not None,
            "identity": _identity(state.identity), "standing": None if stand is None else stand.code.value,
            "improvements": _improvements(state), "due": _due(state),
            "done": [(one.run or state.opened.id, one.id) for one in state.improvements if one.done is not None],
        }  # fmt: skip
        if engine["alive"] is None:
            engine = facts_of(paths, state.engine)
    except (Stop, JournalError) as error:
        problem = say(error)
    except FileNotFoundError:
        problem = _("No run has opened in it yet, or its journal is gone.")
    except OSError as error:
        problem = _("{file}: {reason}.").format(file=paths.journal, reason=say(error.strerror or ""))
    return {"id": paths.id, **row, "engine": engine, "directory": str(paths.directory), "problem": problem}
