"""`virada check`: what is wrong with a plan; with a target also what is wrong there."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.exit import Exit
from tui.cli.output import print_lines, tell
from tui.cli.run import choose_target
from tui.locale import _, ngettext, prefer
from tui.plan.overdue import overdue
from tui.plan.problems import Problem

if TYPE_CHECKING:
    from tui.plan.loader import Loaded


@click.command("check", help=_("What is wrong with a plan, and with its target."))
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--on", "target", metavar="TARGET", help=_("Connect to this target and check what the plan needs there."))
@click.option("--create-ledger", is_flag=True, help=_("Create the table that records commits in the target."))
def command(plan: Path, target: str | None, create_ledger: bool) -> int:
    from tui.plan.loader import load
    from tui.steps.registry import KINDS

    loaded = load(plan, KINDS)
    problems = list(loaded.problems)
    if loaded.plan is not None:
        prefer(loaded.plan.locale)
        problems += overdue(loaded.plan, str(plan), loaded.positions, datetime.now(UTC), but=target)
        tell_earlier(loaded.plan.name)
    if loaded.plan is not None and target is None and not create_ledger:
        problems += open_places(loaded, plan)
    print_lines(problem.said for problem in problems)
    if loaded.plan is not None and (target is not None or create_ledger):
        from tui.engine.preflight.preflight import preflight
        from tui.run.other_runs import UNSEEN
        from tui.words.said import say

        there = preflight(loaded, plan, choose_target(loaded.plan, target), dict(os.environ), create_ledger)
        print_lines(problem.said for problem in there)
        problems += there
        tell(say(UNSEEN))
    errors = sum(problem.level == "error" for problem in problems)
    warnings = len(problems) - errors
    tell(_counted(errors, warnings))
    return Exit.USAGE if errors or loaded.plan is None else Exit.DONE


def tell_earlier(name: str) -> None:
    """What earlier runs of the plan of this name have left, as the next one will have it at its head."""
    from tui.recording.earlier import left_by
    from tui.run.reviewed import carried
    from tui.runs.paths import list_runs
    from tui.words.review import earlier_lines

    try:
        left = left_by(name, [paths.journal for paths in list_runs()])
    except OSError:
        return
    for line in earlier_lines(*carried(left), datetime.now(UTC).timestamp()):
        tell(line)
    if left.unread:
        text = ngettext(
            "{n} older run of this plan was not looked through for what it left.",
            "{n} older runs of this plan were not looked through for what they left.", left.unread,
        )  # fmt: skip
        tell(text.format(n=left.unread))


def open_places(loaded: Loaded, plan: Path) -> list[Problem]:
    """Placeholders of all targets, which become errors where one of them is meant."""
    from tui.engine.preflight.findings import Findings
    from tui.engine.preflight.placeholders import placeholders

    assert loaded.plan is not None
    found = Findings(str(plan), loaded.positions, next(iter(loaded.plan.targets)))
    files = {name: (plan.parent / name).read_bytes for name in loaded.files}
    for message, at, _executed in placeholders(loaded.plan, None, files):
        found.add("warning", "placeholder", message, at)
    return found.problems


def _counted(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return _("The plan is valid.")
    return ", ".join((
        ngettext("{count} error", "{count} errors", errors).format(count=errors),
        ngettext("{count} warning", "{count} warnings", warnings).format(count=warnings),
    ))  # fmt: skip
