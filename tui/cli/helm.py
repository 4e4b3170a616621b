"""The helm from the command line: a connection, an engine for it, answers in words."""

from __future__ import annotations

import time

from tui.cli.engine import demo_of, ensure_engine, require_open
from tui.helm.client import HelmClient, NoEngine
from tui.helm.paths import RunPaths
from tui.helm.protocol import Refused
from tui.locale import _
from tui.run.visible import visible

_COMES_UP_S = 10.0
_AGAIN_S = 0.05


def connected(paths: RunPaths, declared: str | None = None, take: str | None = None) -> HelmClient:
    """A connection to the run's engine, which is started again where none runs. Raises Stop and HelmError."""
    require_open(paths)
    try:
        client = HelmClient.connect(paths, declared=declared, take=take)
    except NoEngine:
        ensure_engine(paths)
    else:
        demo_of(paths)
        return client
    deadline = time.monotonic() + _COMES_UP_S
    while True:
        try:
            return HelmClient.connect(paths, declared=declared, take=take)
        except NoEngine:
            if time.monotonic() > deadline:
                raise
        time.sleep(_AGAIN_S)


def refusal(refused: Refused) -> str:
    """Why a command was refused, and what can be done about it."""
    text = _("Refused: {reason}.").format(reason=visible(refused.message).rstrip("."))
    if refused.code in ("helm", "no-helm"):
        text += " " + _("Take the helm with --take REASON, if that is agreed.")
    return text
