"""`monitor`: watch criteria, log or statements for a time, or as a companion; keep a baseline, or compare with one."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from tui.plan.scalars import Duration, EarlierStep


class AgainstSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of the figures may not become worse. The application's answers, and statements where both have them: median
    and 95th percentile. Where the baseline lasted long enough to have the same hours of the day, those count;
    else those that a monitor of an earlier run on this database has kept.
    """

    baseline: EarlierStep
    """The step that kept the baseline."""
    worse: float = 1.5
    """So many times the baseline is too much."""
    margin: Duration = 0.01
    """A difference of less than this is none."""


class MonitorSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At least one of `log`, `guards`, `baseline`, `against` and `statements`."""

    log: Literal["server"] | None = None
    """`server`: the server's log is followed; errors in it that are not the run's own are counted, by SQLSTATE."""
    guards: bool = False
    """Whether a success criterion that is breached at the end or meanwhile fails the step."""
    baseline: bool = False
    """Whether what every metric was meanwhile is kept, second by second: median, 95th percentile, maximum. Later steps
    compare with it by this step's id."""
    against: AgainstSpec | None = None
    """The baseline that it is compared with; where it is worse, the step fails and names what."""
    statements: Literal["required", "if_there"] | None = None
    """The statements that took most of the time meanwhile, by pg_stat_statements. Beside `against` those that became
    slower than in the baseline's statements are too much as well. `required`: the step fails where the extension is not
    in the database; `if_there`: that is told, and no more."""
    for_: Duration | None = field(default=None, name="for")
    """How long it watches; nothing for a companion, which watches as long as the step it runs `with`."""
