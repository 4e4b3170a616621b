"""`virada attach`: the console with the helm."""

from __future__ import annotations

import click

from tui.cli import options
from tui.cli.drive import require_terminal
from tui.cli.engine import ensure_engine, require_open, require_writable
from tui.cli.output import print_line
from tui.locale import _
from tui.runs.claim import claim_of
from tui.runs.owner import claimed


@click.command("attach", help=_("The console with the helm. Without RUN: the newest open run."))
@click.argument("run", required=False)
@options.take()
@options.keep_driving()
@options.owner()
@options.declared()
@options.plain()
@options.mouse()
def command(
    run: str | None, take: str | None, keep_driving: bool, owner: str | None, declared: str | None, plain: bool,
    mouse: bool,
) -> int:  # fmt: skip
    name = options.checked_name(declared)
    coming = options.joining(keep_driving)
    if not plain:
        require_terminal()
    claim = None if plain or owner is not None else claim_of(run)
    if claim is not None:
        from tui.cli.screen import operate

        require_open(claim.paths)
        return operate(claim.paths, declared=name, take=take, mouse=mouse, claim=claim, coming=coming)
    paths = claimed(run, owner)
    require_open(paths)
    require_writable(paths)
    ensure_engine(paths, options.wish(coming))
    if plain:
        from tui.cli.line_mode import line_mode

        return line_mode(paths, declared=name, take=take, narrate=print_line, coming=coming)
    from tui.cli.screen import operate

    return operate(paths, declared=name, take=take, mouse=mouse, coming=coming)
