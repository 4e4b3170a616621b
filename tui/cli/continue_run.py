"""`virada continue`: the engine of an open run again, after a crash or between phases."""

from __future__ import annotations

import time

import click

from tui.cli import options
from tui.cli.drive import accompany, outcome_after_screen, way_of
from tui.cli.engine import ensure_engine, facts_of, require_open, require_writable
from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, print_lines
from tui.helm.protocol import Coming
from tui.journal.events import Policy
from tui.locale import _
from tui.runs.claim import claim_of
from tui.runs.owner import claimed
from tui.runs.paths import RunPaths


@click.command("continue", help=_("Starts the engine of an open run again and goes on."))
@click.argument("run", required=False)
@options.driving()
@click.option("--detach", is_flag=True, help=_("Start the engine, print the run's id and leave."))
@options.declared()
@options.owner()
@options.take()
@options.keep_driving()
@options.plain()
@options.mouse()
@click.option(
    "--print-timer", is_flag=True, help=_("Start nothing: print what starts the engine when the next phases begin.")
)
def command(
    run: str | None, headless: bool, sign_off: str | None, on_failure: str | None, detach: bool, declared: str | None,
    owner: str | None, take: str | None, keep_driving: bool, plain: bool, mouse: bool, print_timer: bool,
) -> int:  # fmt: skip
    name = options.checked_name(declared)
    policy = options.policy_of(headless, sign_off, on_failure, name)
    if print_timer:
        return _print_timer(run, headless, sign_off, on_failure, declared)
    way = way_of(headless=headless, detach=detach, plain=plain)
    # Whoever only has the engine go on joins nothing.
    coming: Coming = options.joining(keep_driving) if way in ("screen", "plain") else "keep"
    claim = claim_of(run) if way == "screen" and owner is None else None
    if claim is not None:
        from tui.cli.screen import operate

        require_open(claim.paths)
        code = operate(claim.paths, declared=name, take=take, mouse=mouse, claim=claim, policy=policy, coming=coming)
        return code or outcome_after_screen(claim.paths)
    paths = claimed(run, owner)
    require_open(paths)
    require_writable(paths)
    if policy is not None and facts_of(paths)["alive"]:
        _drive(paths, policy, name, take)
    ensure_engine(paths, policy or options.wish(coming))
    print_line(paths.id)
    return accompany(paths, way, declared=name, take=take, mouse=mouse, coming=coming)


def _print_timer(
    run: str | None, headless: bool, sign_off: str | None, on_failure: str | None, declared: str | None
) -> int:
    """Reads the journal alone. Raises Stop where nothing waits for its time."""
    from tui.cli.recorded import found, state_at
    from tui.cli.timer import timer_of
    from tui.run.phase_starts import ahead

    paths = found(run, open_only=run is None)
    require_open(paths)
    state, _fault = state_at(paths)
    starts = ahead(state, time.time())
    if not starts:
        raise Stop(_("No phase of {run} waits for its time.").format(run=paths.id), Exit.REFUSED)
    given = (("--sign-off", sign_off), ("--on-failure", on_failure), ("--as", declared))
    driving = [*(["--headless"] if headless else []), *(word for pair in given if pair[1] for word in pair)]
    print_lines(timer_of(paths, state, starts, tuple(map(str, driving))).text().split("\n"))
    return Exit.DONE


def _drive(paths: RunPaths, policy: Policy, name: str | None, take: str | None) -> None:
    """An engine that lives is told to go on by itself; one that left meanwhile is started again by the caller.

    Raises Stop when the helm is somebody else's.
    """
    from tui.cli.helm import refusal
    from tui.helm.client import HelmClient, NoEngine
    from tui.helm.protocol import Refused
    from tui.run.commands import Drive

    headless = policy.drive == "headless"
    ask = Drive(headless=headless, sign_off=policy.sign_off, on_failure=policy.on_failure)
    try:
        # How it goes on is what is asked for: coming to ask it decides nothing of that.
        with HelmClient.connect(paths, declared=name, take=take, coming="keep") as client:
            answer = client.request(ask, take=take)
    except NoEngine:
        return
    if isinstance(answer, Refused):
        raise Stop(refusal(answer), Exit.REFUSED)
