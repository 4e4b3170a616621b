"""The plan: what is to be done. Frozen, typed, free of YAML and of the kinds of steps.

A step's `spec` holds normalised builtins (durations in seconds, files relative to the plan); the kind it belongs to
(`tui.steps`) turns it into its own typed structure. So the model, the journal and the fold need no kind at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field

from tui.plan.scalars import Duration, Offset, Quantity

Environment = Literal["production", "staging", "development"]
Repeat = Literal["always", "after_proof", "never"]
OnFailure = Literal["hold", "continue", "propose_rollback"]
UNDO_PREFIX = "undo."
"""Before a step's id: the step that undoes it."""


class Node(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """What all parts of a plan share: immutable, keyword only, defaults left out when written."""


class Window(Node, frozen=True, kw_only=True):
    """The maintenance window. It closes after `duration` and `buffer`."""

    opens: str
    """Local time in `timezone`, `"2031-12-05T22:00"`; or `+1m`, so long after the run was opened, for rehearsals. T+0
    on every screen."""
    timezone: str = "UTC"
    """An IANA name, such as `America/Sao_Paulo`."""
    duration: Duration
    """How long changes may be begun."""
    buffer: Duration = 0.0
    """What is kept behind it for going back: to begin a change then costs the target's name and a reason."""


class HostSource(Node, frozen=True, kw_only=True):
    """Where figures of the database's host come from; the first that answers is used, its name is shown."""

    node_exporter: str | None = None
    """The address of a node_exporter on the host: `"http://db1:9100/metrics"`."""
    ssh: str | None = None
    """The host as ssh knows it; figures are read by a shell there that stays open. Keys only, no password is asked."""
    sql: bool = False
    """`true`: the server's /proc, read through SQL. The role needs pg_read_server_files and EXECUTE on
    pg_read_file(text, bigint, bigint, boolean)."""
    local: bool = False
    """`true`: the host that virada runs on is the database's."""


class Target(Node, frozen=True, kw_only=True):
    """A named database of the plan: exactly one of `service` and `dsn` tells how it is reached."""

    environment: Environment
    """What it is, painted and worded on every screen; on `production` nothing is compressed or signed off by itself."""
    service: str | None = None
    """A libpq service (`pg_service.conf`)."""
    dsn: str | None = None
    """A connection string or URI; `${NAME}` is taken from the environment. Passwords do not stand in a plan."""
    password_command: str | None = None
    """A program that prints the password of the moment, for tokens that expire; asked at every connection."""
    host: tuple[HostSource, ...] = ()
    """Where the figures of the database's host (CPU, memory, disk) come from; the first that answers is used."""
    server_log: str = "auto"
    """The server's log: `auto` (through SQL), `{file: PATH}`, `{ssh: HOST:PATH}` or `none`."""
    window: Window | None = None
    """The maintenance window. A production target without one is a warning."""
    channels: dict[str, str] = {}
    """Whom `notify` tells, by name: addresses of Apprise's, which carry keys and so come from the environment alone:
    `{team: "${TEAM_URL}", users: "${USERS_URL}"}`. A variable may hold several, with blanks between them."""
    rehearsal: Literal["required"] | None = None
    """`required`: no run begins there before one of the same work was rehearsed to its end."""


class Member(Node, frozen=True, kw_only=True):
    """Someone of the team, by role."""

    role: str
    """The role, as steps name it."""
    name: str = ""
    """Who it is."""
    contact: str = ""
    """How they are reached: shown by `t` in the console."""
    duty: str = ""
    """What they are there for."""


class Canary(Node, frozen=True, kw_only=True):
    """What `response_time` measures: exactly one of `sql` and `http`."""

    sql: str | None = None
    """A query of the application's kind, asked in a session of its own."""
    http: str | None = None
    """An address of the application."""
    every: Duration = 1.0
    """How often it is asked."""


class Dependency(Node, frozen=True, kw_only=True):
    """A service that the application needs, asked by `check: {dependencies: true}`: exactly one of `tcp` and `http`."""

    tcp: str | None = None
    """`host:port` that takes connections."""
    http: str | None = None
    """An address that is fetched, without following a redirection; `${NAME}` is taken from the environment."""
    status: int | None = None
    """The status of the answer; where nothing is said any from 200 to 299."""
    json: dict[str, Any] = {}
    """What must stand in the answer, by where: `{"$.status": ok, "$.replicas[0].lag": 0}`."""
    certificate: Duration | None = None
    """For how long its certificate must still be valid: `14d`."""
    within: Duration = 5.0
    """How long connection and answer may take."""
    name: str = ""
    """What it is called; where nothing is said its address."""


class Guard(Node, frozen=True, kw_only=True):
    """A success criterion that is watched live: a metric and exactly one limit."""

    metric: str
    """What is measured."""
    title: str = ""
    """What people read where it is not measured and a person signs for it; otherwise metric and limit."""
    below: Quantity | None = None
    """It must stay below this: `100ms`, `70%`, `5`."""
    above: Quantity | None = None
    """It must stay above this."""
    equals: Quantity | None = None
    """It must be this."""
    for_: Duration = field(default=0.0, name="for")
    """How long it may be over its limit before that is a breach."""
    except_: tuple[str, ...] = field(default=(), name="except")
    """Ids of steps during which it is not looked at, such as a backup."""


class Quality(Node, frozen=True, kw_only=True):
    """A success criterion that steps tell: met where all of them ended well, not met where one of them failed."""

    title: str
    """What people read."""
    steps: tuple[str, ...]
    """The ids of the steps that tell it."""


class Proof(Node, frozen=True, kw_only=True):
    """A question that tells whether a step's effect is in the database: exactly one comparison."""

    query: str
    """Asked as the step's role, in a transaction that only reads."""
    equals: Any = None
    """Its effect is there where the first value of the first row is this."""
    empty: bool | None = None
    """Its effect is there where there is no row."""
    not_empty: bool | None = None
    """Its effect is there where there is a row."""


class Action(Node, frozen=True, kw_only=True):
    """Something of a kind, without a place in the checklist: an `undo` or a `cleanup`."""

    kind: str
    spec: dict[str, Any] = {}


class Step(Node, frozen=True, kw_only=True):
    """One item of the checklist, with exactly one kind."""

    id: str
    """Its name on the command line and in the journal: lower-case letters, digits, `-` and `_`. No other step has it.
    """
    title: str
    """What people read."""
    kind: str
    spec: dict[str, Any] = {}
    role: str | None = None
    """Who does it: a role of `team`. It is shown, and does not restrict who may."""
    as_: str | None = field(default=None, name="as")
    """The database role that it acts as (SET ROLE)."""
    estimate: Duration | None = None
    """How long it is expected to take, until a rehearsal has measured it; for the projection of the end."""
    timeout: Duration | None = None
    """How long an attempt may take before it is ended and has failed."""
    tolerate: Duration | None = None
    """How long its server may be silent before the connection is given up. Where nothing is said `9s`, and `2m` for
    what keeps nobody waiting: concurrent index builds, VALIDATE, VACUUM, dumps."""
    milestone: Offset | None = None
    """When it should begin, or be signed: shown on the clock and in the timetable, late or not."""
    needs: tuple[str, ...] = ()
    """Ids of steps that must have ended before it begins, beyond those that stand before it."""
    with_: str | None = field(default=None, name="with")
    """The id of the step that it accompanies: it begins and ends with that one and holds nothing up."""
    prove: Proof | None = None
    """How to tell whether its effect is in the database; asked when an attempt was interrupted, and when it is said to
    be done by hand."""
    cleanup: Action | None = None
    """What takes away the half that a failed attempt may leave, such as an invalid index: one kind of step."""
    undo: Action | None = None
    """What takes it back in a rollback: one kind of step. What is applied without one stays, and is named."""
    repeat: Repeat | None = None
    """Whether it may be run again when nobody knows what became of an attempt: `always`, only `after_proof` that it is
    not there, or `never`. Each kind has its own default, told there."""
    on_failure: OnFailure = "hold"
    """`hold`: the run waits for a person. `continue`: it goes on, and the failure is no obstacle to be completed.
    `propose_rollback`: as `hold`, and a rollback is proposed."""
    confirm: Literal["typed"] | None = None
    """`typed`: it is dangerous, and begins only with the target's name typed (`do execute STEP --confirm TARGET`);
    run-to and headless stop before it."""
    changes: bool | None = None
    """`false` says of a `command` that it changes nothing: it needs no window, and a rollback leaves nothing of it."""


class Section(Node, frozen=True, kw_only=True):
    """Steps that belong together."""

    title: str
    """What people read."""
    estimate: Duration | None = None
    """How long all of it is expected to take; stands for its steps that have no estimate."""
    parallel: bool = False
    """Whether its steps may run beside each other. Otherwise each waits for the one before it."""
    undo_applied: bool = False
    """In the rollback alone, once: the undo of the steps that were applied goes here. Without the mark it comes first.
    """
    steps: tuple[Step, ...] = ()
    """In their order."""


class PhaseWindow(Node, frozen=True, kw_only=True):
    """A window of a phase's own, such as that of a load test a day later; `opens` counts from the opening of the
    target's."""

    opens: Offset
    """From the opening of the target's window: `T+24h`."""
    duration: Duration
    """How long changes may be begun."""
    buffer: Duration = 0.0
    """What is kept behind it for going back."""


class Phase(Node, frozen=True, kw_only=True):
    """A part of the change."""

    title: str
    """What people read."""
    starts: Offset | None = None
    """From the window's opening: no step of it runs before."""
    window: PhaseWindow | None = None
    """A window of its own, which takes the place of the target's for what it changes."""
    sections: tuple[Section, ...] = ()
    """In their order."""

    @property
    def begins(self) -> float | None:
        """Seconds from the window's opening before which no step of it runs."""
        return self.window.opens if self.starts is None and self.window is not None else self.starts


class ErrorLimit(Node, frozen=True, kw_only=True):
    """So many errors of a sort that nobody has resolved."""

    unresolved: Annotated[int, Meta(ge=1)] = 1
    """How many."""
    from_: Literal["run", "server", "application"] | None = field(default=None, name="from")
    """Whose: of the run's own steps, critical ones of the `server`'s log, or those of the `application` that came with
    the change. Of all of them where nothing is said."""
    classes: tuple[Annotated[str, Meta(pattern="^[0-9A-Z]{2}([0-9A-Z]{3})?$")], ...] = ()
    """Classes of SQLSTATE such as `"42"`, or whole ones such as `"42703"`; any where nothing is said."""


class Trigger(Node, frozen=True, kw_only=True):
    """A condition under which a rollback is proposed; a person decides. At most one of `guard`, `guards`, `step`,
    `steps`, `errors`, `comparison` and `comparisons`."""

    title: str
    """What people read when it is proposed."""
    guard: str | None = None
    """The metric whose breach proposes it."""
    guards: tuple[str, ...] = ()
    """Metrics: a breach of any of them proposes it."""
    for_: Duration = field(default=0.0, name="for")
    """With `guard` or `guards`: how long it must have been over its limit."""
    step: str | None = None
    """The id of the step whose failure proposes it."""
    steps: tuple[str, ...] = ()
    """Ids of critical steps: the failure of any of them proposes it."""
    errors: int | ErrorLimit | None = None
    """So many unresolved errors propose it; `{unresolved, from, classes}` says which."""
    comparison: str | None = None
    """The id of a step that compares, such as `compare` or `rls`: it proposes it where it finds a difference."""
    comparisons: bool = False
    """`true`: any step of the plan that compares, and finds a difference."""


class RollbackPlan(Node, frozen=True, kw_only=True):
    """How the database is taken back."""

    triggers: tuple[Trigger, ...] = ()
    """When it is proposed."""
    phases: tuple[Phase, ...] = ()
    """Its own steps, such as telling people and looking at the result. The undo of what was applied is added by itself.
    """


class Plan(Node, frozen=True, kw_only=True):
    """The whole plan."""

    virada: int = 1
    """The format of the plan: 1."""
    name: str
    """What the change is called."""
    locale: str | None = None
    """The language that its texts are in, `en` or `pt_BR`. Screens speak that of the environment (LANG)."""
    targets: dict[str, Target] = {}
    """By name. A rehearsal runs on one that is not production."""
    team: tuple[Member, ...] = ()
    """Who takes part."""
    dependencies: tuple[Dependency, ...] = ()
    """Services that the application needs; a step `check: {dependencies: true}` asks them."""
    canary: Canary | None = None
    """What `response_time` measures."""
    success: tuple[Guard, ...] = ()
    """Criteria that hold while the change is carried out."""
    quality: tuple[Quality, ...] = ()
    """Further criteria, which steps tell: consistent data, policies in force. They stand beside those that are
    measured, met or not."""
    phases: tuple[Phase, ...] = ()
    """The checklist: phases have sections, and sections have steps."""
    rollback: RollbackPlan = RollbackPlan()
    """How it is taken back."""


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


def steps_of(plan: Plan) -> Iterator[Step]:
    """Every step, those of the rollback last."""
    for phases in (plan.phases, plan.rollback.phases):
        for _place, step in places(phases):
            yield step


def actions(plan: Plan) -> Iterator[tuple[Step, Step | Action]]:
    """Every step, what takes it back and what cleans up behind it, each with the step."""
    for step in steps_of(plan):
        for action in (step, step.undo, step.cleanup):
            if action is not None:
                yield step, action


BRIEF: Final = 9.0
"""Seconds where locks are held that the application waits for: whoever holds them must be gone soon."""
PATIENT: Final = 120.0
"""Seconds where nobody waits for what it holds (concurrent index builds, VALIDATE, VACUUM, dumps): a network that is
away for a moment must not end hours of work."""
SHORTEST: Final = 1.0
"""What a step may say at least: less than that any busy network is silent for."""


def tolerance(said: float | None, patient: bool) -> float:
    """What holds for a step that says `said`, or nothing. `patient`: nobody waits for what it holds."""
    if said is not None:
        return said
    return PATIENT if patient else BRIEF
