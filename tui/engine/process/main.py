"""The engine's process, detached: it opens a run or takes one up, and serves it to its end."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tui import __version__
from tui.engine.amending import of_plans_before, settle
from tui.engine.crashlog import CrashLog
from tui.engine.engine import Engine
from tui.engine.exceptions import said
from tui.engine.helm_server import HelmServer
from tui.engine.lock import EngineLock, EngineRunning
from tui.engine.other_runs.admission import InTheWay, OpeningTurn, identified, look, refusal
from tui.engine.process.detach import StartFailed, report_failure, report_ready
from tui.engine.process.launch import OpeningOrder
from tui.engine.process.stale import sweep
from tui.engine.process.target_questions import measured, unrecorded, unrecorded_words
from tui.engine.programs import private_files
from tui.engine.programs.removal import patiently
from tui.engine.recorder import Recorder
from tui.engine.redaction.known_secrets import approved, known_secrets
from tui.engine.redaction.published import whole
from tui.engine.redaction.redactor import Redactor
from tui.engine.running import identity
from tui.engine.target.access import TargetAccess
from tui.journal.clock import RunClock
from tui.journal.codes import NEVER_IN_SPITE, Objection
from tui.journal.events import RunAmended, RunOpened, RunRecovered, Sizes, Wish, class_of, decode
from tui.journal.failure import JournalLost
from tui.journal.line import JournalError, Line
from tui.journal.reader import read_all
from tui.journal.writer import JournalWriter, Recovered
from tui.plan.files import PLAN_FILE
from tui.plan.model import Plan
from tui.plan.problems import Problem
from tui.plan.sealed import NotAsSealed, SealedPlan, how_it_differs
from tui.plan.secrets import Secrets
from tui.postgres.conninfo.resolve import without_service_variable
from tui.postgres.errors import PostgresError
from tui.postgres.sizes import DataSizes
from tui.run.driving import wished
from tui.run.fold import fold_all
from tui.run.other_runs import UNSEEN, beside
from tui.run.rehearsed import compared
from tui.run.standing import changes_something
from tui.run.state import RunState
from tui.runs.heads import HeadKeeper, known_head, lost_words, named
from tui.runs.opening import file_of, inherited
from tui.runs.owner import NotOwned, Seen, require_own
from tui.runs.paths import RunPaths
from tui.runs.person import caller
from tui.said import N_, Joined, Said, said_of, to_data

_TOLD = 100
"""Lines of what was found wrong at most: they go through a pipe."""
_REFUSED = 5
"""What the command ends with where `check --on` calls something an error, where a journal has lost its end, and where
the run is somebody else's."""


class CannotStart(StartFailed):
    """Why this engine does not run, for people; `exit_code` is what the command that started it ends with."""


def main(arguments: list[str]) -> int:
    """Exit status: 0 when the run needs no engine any more, 1 when this one could not go on."""
    paths = RunPaths(Path(arguments[0]))
    # Held to the end: nobody takes the directory for one that was left behind.
    inherited()
    policy: Wish | None = msgspec.json.decode(arguments[1], type=Wish) if len(arguments) > 1 else None
    try:
        # Before anything is written there: what another account has put down is not executed by this one.
        seen = require_own(paths)
    except NotOwned as error:
        report_failure(said_of(error), _REFUSED)
        return 1
    crashlog = CrashLog(paths.engine_log)
    crashlog.install()
    try:
        lock = EngineLock.acquire(paths)
    except (EngineRunning, OSError) as error:
        report_failure(said_of(error))
        return 1
    try:
        with lock:
            environment = {key: value for key, value in os.environ.items() if key != "VIRADA_READY_FD"}
            with without_service_variable():
                asyncio.run(_serve(paths, policy, lock, crashlog, environment, seen))
    except CannotStart as error:
        report_failure(said_of(error), error.exit_code)
        return 1
    except NotOwned as error:
        report_failure(said_of(error), _REFUSED)
        return 1
    except JournalError as error:
        crashlog.line(str(error))
        report_failure(said_of(error))
        return 1
    except Exception as error:
        crashlog.exception(error, "the engine")
        report_failure(said(error) or type(error).__name__)
        return 1
    return 0


async def _serve(
    paths: RunPaths, policy: Wish | None, lock: EngineLock, crashlog: CrashLog, environment: dict[str, str], seen: Seen
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(crashlog.asyncio_handler)
    told: tuple[str | Said, ...] = ()
    if paths.journal.exists():
        recorder, target = await _take_up(paths, policy, environment)
        if require_own(paths) != seen:
            raise CannotStart(Said("The run {run} was replaced while it was taken up.", run=paths.id), _REFUSED)
    else:
        recorder, target, told = await _open(paths, environment)
        told = (*told, *_told(recorder))
    crashlog.hide(lambda text: recorder.redactor.text(text))
    engine = Engine(recorder, paths, target, environment, crashlog)
    server = HelmServer(paths, engine.helm, lock=lock)
    engine.leaving = server.close
    await server.start()

    def ended() -> None:
        crashlog.line("ended by a signal; the run can be taken up again")
        engine.end()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended)
    # A terminal that goes away is nobody's business here.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    report_ready(told=[to_data(line) for line in told])
    try:
        await engine.run()
    finally:
        if recorder.state.closed is not None:
            # Socket and reserve go after it: an engine that is killed meanwhile leaves them, and with them the sign.
            sweep(paths)
        await server.close()
        await target.close()
        if recorder.state.closed is not None:
            recorder.writer.release_reserve()
        supervisor = recorder.supervisor
        recorder.close()
        if supervisor is not None and supervisor.problem is not None:
            crashlog.line(f"the head of the journal is not kept: {supervisor.problem}")


def _told(recorder: Recorder) -> list[str | Said]:
    """What whoever opens a run is told of others on its target."""
    opened = recorder.state.opened
    if opened is None or opened.demo is not None or not identified(opened.identity or {}):
        return []
    return [*beside(opened.others, None), UNSEEN]


def _starter() -> dict[str, str]:
    """The account that the engine runs as, and who had it started: the login the kernel knows, or what they say."""
    person = caller()
    return {"account": person.account, "by": person.label}


def _facts() -> dict[str, Any]:
    return {**identity(), "version": __version__, **_starter()}


async def _open(paths: RunPaths, environment: dict[str, str]) -> tuple[Recorder, TargetAccess, tuple[str | Said, ...]]:
    """A new run: its target is asked who it is, then `run.opened` is the journal's first line. The last of what comes
    back is what was found wrong and is no reason not to open it, in lines."""
    file = file_of(paths)
    try:
        opening = msgspec.json.decode(file.read_bytes(), type=OpeningOrder)
    except (OSError, msgspec.MsgspecError) as error:
        raise CannotStart(Said("{path} holds no run to open: {reason}.", path=file, reason=error)) from None
    opened = opening.opened
    _verify(paths, opened)
    target = TargetAccess(opened.id, opened.plan.targets[opened.target], environment)
    target.planned = opening.secrets or known_secrets(paths.plan, opened.seal)
    found = _Answer()
    sizes: DataSizes | None = None
    if target.target.dsn is not None or target.target.service is not None:
        try:
            found = await _ask(target, opening, paths.plan, environment)
            sizes = await measured(target, opening.touches.values())
        except CannotStart:
            await target.close()
            raise
    opened = msgspec.structs.replace(
        opened, identity=target.facts() or None, ledger=found.ledger, despite=found.despite,
        unmeasured=found.unmeasured,
        sizes=None if sizes is None else Sizes(relations=sizes.relations, database=sizes.database),
    )  # fmt: skip
    opened = compared(opened, opening.past, opening.touches, () if sizes is None else sizes.functions)
    try:
        recorder = await _admitted(paths, target, opened, opening.by)
    except CannotStart:
        await target.close()
        raise
    recorder.supervisor = HeadKeeper(opened.id, recorder.writer.head, environment)
    recorder.supervisor.note(recorder.writer.seq, recorder.writer.head, recorder.state.at)
    file.unlink(missing_ok=True)
    return recorder, target, found.told


async def _admitted(paths: RunPaths, target: TargetAccess, opened: RunOpened, by: str) -> Recorder:
    """The journal begins, unless another run is in the way on the target. Raises CannotStart."""
    if not identified(target.facts()):
        return _begin(paths, target, opened, by)
    runs = paths.directory.parent
    try:
        control = await target.control()
        async with OpeningTurn(target, control, runs, beside=opened.beside is not None):
            if changes_something(opened.plan):
                # Before it looks, so that of two hosts one sees the other.
                await target.presence.show()
            others = await look(target, control, runs, opened.id, patient=opened.beside is None)
            lines = refusal(others)
            if lines and opened.beside is None:
                raise CannotStart(Joined(lines, "\n"), _REFUSED)
            target.presence.cleared = control
            return _begin(paths, target, msgspec.structs.replace(opened, others=others), by)
    except InTheWay as error:
        raise CannotStart(said_of(error), _REFUSED) from None
    except PostgresError as error:
        message = N_("The target {target} cannot be reached: {reason}")
        raise CannotStart(Said(message, target=opened.target, reason=error.message), _REFUSED) from None


def _begin(paths: RunPaths, target: TargetAccess, opened: RunOpened, by: str) -> Recorder:
    """The journal with its first line, durable."""
    clock = RunClock.start()
    writer = JournalWriter.create(paths.journal, clock)
    recorder = Recorder(writer, RunState(), Redactor(target.secrets()))
    recorder.planned = target.planned
    recorder.append(msgspec.structs.replace(opened, clock=clock.anchor(), engine=_facts()), by=by)
    return recorder


class _Answer(msgspec.Struct, frozen=True):
    """What the target said before a run: whether a ledger may protect the steps, the codes of errors in spite of which
    the run opens, the places of the criteria that nothing measures there, and everything that was found, in lines."""

    ledger: bool = False
    despite: tuple[str, ...] = ()
    unmeasured: tuple[int, ...] = ()
    told: tuple[str | Said, ...] = ()


async def _ask(target: TargetAccess, opening: OpeningOrder, plan: Path, environment: dict[str, str]) -> _Answer:
    """Who the target is and whether it has what the plan needs. Raises CannotStart for every error that the run is not
    to open in spite of."""
    from tui.engine.preflight.findings import Findings
    from tui.engine.preflight.preflight import refusals, server_problems, window_problems
    from tui.postgres.evidence.ledger import ledger_state

    opened = opening.opened
    found = Findings(opening.source, opening.positions, opened.target)
    ledger = False
    if opening.source:
        window_problems(found, opened.plan, opened.target)
    try:
        control = await target.control()
        ledger = await ledger_state(control) == "present"
        if opening.source:
            sealed = SealedPlan(plan, opened.seal)
            files = {name: partial(sealed.read, name) for name in sealed.digests if name != PLAN_FILE}
            demo = opened.demo is not None
            await refusals(found, target, opened.plan, files, environment, work=opened.work, demo=demo)
        else:
            server_problems(found, target, opened.plan)
    except NotAsSealed as changed:
        raise _changed(opened, [how_it_differs(changed.name, changed.found)]) from None
    except PostgresError as error:
        message = N_("The target {target} cannot be reached: {reason}")
        found.add("error", Objection.TARGET_UNREACHABLE, Said(message, target=opened.target, reason=error.message))
    asked = frozenset(opened.despite) - NEVER_IN_SPITE
    refused = [problem for problem in found.errors if problem.code not in asked]
    if refused:
        raise CannotStart(_refusal_words(refused), _REFUSED)
    return _Answer(
        ledger, tuple(sorted({problem.code for problem in found.errors})), tuple(sorted(found.unmeasured)),
        tuple(problem.said for problem in found.problems[:_TOLD]),
    )  # fmt: skip


def _refusal_words(refused: list[Problem]) -> Said:
    codes = sorted({problem.code for problem in refused} - NEVER_IN_SPITE)
    lines = [problem.said for problem in refused]
    if codes and len(codes) == len({problem.code for problem in refused}):
        options = " ".join(f"--despite {code}" for code in codes)
        lines.append(Said("Nothing was started. To run in spite of it, which is recorded: {options}", options=options))
    else:
        lines.append(Said("Nothing was started."))
    return Joined(lines, "\n")


async def _take_up(paths: RunPaths, policy: Wish | None, environment: dict[str, str]) -> tuple[Recorder, TargetAccess]:
    """An open run: cut a torn tail, fold what is there, and say that another engine is at work. Refused where the
    journal does not hold the line that is known to have been durable."""
    lines: list[Line] = []

    def clock_of(recovered: Recovered) -> RunClock:
        lines.extend(read_all(paths.journal))
        last = recovered.last
        if last is None:
            raise CannotStart(Said("The journal {path} is empty: the run never opened.", path=paths.journal))
        begun = _last_begun(lines)
        anchor = None if begun is None else msgspec.json.decode(begun.data).get("clock")
        anchor = anchor if isinstance(anchor, dict) else None
        return RunClock.resume(last.mono, last.at, None if anchor is None else anchor.get("boot_id"), anchor)

    known = known_head(paths, environment)
    try:
        writer, recovered = JournalWriter.open(paths.journal, clock_of, noted=None if known is None else known.end)
    except JournalLost as error:
        assert known is not None
        raise CannotStart(lost_words(error, known, paths.id), _REFUSED) from None
    state = fold_all(lines)
    opened = state.opened
    if opened is None:
        raise CannotStart(Said("The journal {path} does not begin with an opened run.", path=paths.journal))
    if state.closed is not None:
        raise CannotStart(Said("The run {run} is closed ({outcome}).", run=opened.id, outcome=state.closed.outcome))
    try:
        settle(paths, state)
    except OSError as error:
        message = N_("The amended plan of {run} cannot be put in its place: {reason}.")
        raise CannotStart(Said(message, run=opened.id, reason=error.strerror or error)) from None
    _verify(paths, opened)
    found = approved(paths.plan, opened.seal)
    if found is not None:
        state = fold_all(_approved(lines, found.plan))
        opened = msgspec.structs.replace(opened, plan=found.plan)
    elif opened.private:
        raise CannotStart(Said("The frozen plan of {run} cannot be read by this version.", run=opened.id))
    target = TargetAccess(opened.id, opened.plan.targets[opened.target], environment)
    target.planned = of_plans_before(paths, state, Secrets() if found is None else found.secrets)
    # An engine that began behind the line that is kept here has kept its own elsewhere.
    begun = _last_begun(lines)
    end_known = known is not None and (known.end.seq or 0) >= (0 if begun is None else begun.seq)
    if not end_known:
        rows = await unrecorded(target, state)
        if rows:
            await target.close()
            writer.close()
            raise CannotStart(unrecorded_words(rows, opened.id, opened.target), _REFUSED)
    recorder = Recorder(writer, state, Redactor(target.secrets()))
    recorder.planned = target.planned
    file_of(paths).unlink(missing_ok=True)
    running = [(step.id, step.attempt) for step in state.steps if step.status == "running"]
    await patiently(partial(private_files.sweep, paths, running))
    recorder.supervisor = HeadKeeper(*named(paths)[:2], environment)
    recorder.append(
        RunRecovered(
            engine=_facts(), clock=writer.clock.anchor(), cut_bytes=recovered.cut_bytes, policy=wished(state, policy),
            end_known=end_known,
        )
    )  # fmt: skip
    return recorder, target


def _approved(lines: list[Line], plan: Plan) -> list[Line]:
    """The lines with the plan in force as it was approved, where the journal shows it without its secrets."""
    place = next((n for n in range(len(lines) - 1, 0, -1) if lines[n].type == RunAmended.TYPE), 0)
    event = decode(lines[place].type, lines[place].data)
    assert isinstance(event, RunOpened | RunAmended)
    return [*lines[:place], whole(lines[place], msgspec.structs.replace(event, plan=plan)), *lines[place + 1 :]]


def _verify(paths: RunPaths, opened: RunOpened) -> None:
    """Raises CannotStart where the frozen plan is not what was sealed."""
    from tui.plan.freeze import verify_seal

    changed = verify_seal(paths.plan, opened.seal)
    if changed:
        raise _changed(opened, changed)


def _changed(opened: RunOpened, what: list[Said]) -> CannotStart:
    message = N_("The frozen plan of {run} was changed ({what}); nothing is executed from it.")
    return CannotStart(Said(message, run=opened.id, what=what))


def _last_begun(lines: list[Line]) -> Line | None:
    """The line with which the last engine began."""
    return next((line for line in reversed(lines) if class_of(line.type).ENGINE), None)
