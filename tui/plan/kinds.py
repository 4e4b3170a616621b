"""What a kind of step says of itself: all that the loader, the engine and the screens ask, so that none of them knows
a kind by its name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tui.plan import shapes
from tui.plan.model import Action, Repeat, Step
from tui.plan.problems import Level
from tui.said import Said

KINDS_TO_COME = (
    *("sign", "check", "sql", "batch", "psql", "command", "query", "backup", "verify_backup", "store_backup"),
    *("fingerprint", "compare", "rls", "http", "notify", "monitor", "load", "quiesce", "release", "restore"),
    *("collect", "report"),
)
"""All kinds the plan's language knows; those missing from the registry are named as not supported yet."""

Fence = Literal["statements", "child", "proof", "none"]
"""How the fate of an interrupted attempt is learnt: statement by statement, by commit evidence and the catalogue; by
the child's end and the step's proof; by the proof alone; or not at all because the kind changes nothing."""

Measured = Literal["guards", "log", "lag"]
Belongs = Literal["always", "unless_said", "never"]
Dangerous = Literal["as_said", "on_production", "always"]
Read = Callable[[str], str]
"""The text of a file of the plan by its name. Raises OSError and ValueError."""


class Finding(Struct, frozen=True, kw_only=True):
    """What a kind's lint says: `key` is the path inside the spec (such as `file`), `line` a line of the named file.

    Its sentence stands in `Kind.texts`, under `text` where a code has several, or is `said` by what found it.
    """

    code: str
    facts: dict[str, Any] = {}
    text: str = ""
    said: str | Said | None = None
    key: str = ""
    file: str | None = None
    line: int | None = None
    level: Level = "error"


class Earlier(Struct, frozen=True, kw_only=True):
    """A step that comes before another one, of what kind it is, and its typed spec."""

    id: str
    kind: Kind
    spec: Any
    in_rollback: bool = False


def _no_earlier() -> tuple[Earlier, ...]:
    return ()


class Lint(Struct, frozen=True, kw_only=True):
    """What a kind's lint may look at: the step, its spec, the plan's files, and of what kinds the plan's steps are.

    `include` makes a file that only a script names one of the plan, and gives its name (`tui.plan.files.Unusable` where
    it cannot be). `is_undo` also holds for a `cleanup`: it is no step of its own. `earlier`: the steps that
    come before this one, as far as they can be read.
    """

    step: Step
    spec: Any
    read: Read
    include: Callable[[str], str]
    kinds_of_steps: Mapping[str, Kind] = {}
    is_undo: bool = False
    earlier: Callable[[], tuple[Earlier, ...]] = _no_earlier

    def before(self, step: str) -> Earlier | None:
        """One of those, by its id."""
        return next((each for each in self.earlier() if each.id == step), None)


class Program(Struct, frozen=True):
    """A program of PostgreSQL's that a step starts. `old`: one that is older than the server refuses it, or lacks
    something that the server has."""

    name: str
    old: Literal["refuses", "lacks", "works"] = "works"


class Room(Struct, frozen=True):
    """A directory that a step writes into: of this host, or of `host` as ssh knows it; empty where nobody but its
    program knows the place. `need`: bytes, by those of the database and of its last backup; None where nobody knows or
    nothing is asked. `looked_at`: whether the plan wants anybody to look."""

    directory: str
    need: Callable[[int | None, int | None], int | None]
    looked_at: bool = True
    host: str | None = None


class Needs(Struct, frozen=True, kw_only=True):
    """What a step needs that can be looked at before a run.

    `texts`: those of its spec in which `${NAME}` is replaced. `measured`: what it rests on of what is measured.
    `standby`: the libpq service of one that is read. `scratch`: it makes a database. `tables`: those that its spec
    names, `schema.table`. `channels`: those of the target that it tells. `extra`: of the package's extras the one that
    it needs. `dependencies`: the plan names some. `roles`: those that it takes on, beside the
    step's own.
    """

    programs: tuple[Program, ...] = ()
    texts: tuple[str, ...] = ()
    measured: frozenset[Measured] = frozenset()
    standby: str | None = None
    scratch: bool = False
    room: Room | None = None
    tables: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    extra: str | None = None
    dependencies: bool = False
    roles: tuple[str, ...] = ()


def _nothing(spec: Any) -> Needs:
    return Needs()


def _never(spec: Any) -> bool:
    return False


def _by_itself(spec: Any) -> tuple[str, ...]:
    return ()


class Attestation(Struct, frozen=True, kw_only=True):
    """What a person is asked who signs: the text, and what the note must tell. `by_policy`: on a production target the
    sign-off of a run without a person may sign it, too. `show`: what of the run is shown beside the question; `wants`:
    what must have been written down before."""

    text: str | None = None
    expect: str | None = None
    by_policy: bool = False
    show: tuple[str, ...] = ()
    wants: str | None = None


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of step, as the registry holds it. `spec` is its typed spec in all that is called with one.

    `execute`: see `tui.steps.context`. `short` names the spec's field that a bare scalar or list stands for (`sign:
    "..."`, `command: [...]`), and `true` alone means a spec of defaults. `changes`: it may change the target. `window`:
    whether a step of it belongs into the window: always, unless the plan says of it that it changes nothing, or never.
    `signed`: a person attests it. `repeat`: its default. `roleless`: it asks nothing as the step's role. `watches`: it
    looks at what others measure, and what was breached since it began counts. `own_progress`: it tells itself how far
    it is. `patient`: its questions may take as long as they take. `asks`: what it finds is an answer, shown as one.
    `compares`: whether its failing says that something is not as it was, or as it should be: a trigger may name it.
    `makes_backup`: others may take up what it made; `made_by`: the program of the plan's author that makes it, with its
    arguments, and none where we do. `takes_fingerprint`: whether its evidence tells of one, with which
    others compare (`tui.steps.fingerprints`). `arguments`: fields of the spec that are a program's arguments;
    `variables`: those that map names to values; `script_variables`: of these the ones whose names a script of the plan
    knows. `verbatim`: texts that are shown to the letter, before all else. `attestation`: what a person is asked who
    signs it. `row_security`: whether what it asks and changes is seen under the policies of its role.

    `texts`: its own sentences, English with `{placeholders}`, by their codes. `says_proof`: its lint says where a step
    of it needs a proof. `atomic`: whether one transaction is the whole step. `commit_tells`: the last commit in its
    evidence is all that it did. `rows_behind`: whether the row of its evidence is written behind its work, without an
    event. `script`: the SQL that it executes; `executed`: what is executed of the text that holds it, in its lines;
    `units`: what of it has fates of its own. `beyond_witness`: of a program whose work has a witness, whether it does
    more than that can tell. `exit_status`: of a program of the plan's author,
    the one by which it says that it is done. `error_of`: the server's error in what its program printed.
    `touches`: what its duration depends on (see `tui.steps.touched`); without it that may be the whole database.
    `facts`: what of its evidence is told in a line, by name and as it is; words are put to it where it is shown.

    `whole`: of a kind that makes a backup, whether it is one of the whole database.

    `undone_by`: what takes a step of it back where the plan says no undo, by its id. `opens_last`: its undo comes
    behind all else that a rollback does. `reopens`: the step whose closing of the target it takes back.
    `dangerous`: whether it costs the target's name whatever the plan says, in a rollback too. `foretells`: what is
    asked of the target before anybody confirms it: a generator as `execute` that returns facts. `foresees`: what is
    wrong with the target for a step of it, before a run: a generator as `execute` that returns findings, whose
    errors have codes of `Objection`; told beside the spec is whether an earlier step may change a table. `swaps`:
    it is done when the database that it made bears the target's name. `wants_closed`: whether others must be kept
    out of the target when a step of it begins.
    """

    name: str
    spec: type[Struct]
    execute: Callable[[Any, Any], Generator[Any, Any, Any]]
    fence: Fence = "none"
    changes: bool = False
    window: Belongs = "never"
    signed: bool = False
    repeat: Repeat = "always"
    roleless: bool = False
    watches: bool = False
    own_progress: bool = False
    patient: bool = False
    asks: bool = False
    compares: Callable[[Any], bool] = _never
    makes_backup: bool = False
    made_by: Callable[[Any], tuple[str, ...]] = _by_itself
    takes_fingerprint: Callable[[Any], bool] = _never
    arguments: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    script_variables: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()
    attestation: Callable[[Any], Attestation] | None = None
    row_security: Callable[[Any], bool] = _never
    short: str | None = None
    texts: Mapping[str, str] = {}
    says_proof: bool = False
    commit_tells: bool = False
    atomic: Callable[[Any], bool] | None = None
    rows_behind: Callable[[Any], bool] | None = None
    script: Callable[[Any, Read], str] | None = None
    executed: Callable[[Any, Read], str] | None = None
    units: Callable[[Any, Read], tuple[Any, ...]] | None = None
    beyond_witness: Callable[[Any, Read], bool] | None = None
    exit_status: Callable[[Any], int] | None = None
    error_of: Callable[[str], Any] | None = None
    lint: Callable[[Lint], Iterable[Finding]] | None = None
    needs: Callable[[Any], Needs] = _nothing
    touches: Callable[[Any, Any], Any] | None = None
    whole: Callable[[Any], bool] | None = None
    undone_by: Callable[[str], Action] | None = None
    opens_last: bool = False
    reopens: Callable[[Any], str] | None = None
    dangerous: Dangerous = "as_said"
    foretells: Callable[[Any, Any], Generator[Any, Any, dict[str, Any]]] | None = None
    foresees: Callable[[Any, Any, Callable[[str], bool]], Generator[Any, Any, list[Finding]]] | None = None
    swaps: bool = False
    wants_closed: Callable[[Any], bool] = _never
    facts: Callable[[dict[str, Any]], Sequence[tuple[str, Any]]] | None = None

    @property
    def changes_unseen(self) -> bool:
        """Whether it may have changed what no evidence of a commit tells of: a dump or its trial restore does not."""
        return self.fence in ("child", "proof") and (self.changes or self.repeat != "always")

    def may_change(self, said: bool | None) -> bool:
        """Whether a step of this kind changes something, of which the plan has `said` whether it does: such steps
        belong into the window, and are what a rollback takes back."""
        return self.window == "always" or (self.window == "unless_said" and said is not False)

    def sentence(self, finding: Finding) -> str | Said:
        """What a finding of its lint says."""
        if finding.said is not None:
            return finding.said
        return Said(self.texts[finding.text or finding.code], **finding.facts)

    @property
    def file_keys(self) -> tuple[str, ...]:
        """The keys of its spec behind which stand names of the plan's files."""
        return shapes.keys_of(self.spec, "file")

    @property
    def span_keys(self) -> tuple[str, ...]:
        """The keys of its spec behind which stand durations."""
        return shapes.keys_of(self.spec, "duration")

    def files(self, spec: Mapping[str, Any]) -> tuple[str, ...]:
        """The plan's files that a spec names, as the journal holds it."""
        found = (spec.get(key) for key in self.file_keys)
        named = ((each,) if isinstance(each, str) else each for each in found if isinstance(each, str | list | tuple))
        return tuple(dict.fromkeys(name for names in named for name in names if isinstance(name, str)))

    def typed(self, spec: dict[str, Any]) -> Any:
        """The spec of a step of this kind, typed. Raises msgspec.ValidationError for one that was never loaded."""
        return msgspec.convert(spec, self.spec)


Kinds = Mapping[str, Kind]
