"""The helm from the command line: a connection, an engine for it, answers in words."""

from __future__ import annotations

import time

from tui.cli.engine import demo_of, ensure_engine, require_open
from tui.helm.client import HelmClient, HelmLeft, NoEngine
from tui.helm.protocol import Coming, Refused
from tui.journal.events import Wish
from tui.locale import _
from tui.runs.paths import RunPaths
from tui.words.refusals import refusal_message, refusal_words

_COMES_UP_S = 10.0
_AGAIN_S = 0.05


def connected(
    paths: RunPaths, declared: str | None = None, take: str | None = None, coming: Coming = "command",
    wish: Wish | None = None,
) -> HelmClient:  # fmt: skip
    """A connection to the run's engine, which is started again where none runs, driven as `wish` says. Raises Stop and
    HelmError."""
    require_open(paths)
    deadline: float | None = None
    while True:
        try:
            client = HelmClient.connect(paths, declared=declared, take=take, coming=coming)
        except (NoEngine, HelmLeft):
            if deadline is not None and time.monotonic() > deadline:
                raise
            # While one that leaves still has the run nothing happens here: the next one begins behind it.
            ensure_engine(paths, wish)
            deadline = deadline or time.monotonic() + _COMES_UP_S
        else:
            if deadline is None:
                demo_of(paths)
            return client
        time.sleep(_AGAIN_S)


def refusal(refused: Refused) -> str:
    """Why a command was refused, and what can be done about it."""
    why = refusal_words(refused) or refusal_message(refused)
    text = _("Refused: {reason}.").format(reason=why.rstrip("."))
    hint = _hint(refused)
    return f"{text} {hint}" if hint else text


def _hint(refused: Refused) -> str:
    match refused.code:
        case "helm":
            return _("Take the helm with --take REASON, if that is agreed.")
        case "held":
            return _("The command resume lets it go on.")
        case "sign":
            return _("Use sign, with a note.")
        case "sensed":
            return _("Use execute, or by-hand with a note.")
        case "retry":
            return _("Use retry.")
        case "undecided":
            return _("The commands are retry, by-hand and skip.")
        case "reason":
            return _("Give it with --reason TEXT.")
        case "note":
            return _("Give it with --note TEXT.")
        case "confirm" if refused.facts.get("reason"):
            return _("Give both with --confirm TARGET --reason TEXT.")
        case "confirm":
            return _("Give it with --confirm TARGET.")
    return ""
