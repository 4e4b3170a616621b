"""`virada runs`: all runs, newest first."""

from __future__ import annotations

from typing import Any

import click

from tui.cli.engine import facts_of
from tui.cli.exit import Stop
from tui.cli.output import columns, print_json, print_lines, tell
from tui.cli.recorded import outline, silence
from tui.locale import _
from tui.run.standing import standing
from tui.runs.paths import RunPaths
from tui.words.said import say

KEYS = (
    "plan", "target", "environment", "mode", "status", "stays", "opened", "at", "seq", "helm", "closed", "identity",
    "standing",
)  # fmt: skip
"""What a row has beside its id; all of it is null of a run that cannot be read."""


@click.command("runs", help=_("All runs, newest first."))
@click.option("--json", "as_json", is_flag=True, help=_("Neutral data instead of words."))
def command(as_json: bool) -> None:
    from tui.runs.paths import list_runs, runs_directory

    found = [_row(paths) for paths in list_runs()]
    for row in found:
        row["beside"] = [other["id"] for other in found if other is not row and _meet(row, other)]
    if as_json:
        print_json(found)
        return
    from tui.plain.table import runs_lines

    # How long a run is silent depends on the present: it is no data of the run.
    rows = [row | {"silent_s": None if row["at"] is None else silence(row["at"])} for row in found]
    print_lines(runs_lines(rows, columns()))
    if not found:
        tell(_("There is no run in {directory}.").format(directory=runs_directory()))


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
