"""`virada demo`: a PostgreSQL of one's own, a sample application, and a plan that changes it."""

from __future__ import annotations

import os

import click

from tui.cli import options
from tui.cli.drive import accompany, way_of
from tui.cli.exit import Exit, Stop
from tui.cli.output import tell
from tui.cli.run import choose_target, load_plan, open_plan
from tui.journal.events import Policy
from tui.locale import _
from tui.said import said_of

SIGNER = "demo"


@click.command("demo", help=_("A PostgreSQL of its own, with a plan that changes it."))
@click.option("--autopilot", is_flag=True, help=_("The demo executes and signs by itself, as `demo`, at once."))
@click.option("--headless", is_flag=True, help=_("No screen: the engine goes on as far as it can."))
@click.option("--fail", is_flag=True, help=_("Take the plan whose verification fails, so that it is rolled back."))
@click.option(
    "--compress",
    type=options.Factor(min=1.0),
    default=1.0,
    metavar="N",
    help=_("Time that is only waited for passes N times faster."),
)
@options.plain()
@options.mouse()
def command(autopilot: bool, headless: bool, fail: bool, compress: float, plain: bool, mouse: bool) -> int:
    from tui.demo import DemoError
    from tui.demo.demo import prepare, start_watchdog

    way = way_of(headless=headless, plain=plain)
    tell(_("Preparing the demo's own PostgreSQL ..."))
    try:
        demo = prepare(fail=fail)
        loaded = load_plan(demo.plan_path)
        paths = open_plan(
            loaded, demo.plan_path, choose_target(loaded.plan, None), mode="rehearsal",
            policy=policy_of(autopilot, headless), compress=compress, reason=None, declared=None,
            demo=str(demo.directory), opens="+0s" if autopilot else None,
            environment={**os.environ, **demo.environment},
        )  # fmt: skip
        start_watchdog(demo.directory, paths.directory)
    except DemoError as error:
        raise Stop(said_of(error), Exit.FAILED, lines=True) from error
    return accompany(paths, way, declared=None, take=None, mouse=mouse)


def policy_of(autopilot: bool, headless: bool) -> Policy:
    """Autopilot signs as `demo` and rolls back what fails; headless alone stops at the first signed step."""
    if autopilot:
        # Nobody has said a text, so that there is none: who reads the journal reads it in a language of their own.
        return Policy(drive="autopilot", sign_off="", signer=SIGNER, on_failure="rollback")
    return Policy(drive="headless" if headless else "by_hand")
