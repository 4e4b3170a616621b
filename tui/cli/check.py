"""`virada check`: what is wrong with a plan; with a target also what is wrong there."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tui.cli.output import print_lines, tell
from tui.cli.run import choose_target
from tui.cli.stop import Exit
from tui.locale import _, ngettext


@click.command("check", help=_("What is wrong with a plan, and with its target."))
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--on", "target", metavar="TARGET", help=_("Connect to this target and check what the plan needs there."))
@click.option("--create-ledger", is_flag=True, help=_("Create the table that records commits in the target."))
def command(plan: Path, target: str | None, create_ledger: bool) -> int:
    from tui.plan.loader import load
    from tui.steps.registry import KINDS

    loaded = load(plan, KINDS)
    print_lines(str(problem) for problem in loaded.problems)
    errors = sum(problem.level == "error" for problem in loaded.problems)
    warnings = len(loaded.problems) - errors
    if loaded.plan is not None and not errors and (target is not None or create_ledger):
        from tui.engine.preflight import preflight

        chosen = choose_target(loaded.plan, target)
        there = preflight(loaded, plan, chosen, dict(os.environ), create_ledger)
        print_lines(str(problem) for problem in there)
        errors += sum(problem.level == "error" for problem in there)
        warnings += sum(problem.level != "error" for problem in there)
    tell(_counted(errors, warnings))
    return Exit.USAGE if errors or loaded.plan is None else Exit.DONE


def _counted(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return _("The plan is valid.")
    return ", ".join((
        ngettext("{count} error", "{count} errors", errors).format(count=errors),
        ngettext("{count} warning", "{count} warnings", warnings).format(count=warnings),
    ))  # fmt: skip
