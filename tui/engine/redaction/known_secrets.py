"""What a redactor has to know by value: secrets in the environment, and in the plan as it was approved.

The plan is read from its frozen files once more: `run.opened` leaves its secrets out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from tui.plan.files import PLAN_FILE
from tui.plan.loader import load
from tui.plan.model import Plan
from tui.plan.seal import seal_of_digests
from tui.plan.secrets import Secrets
from tui.sql.secrets import is_distinctive, is_secret_name
from tui.sql.written import find_written

_SHORT = 6
"""A value of a variable with a telling name that is shorter may be any word, unless it looks like none."""
_LONGEST = 1 << 16


def around(environment: Mapping[str, str], planned: Secrets) -> Iterator[str]:
    """Every secret that the engine's environment and its plan hold, some of them twice."""
    yield from planned.values
    for name, value in environment.items():
        given = name == "PGPASSWORD" or name in planned.variables
        if given or (is_secret_name(name) and (len(value) >= _SHORT or is_distinctive(value))):
            yield value
        elif len(value) <= _LONGEST:
            # The address of a database, a connection string: whatever the variable is called.
            yield from (written.value for written in find_written(value, literals=False))


class Approved(msgspec.Struct, frozen=True):
    """A plan, and what it and its files hold of secrets."""

    plan: Plan
    secrets: Secrets


def approved(directory: Path, seal: str) -> Approved | None:
    """What is frozen in `directory`; None where it cannot be read, or is not what has this seal."""
    from tui.steps.registry import KINDS

    loaded = load(directory / PLAN_FILE, KINDS)
    if loaded.plan is None or seal_of_digests(loaded.digests) != seal:
        return None
    return Approved(loaded.plan, loaded.secrets)


def known_secrets(directory: Path, seal: str) -> Secrets:
    """What is frozen in `directory` holds; nothing where that cannot be read."""
    found = approved(directory, seal)
    return Secrets() if found is None else found.secrets
