"""`virada status`: where a run stands, now or at any moment of it."""

from __future__ import annotations

import time

import click

from tui.cli.engine import facts_of
from tui.cli.exit import Exit
from tui.cli.output import columns, print_json, print_lines, tell
from tui.cli.recorded import found, position_of, standing, state_at
from tui.locale import _


@click.command("status", help=_("Where a run stands, now or at any moment of it."))
@click.argument("run", required=False)
@click.option("--at", metavar="POSITION", help=_("A line (120), an offset (+00:12:30) or an RFC 3339 time."))
@click.option("--json", "as_json", is_flag=True, help=_("Neutral data instead of words."))
def command(run: str | None, at: str | None, as_json: bool) -> int:
    from tui.run.status import status

    position = position_of(at)
    paths = found(run)
    engine = facts_of(paths)
    state, fault = state_at(paths, position)
    if engine["alive"] is None:
        engine = facts_of(paths, state.engine)
    wall = time.time() if position is None and engine["alive"] and state.closed is None else None
    told = status(state, engine, wall)
    told["chain"] = {"whole": fault is None, "bad_seq": None if fault is None else fault.seq}
    if as_json:
        print_json(told)
    else:
        from tui.plain.table import status_lines

        # Of a moment that was, and of a journal without its run, nothing is said of the present.
        present = position is None and not paths.alone
        print_lines(status_lines(told | standing(paths, state) if present else told, columns()))
    if fault is None:
        return Exit.DONE
    tell(fault.sentence())
    return Exit.FAILED
