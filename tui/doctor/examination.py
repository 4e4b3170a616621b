"""All that is looked at, in the order in which it is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

from tui.doctor import home, locale, moments, program, reach, survival, terminal, tools
from tui.doctor.examined import Examined, examined
from tui.said import N_


def examine() -> Iterator[Examined]:
    """Everything; what cannot be looked at is unknown, and holds nothing else up."""
    environment = dict(os.environ)
    given = locale.given() or environment
    looks: dict[str, Callable[[], Iterator[Examined]]] = {
        "python": program.look,
        "terminal": partial(terminal.look, environment),
        "locale": partial(locale.look, given),
        "zones": partial(moments.look, environment),
        "home": home.look,
        "engine": survival.look,
        "tools": partial(tools.look, environment),
        "ssh": partial(reach.look, environment),
    }
    for name, looked in looks.items():
        try:
            yield from looked()
        except Exception as error:
            # What a machine may be like has no end; what was not foreseen is said and is no reason to stop.
            yield examined(
                name, "unknown", "not_looked_at", N_("it could not be looked at: {reason}"),
                N_("Tell the makers of virada."), reason=f"{type(error).__name__}: {error}",
            )  # fmt: skip
