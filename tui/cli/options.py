"""Options that several commands take, with the same words."""

from __future__ import annotations

import gettext
import math
from collections.abc import Callable
from typing import Any

import click

from tui.helm.protocol import Coming
from tui.journal.events import Policy, Wish
from tui.locale import _

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Factor(click.FloatRange):
    """How many times faster; neither infinite nor no number."""

    name = "float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        factor = super().convert(value, param, ctx)
        if not math.isfinite(factor):
            told = gettext.gettext("{value!r} is not a valid {number_type}.")
            self.fail(told.format(value=value, number_type=self.name), param, ctx)
        return factor


def plain() -> Decorator:
    return click.option("--plain", is_flag=True, help=_("A line at a time instead of a screen."))


def mouse() -> Decorator:
    return click.option("--mouse/--no-mouse", default=False, help=_("Let the console use the mouse."))


def declared() -> Decorator:
    help_ = _("The name you go by; recorded as declared, beside the account.")
    return click.option("--as", "declared", metavar="NAME", help=help_)


def take() -> Decorator:
    help_ = _("Take the helm from whoever has it, for this reason.")
    return click.option("--take", metavar="REASON", help=help_)


def keep_driving() -> Decorator:
    help_ = _("What goes on by itself goes on: neither coming here nor commanding here ends headless or a run-to.")
    return click.option("--keep-driving", is_flag=True, help=help_)


def joining(keep_driving: bool) -> Coming:
    """How a person comes who joins a run."""
    return "keep" if keep_driving else "join"


def wish(coming: Coming) -> Wish | None:
    """What that means for an engine that is started for them."""
    return None if coming == "keep" else "by_hand"


def owner() -> Decorator:
    help_ = _("For root: the account whose run this is; its engine runs under that account. RUN is the full id.")
    return click.option("--owner", metavar="NAME", help=help_)


def driving() -> Decorator:
    """`--headless`, `--sign-off` and `--on-failure`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--on-failure", type=click.Choice(["hold", "rollback"]), default=None,
                         help=_("What the engine does when a step fails while it drives.")),
            click.option("--sign-off", metavar="TEXT",
                         help=_("Sign signed steps with this text; only with --headless. On production it signs only "
                                "those that the plan leaves to it.")),
            click.option("--headless", is_flag=True,
                         help=_("No screen: the engine goes on as far as it can.")),
        ):  # fmt: skip
            function = option(function)
        return function

    return decorate


def checked_name(name: str | None) -> str | None:
    """The declared name, if it can be one; else a usage error."""
    from tui.runs.person import caller

    try:
        caller(name)
    except ValueError as error:
        message = _("{name} cannot be a declared name: 1 to 64 printable characters without parentheses.")
        raise click.BadParameter(message.format(name=repr(name)), param_hint="--as") from error
    return name


def policy_of(headless: bool, sign_off: str | None, on_failure: str | None, declared: str | None) -> Policy | None:
    """The driving policy these options ask for; None when they ask for none. Raises a usage error."""
    from tui.runs.person import caller

    if sign_off is not None and not headless:
        raise click.UsageError(_("--sign-off is for --headless: with a screen, people sign themselves."))
    if sign_off is not None and not sign_off.strip():
        raise click.BadParameter(_("the text is empty."), param_hint="--sign-off")
    if not headless and on_failure is None:
        return None
    signer = caller(declared).label if sign_off is not None else None
    failure = "rollback" if on_failure == "rollback" else "hold"
    return Policy(drive="headless" if headless else "by_hand", sign_off=sign_off, signer=signer, on_failure=failure)  # type: ignore[arg-type]
