"""A changed plan, laid beside the run's by whoever asks for it: read, compared, judged by the rules, and put in force.

The line `run.amended` is what makes it the run's plan. The directories are exchanged after it: an engine that ends in
between leaves that to the next one, and whoever reads a file of the plan finds it by its seal meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct

from tui.engine.preflight.advice import advice
from tui.engine.preflight.findings import Findings
from tui.engine.preflight.placeholders import written_problems
from tui.engine.preflight.rehearsals import rehearsed
from tui.engine.recorder import Recorder
from tui.engine.redaction.known_secrets import known_secrets
from tui.engine.redaction.published import shown
from tui.engine.redaction.redactor import Redactor
from tui.engine.target.access import TargetAccess
from tui.journal.events import RunAmended, RunOpened, StepAdvice
from tui.plan.files import PLAN_FILE
from tui.plan.loader import Loaded, load
from tui.plan.model import UNDO_PREFIX
from tui.plan.replaced import beside, discard, kept, place_of_next, put_in_force, seal_in, taken
from tui.plan.seal import seal_of_digests, work_of
from tui.plan.secrets import Secrets, together
from tui.run.amend import SAME, ProposedPlan
from tui.run.commands import Amend
from tui.run.differing import PlanText, differing
from tui.run.order import Refusal
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.said import Joined, to_data
from tui.sql.disclosed import hidden
from tui.steps.registry import KINDS

GONE = Refusal(code="amend-gone", message="the changed plan is not there any more; try again")


class _Read(Struct, frozen=True, kw_only=True):
    """The plan in force and the one that is to be, and where they lie."""

    before: Loaded
    here: Path
    after: Loaded
    place: Path


class Amending:
    """What the helm asks of an amendment. `changed`: called when another plan is in force; `report` takes what went
    wrong to the engine's log."""

    def __init__(
        self, recorder: Recorder, paths: RunPaths, target: TargetAccess, environment: Mapping[str, str],
        changed: Callable[[], None], report: Callable[[BaseException, str], None],
    ) -> None:  # fmt: skip
        self._recorder = recorder
        self._paths = paths
        self._target = target
        self._environment = environment
        self._changed = changed
        self._report = report
        self.turn = asyncio.Lock()
        """One amendment after the other, from reading its plan to putting that in force or away."""

    async def proposed(self, command: Amend) -> ProposedPlan | Refusal:
        """The plan that lies beside the run's under the command's seal, as the rules look at it; it is in hand from
        here on, and nothing else is changed."""
        opened = self._recorder.state.opened
        assert opened is not None
        if command.seal == opened.seal:
            return SAME
        read = await asyncio.to_thread(self._read, opened, command)
        if isinstance(read, Refusal):
            return read
        secrets = together(self._target.planned, read.after.secrets)
        # From here on they are hidden wherever something is written, whatever is decided.
        self._target.planned = self._recorder.planned = secrets
        self._recorder.know(self._target.secrets())
        return await asyncio.to_thread(_compared, read, opened, command.seal, self._recorder.redactor, secrets)

    def put_away(self, command: Amend) -> None:
        """What was laid under the command's seal is not put in force; what is stays."""
        opened = self._recorder.state.opened
        place = place_of_next(self._paths.plan, command.seal)
        # Under its name another one may lie, which nobody could move from there.
        if opened is not None and opened.seal != command.seal and seal_in(place) == command.seal:
            discard(place)

    def _read(self, opened: RunOpened, command: Amend) -> _Read | Refusal:
        plan = self._paths.plan
        # Under another name where the exchange behind the last amendment failed.
        here = next((path for path in (plan, *beside(plan)) if seal_in(path) == opened.seal), plan)
        before = load(here / PLAN_FILE, KINDS)
        place = taken(plan, command.seal)
        if place is None:
            return GONE
        after = load(place / PLAN_FILE, KINDS)
        if before.plan is None or seal_of_digests(before.digests) != opened.seal:
            return GONE
        if after.plan is None or seal_of_digests(after.digests) != command.seal:
            return GONE
        refusal = self._open_places(opened, after, place)
        if refusal is not None:
            return refusal
        return _Read(before=before, here=here, after=after, place=place)

    def _open_places(self, opened: RunOpened, after: Loaded, place: Path) -> Refusal | None:
        """Why it cannot be carried out here, for what can be known without the target: what is still to be filled in,
        variables that this engine does not have."""
        assert after.plan is not None
        if opened.target not in after.plan.targets:
            return None
        found = Findings(str(place / PLAN_FILE), after.positions, opened.target)
        files = {name: (place / name).read_bytes for name in after.files}
        written_problems(found, after.plan.targets[opened.target], after.plan, files, self._environment)
        if not found.errors:
            return None
        said = Joined([problem.said for problem in found.errors], "\n")
        message = "the changed plan cannot be carried out here"
        return Refusal(code="amend-plan", message=message, facts={"said": to_data(said)})

    def put_in_force(self) -> None:
        """Behind the line: the directories change places, and everything goes by the plan as it is now."""
        try:
            settle(self._paths, self._recorder.state)
        except OSError as error:
            # It is found under its other name; the next engine tries again.
            self._report(error, "the amended plan's directory")
        self._changed()


def _compared(read: _Read, opened: RunOpened, seal: str, redactor: Redactor, secrets: Secrets) -> ProposedPlan:
    def hide(text: str) -> str:
        return redactor.known(hidden(text))

    after, place = read.after, read.place
    assert after.plan is not None
    show = partial(shown, redactor=redactor, secrets=secrets)
    found = differing(_text_of(read.before, read.here, hide), _text_of(after, place, hide), show)
    digests = {name: digest for name, digest in after.digests.items() if name != PLAN_FILE}
    work = work_of(after.plan, digests)
    changed = {change.step for change in found.steps if change.how in ("changed", "added")}
    event = RunAmended(
        plan=after.plan, seal=seal, work=work, reason="", steps=found.steps, files=found.files,
        parts=found.parts,
        rehearsed=rehearsed(work), private=after.secrets.files,
        advice=_of_steps(after, place, changed),
    )  # fmt: skip
    return ProposedPlan(event=event, base=opened.seal)


def settle(paths: RunPaths, state: RunState) -> None:
    """Have the plan's directory be the one that the journal says is in force; those before it are kept. Raises
    OSError."""
    if state.opened is not None and state.amended:
        before = {known.number: known.before_seal for known in state.amendments}
        put_in_force(paths.plan, state.opened.seal, before)


def of_plans_before(paths: RunPaths, state: RunState, secrets: Secrets) -> Secrets:
    """With what the plans held that were in force before: it is hidden as long as the run is open."""
    seals = {known.number: known.before_seal for known in state.amendments}
    for number in range(1, state.amended + 1):
        place = kept(paths.plan, number)
        # Of those before the ones that the state tells of, it is what lies there.
        seal = seals.get(number) or seal_in(place)
        if seal is not None:
            secrets = together(known_secrets(place, seal), secrets)
    return secrets


def _text_of(loaded: Loaded, directory: Path, hide: Callable[[str], str]) -> PlanText:
    assert loaded.plan is not None
    digests = {name: digest for name, digest in loaded.digests.items() if name != PLAN_FILE}

    def text(name: str) -> str | None:
        if name in loaded.secrets.files:
            return None
        try:
            found = (directory / name).read_bytes()
            return None if b"\0" in found else hide(found.decode("utf-8"))
        except (OSError, ValueError):
            return None

    return PlanText(plan=loaded.plan, digests=digests, uses=loaded.uses, text=text)


def _of_steps(after: Loaded, place: Path, changed: set[str]) -> dict[str, StepAdvice]:
    assert after.plan is not None
    read = partial(_script, place)
    found = advice(after.plan, read, KINDS)
    return {step: told for step, told in found.items() if step.removeprefix(UNDO_PREFIX) in changed}


def _script(place: Path, name: str) -> str:
    return (place / name).read_text(encoding="utf-8")
