"""The plan: what is to be done. Frozen, typed, free of YAML and of the kinds of steps.

A step's `spec` holds normalised builtins (durations in seconds, files relative to the plan); the kind it belongs to
(`tui.steps`) turns it into its own typed structure. So the model, the journal and the fold need no kind at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct, field

from tui.plan.scalars import Duration, Offset, Quantity

Environment = Literal["production", "staging", "development"]
Repeat = Literal["always", "after_proof", "never"]
OnFailure = Literal["hold", "continue", "propose_rollback"]


class Node(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """What all parts of a plan share: immutable, keyword only, defaults left out when written."""


class Window(Node, frozen=True, kw_only=True):
    """The maintenance window: `opens` is local time in `timezone`, or `+1m` relative to the run's opening."""

    opens: str
    timezone: str = "UTC"
    duration: Duration
    buffer: Duration = 0.0


class HostSource(Node, frozen=True, kw_only=True):
    """Where figures of the database's host come from; the first that answers is used, its name is shown."""

    node_exporter: str | None = None
    ssh: str | None = None
    sql: bool = False
    local: bool = False


class Target(Node, frozen=True, kw_only=True):
    """A named database of the plan. `service` or `dsn` (with `${VARIABLE}`s) tells how it is reached; `rehearsal`: no
    run begins there before one of the same work was rehearsed to its end."""

    environment: Environment
    service: str | None = None
    dsn: str | None = None
    password_command: str | None = None
    host: tuple[HostSource, ...] = ()
    server_log: str = "auto"
    window: Window | None = None
    rehearsal: Literal["required"] | None = None


class Member(Node, frozen=True, kw_only=True):
    """Someone of the team, by role."""

    role: str
    name: str = ""
    contact: str = ""
    duty: str = ""


class Canary(Node, frozen=True, kw_only=True):
    """What `response_time` measures."""

    sql: str | None = None
    http: str | None = None
    every: Duration = 1.0


class Guard(Node, frozen=True, kw_only=True):
    """A success criterion watched live: `metric` must stay below, above or equal; breached after `for_` seconds."""

    metric: str
    below: Quantity | None = None
    above: Quantity | None = None
    equals: Quantity | None = None
    for_: Duration = field(default=0.0, name="for")
    except_: tuple[str, ...] = field(default=(), name="except")


class Proof(Node, frozen=True, kw_only=True):
    """Is a step's effect there? A query whose first value is compared."""

    query: str
    equals: Any = None
    empty: bool | None = None
    not_empty: bool | None = None


class Action(Node, frozen=True, kw_only=True):
    """Something of a kind, without a place in the checklist: an `undo` or a `cleanup`."""

    kind: str
    spec: dict[str, Any] = {}


class Step(Node, frozen=True, kw_only=True):
    """One item of the checklist. Seconds everywhere; `milestone` counts from the window's opening; `tolerate`: see
    `tui.plan.tolerance`; `changes`: false says of a program that it changes nothing, so that it needs no window."""

    id: str
    title: str
    kind: str
    spec: dict[str, Any] = {}
    role: str | None = None
    as_: str | None = field(default=None, name="as")
    estimate: Duration | None = None
    timeout: Duration | None = None
    tolerate: Duration | None = None
    milestone: Offset | None = None
    needs: tuple[str, ...] = ()
    with_: str | None = field(default=None, name="with")
    prove: Proof | None = None
    cleanup: Action | None = None
    undo: Action | None = None
    repeat: Repeat | None = None
    on_failure: OnFailure = "hold"
    confirm: Literal["typed"] | None = None
    changes: bool | None = None


class Section(Node, frozen=True, kw_only=True):
    """Steps that belong together; `undo_applied` (rollback only) marks where the undo of applied steps goes."""

    title: str
    estimate: Duration | None = None
    parallel: bool = False
    undo_applied: bool = False
    steps: tuple[Step, ...] = ()


class PhaseWindow(Node, frozen=True, kw_only=True):
    """A window of a phase's own, such as that of a load test a day later; `opens` counts from the opening of the
    target's."""

    opens: Offset
    duration: Duration
    buffer: Duration = 0.0


class Phase(Node, frozen=True, kw_only=True):
    """`starts` (seconds from the window's opening): no step of it runs before; without it the opening of a `window` of
    the phase's own, which takes the place of the target's for what it changes."""

    title: str
    starts: Offset | None = None
    window: PhaseWindow | None = None
    sections: tuple[Section, ...] = ()

    @property
    def begins(self) -> float | None:
        """Seconds from the window's opening before which no step of it runs."""
        return self.window.opens if self.starts is None and self.window is not None else self.starts


class Trigger(Node, frozen=True, kw_only=True):
    """A condition under which rollback is proposed; a person decides."""

    title: str
    guard: str | None = None
    step: str | None = None
    errors: int | None = None


class Rollback(Node, frozen=True, kw_only=True):
    """How the database is taken back."""

    triggers: tuple[Trigger, ...] = ()
    phases: tuple[Phase, ...] = ()


class Plan(Node, frozen=True, kw_only=True):
    """The whole plan, normalised. What `run.opened` carries."""

    virada: int = 1
    name: str
    locale: str | None = None
    targets: dict[str, Target] = {}
    team: tuple[Member, ...] = ()
    canary: Canary | None = None
    success: tuple[Guard, ...] = ()
    phases: tuple[Phase, ...] = ()
    rollback: Rollback = Rollback()


class Place(Struct, frozen=True):
    """Where a step stands: `number` is what people see, such as `2.3.1` or `R1.1.2` in the rollback."""

    number: str
    phase: str
    section: str
    starts: float | None
    parallel: bool
    window: PhaseWindow | None = None


def places(phases: tuple[Phase, ...], prefix: str = "") -> Iterator[tuple[Place, Step]]:
    """Every step with its place, in the order in which they run."""
    for p, phase in enumerate(phases, 1):
        for s, section in enumerate(phase.sections, 1):
            for n, step in enumerate(section.steps, 1):
                number = f"{prefix}{p}.{s}.{n}"
                place = Place(number, phase.title, section.title, phase.begins, section.parallel, phase.window)
                yield place, step
