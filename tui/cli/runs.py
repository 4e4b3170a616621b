"""`virada runs`: all runs, newest first."""

from __future__ import annotations

from typing import Any

import click

from tui.cli.engine import facts_of
from tui.cli.output import columns, print_json, print_lines, tell
from tui.cli.recorded import outline
from tui.cli.stop import Stop
from tui.helm.paths import RunPaths
from tui.locale import _


@click.command("runs", help=_("All runs, newest first."))
@click.option("--json", "as_json", is_flag=True, help=_("Neutral data instead of words."))
def command(as_json: bool) -> None:
    from tui.helm.paths import list_runs, runs_directory

    found = [_row(paths) for paths in list_runs()]
    if as_json:
        print_json(found)
        return
    from tui.plain.table import runs_lines

    print_lines(runs_lines(found, columns()))
    if not found:
        tell(_("There is no run in {directory}.").format(directory=runs_directory()))


def _row(paths: RunPaths) -> dict[str, Any]:
    """A run's line of the list; one that cannot be read says why in `problem`."""
    from tui.journal.line import JournalError

    row: dict[str, Any] = dict.fromkeys(
        ("plan", "target", "environment", "mode", "status", "opened", "at", "seq", "helm")
    )
    problem: str | None = None
    try:
        state = outline(paths)
        assert state.opened is not None
        row |= {
            "plan": state.opened.plan.name, "target": state.opened.target, "environment": state.opened.environment,
            "mode": state.opened.mode, "status": state.status, "opened": state.opened_at, "at": state.at,
            "seq": state.seq, "helm": state.helm,
        }  # fmt: skip
    except (Stop, JournalError) as error:
        problem = str(error)
    except FileNotFoundError:
        problem = _("No run has opened in it yet, or its journal is gone.")
    except OSError as error:
        problem = _("{file}: {reason}.").format(file=paths.journal, reason=error.strerror)
    return {"id": paths.id, **row, "engine": facts_of(paths), "directory": str(paths.directory), "problem": problem}
