"""`virada run`: a plan against a target; the engine carries it out, this command only starts and follows it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tui.cli import options
from tui.cli.drive import accompany, way_of
from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, tell
from tui.journal.events import Policy
from tui.locale import _, prefer
from tui.plan.model import Plan
from tui.runs.paths import RunPaths
from tui.said import said_of
from tui.words.inert import visible


@click.command("run", help=_("Carries a plan out: starts its engine and the console."))
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--on", "target", metavar="TARGET", help=_("The plan's target; needed when it has several."))
@click.option("--rehearsal", is_flag=True, help=_("This is a rehearsal; refused on a production target."))
@options.driving()
@click.option(
    "--compress",
    type=options.Factor(min=1.0),
    default=1.0,
    metavar="N",
    help=_("Time that is only waited for passes N times faster; refused on a production target."),
)
@click.option("--detach", is_flag=True, help=_("Start the engine, print the run's id and leave."))
@click.option("--reason", metavar="TEXT", help=_("Why this run is made; recorded."))
@click.option(
    "--despite",
    multiple=True,
    metavar="CODE",
    help=_("Run in spite of what check --on calls an error of this code; recorded. May be repeated."),
)
@click.option(
    "--beside",
    metavar="REASON",
    help=_("Run although another run is in the way on the same target, for this reason; recorded."),
)
@options.declared()
@options.plain()
@options.mouse()
def command(
    plan: Path, target: str | None, rehearsal: bool, headless: bool, sign_off: str | None, on_failure: str | None,
    compress: float, detach: bool, reason: str | None, despite: tuple[str, ...], beside: str | None,
    declared: str | None, plain: bool, mouse: bool,
) -> int:  # fmt: skip
    name = options.checked_name(declared)
    policy = options.policy_of(headless, sign_off, on_failure, name)
    way = way_of(headless=headless, detach=detach, plain=plain)
    if beside is not None and not beside.strip():
        raise click.BadParameter(_("the text is empty."), param_hint="--beside")
    loaded = load_plan(plan)
    tell_unknown(despite)
    chosen = choose_target(loaded.plan, target)
    mode = mode_of(loaded.plan, chosen, rehearsal=rehearsal, compress=compress)
    paths = open_plan(
        loaded, plan, chosen, mode=mode, policy=policy or Policy(), compress=compress, reason=reason, declared=name,
        environment=dict(os.environ), despite=despite, beside=beside,
    )  # fmt: skip
    return accompany(paths, way, declared=name, take=None, mouse=mouse)


def load_plan(path: Path, otherwise: str | None = None) -> Any:
    """The plan, loaded; its warnings are told. Raises Stop with every error when it is not valid, and `otherwise`, a
    sentence with the place `{file}`, behind them."""
    from tui.plan.loader import load
    from tui.steps.registry import KINDS

    loaded = load(path, KINDS)
    if loaded.plan is not None:
        prefer(loaded.plan.locale)
    for problem in loaded.problems:
        tell(problem.said)
    if loaded.plan is None or any(problem.level == "error" for problem in loaded.problems):
        text = otherwise or _("The plan {file} is not valid; nothing was started.")
        raise Stop(text.format(file=path), Exit.USAGE)
    return loaded


def tell_unknown(despite: tuple[str, ...]) -> None:
    """Say of codes of --despite that nothing is opened in spite of them: a mistake in one is noticed."""
    from tui.journal.codes import NEVER_IN_SPITE, Objection

    able = sorted(set(Objection) - NEVER_IN_SPITE)
    for code in despite:
        if code == Objection.OTHER_RUN:
            tell(_("--despite {code}: beside another run one opens with --beside REASON.").format(code=code))
        elif code in NEVER_IN_SPITE:
            tell(
                _("--despite {code}: it says what the target is, and no run opens in spite of that.").format(code=code)
            )
        elif code not in able:
            message = _("--despite {code}: check --on says no error of that code; there are: {codes}.")
            tell(message.format(code=visible(code), codes=", ".join(able)))


def choose_target(plan: Plan, name: str | None) -> str:
    """The target meant by --on, or the only one there is. Raises a usage error."""
    names = ", ".join(plan.targets)
    if name is None:
        if len(plan.targets) == 1:
            return next(iter(plan.targets))
        message = _("The plan has several targets; choose one with --on: {targets}.")
        raise click.UsageError(message.format(targets=names))
    if name not in plan.targets:
        message = _("The plan has no target {name}; it has: {targets}.")
        raise click.BadParameter(message.format(name=repr(name), targets=names), param_hint="--on")
    return name


def mode_of(plan: Plan, target: str, *, rehearsal: bool, compress: float) -> str:
    """`live` on production, else `rehearsal`. Raises Stop for what production does not allow."""
    if plan.targets[target].environment != "production":
        return "rehearsal"
    if rehearsal:
        message = _("{target} is a production target: what runs there is no rehearsal. Leave --rehearsal out.")
        raise Stop(message.format(target=target), Exit.REFUSED)
    if compress != 1.0:
        message = _("{target} is a production target: its time is not compressed. Leave --compress out.")
        raise Stop(message.format(target=target), Exit.REFUSED)
    return "live"


def open_plan(loaded: Any, source: Path, target: str, **settings: Any) -> RunPaths:
    """Open the run and start its engine; its id goes to stdout. Raises Stop."""
    from tui.engine.process.launch import LaunchFailed, open_run

    settings = {"demo": None, "opens": None, "tell": tell, **settings}
    try:
        paths: RunPaths = open_run(loaded, source, target, **settings)
    except LaunchFailed as error:
        raise Stop(said_of(error), Exit(error.exit_code), lines=True) from error
    print_line(paths.id)
    return paths
