"""What a redactor has to know by value: secrets in the environment, in the plan, and in what that takes from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
