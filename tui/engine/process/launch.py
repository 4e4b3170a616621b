"""Starting an engine, detached: for a new run, and again for an open one. The command line calls these."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from tui import __version__
from tui.engine.lock import engine_facts
from tui.engine.process.detach import StartFailed, start_detached
from tui.engine.process.given import GIVEN
from tui.journal.events import OpenWindow, Policy, RunAmended, RunOpened, Wish
from tui.journal.line import JournalError
from tui.journal.reader import read_all
from tui.plan.freeze import FreezeError, freeze
from tui.plan.loader import Loaded
from tui.plan.model import Window
from tui.plan.secrets import Secrets
from tui.plan.window import resolve
from tui.run.clock import rfc3339
from tui.run.fold import fold_all
from tui.run.rehearsed import Past, changes_of, past_of
from tui.runs import opening
from tui.runs.owner import NotOwned, require_own
from tui.runs.paths import RunExists, RunPaths, create_run_directory, list_runs, new_run_id, runs_directory
from tui.runs.person import caller
from tui.said import N_, Said, from_data, said_of
from tui.sql.touched import LONGEST, Touches

_GONE_AGAIN = 20


class LaunchFailed(StartFailed):
    """No engine runs; the text says why in a sentence, `exit_code` is what the command ends with."""


class OpeningOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a new engine is told; removed as soon as `run.opened` stands in the journal."""

    opened: RunOpened
    by: str
    source: str = ""
    """The plan's file as it was named; without it only who answers is looked at."""
    secrets: Secrets | None = None
    """What the plan and its files hold; None where nobody has looked."""
    positions: dict[str, tuple[int, int]] = {}
    """Where in it the target, its criteria and its steps stand: what is found wrong at the target is told there."""
    past: tuple[Past, ...] = ()
    """Earlier runs of the same work, the newest first."""
    touches: dict[str, Touches] = {}
    """What its steps are about, by id."""


def open_run(
    loaded: Loaded,
    source: Path,
    target: str,
    *,
    mode: str = "rehearsal",
    policy: Policy | None = None,
    compress: float = 1.0,
    reason: str | None = None,
    declared: str | None = None,
    demo: str | None = None,
    opens: str | None = None,
    environment: Mapping[str, str] | None = None,
    despite: Sequence[str] = (),
    beside: str | None = None,
    tell: Callable[[str | Said], None] = lambda line: None,
) -> RunPaths:
    """Freeze the plan into a new run, start its engine, and return when `run.opened` is durable.

    `source`: the plan's file. `despite`: codes of what `check --on` calls errors that are no reason not to open the
    run. `beside`: why it opens although other runs are in the way on its target. `tell` is told what was found wrong
    and is no such reason. Raises LaunchFailed; a run that never opened leaves no directory behind.
    """
    # An engine, which needs of this module how a run is opened alone, starts without the reading of scripts.
    from tui.engine.preflight.advice import advice
    from tui.recording.earlier import left_by
    from tui.steps.registry import KINDS
    from tui.steps.touched import touched_by

    plan = loaded.plan
    if plan is None:
        raise LaunchFailed(Said("The plan has errors; nothing was started."), 2)
    now = datetime.now(UTC)
    chosen = plan.targets[target]
    try:
        person = caller(declared)
        window = None if chosen.window is None else open_window(chosen.window, now, compress, opens)
    except ValueError as error:
        raise LaunchFailed(said_of(error), 2) from None
    paths, held = _directory(now)
    try:
        frozen = freeze(loaded, source, paths.plan)
        left = left_by(plan.name, (earlier.journal for earlier in list_runs() if earlier.id != paths.id))
        opened = RunOpened(
            id=paths.id, plan=plan, seal=frozen.seal, work=frozen.work, target=target,
            environment=chosen.environment, mode="live" if mode == "live" else "rehearsal", window=window,
            policy=policy or Policy(), compress=compress, reason=reason, demo=demo,
            plan_file=source.name, engine={"version": __version__}, despite=tuple(despite), beside=beside,
            advice=advice(plan, partial(_small, paths.plan), KINDS), improvements=left.improvements,
            lessons=left.lessons,
        )  # fmt: skip
        opening_ = OpeningOrder(
            opened=opened, by=person.label, source=str(source), positions=_positions(loaded), secrets=loaded.secrets,
            past=learned(frozen.work), touches=touched_by(plan, partial(_small, paths.plan), KINDS),
        )  # fmt: skip
        opening.file_of(paths).write_bytes(msgspec.json.encode(opening_))
        for line in _start(paths, None, environment, held):
            tell(line)
    except LaunchFailed:
        if not paths.journal.exists() and not engine_facts(paths).alive:
            shutil.rmtree(paths.directory, ignore_errors=True)
        raise
    except FreezeError as error:
        shutil.rmtree(paths.directory, ignore_errors=True)
        raise LaunchFailed(said_of(error), 2) from None
    except OSError as error:
        shutil.rmtree(paths.directory, ignore_errors=True)
        message = N_("The run's directory {path} cannot be written: {reason}.")
        raise LaunchFailed(Said(message, path=paths.directory, reason=error.strerror)) from None
    finally:
        os.close(held)
    return paths


def _positions(loaded: Loaded) -> dict[str, tuple[int, int]]:
    """Those that what is found wrong at a target is told at."""
    kept = ("targets.", "success.", "steps.", "team.", "canary")
    return {path: at for path, at in loaded.positions.items() if path.startswith(kept) and path.count(".") <= 1}


def _small(plan: Path, name: str) -> str:
    """The text of a script of the frozen plan; a large one is not read to see what it is about. Raises OSError."""
    path = plan / name
    if path.stat().st_size > LONGEST:
        raise OSError(f"{name} is large")
    return path.read_text(encoding="utf-8")


def _directory(now: datetime) -> tuple[RunPaths, int]:
    """A new run's directory, and a descriptor that holds it; one that began in the very same instant has the id before
    it. Raises LaunchFailed."""
    gone = 0
    while True:
        run = new_run_id(now)
        try:
            paths = create_run_directory(run)
            return paths, opening.hold(paths)
        except RunExists:
            now += timedelta(microseconds=16)
        except (opening.Gone, OSError) as error:
            if isinstance(error, opening.Gone | FileNotFoundError) and gone < _GONE_AGAIN:
                # Another command of this account has taken it for one that was left behind.
                gone += 1
                continue
            message = N_("The run's directory {path} cannot be written: {reason}.")
            reason = error.strerror if isinstance(error, OSError) else error
            raise LaunchFailed(Said(message, path=runs_directory() / run, reason=reason)) from None


def resume_run(paths: RunPaths, *, policy: Wish | None = None, environment: Mapping[str, str] | None = None) -> None:
    """Start an engine for an open run whose engine is gone; nothing happens while one lives. Raises LaunchFailed."""
    try:
        require_own(paths)
    except NotOwned as error:
        raise LaunchFailed(said_of(error), 5) from None
    if engine_facts(paths).alive:
        return
    _start(paths, policy, environment)


def _start(
    paths: RunPaths, policy: Wish | None, environment: Mapping[str, str] | None, held: int | None = None
) -> list[str | Said]:
    """What the engine has found wrong and is no reason not to begin, in lines."""
    argv = [sys.executable, "-m", "tui.engine", str(paths.directory)]
    if policy is not None:
        argv.append(msgspec.json.encode(policy).decode())
    variables = {**os.environ, **(environment or {})}
    # A checkout is imported from where this package lies, whatever the engine's working directory is.
    root = str(Path(__file__).resolve().parents[3])
    # What is for this interpreter alone is not for the programs of the plan, which may be in Python themselves.
    variables[GIVEN] = json.dumps({name: variables.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")})
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (root, variables.get("PYTHONPATH"))))
    variables["PYTHONSAFEPATH"] = "1"
    if held is not None:
        variables[opening.HELD_FD] = str(held)
    # Files of a connection may be named from where the person stands; the engine stands elsewhere.
    with suppress(OSError):
        variables["PWD"] = str(Path.cwd())
    try:
        ready = start_detached(argv, paths.engine_log, variables, keep=held).ready
    except StartFailed as error:
        if engine_facts(paths).alive:
            # Somebody else was faster: the run has its engine.
            return []
        raise LaunchFailed(said_of(error), error.exit_code) from None
    return [from_data(line) for line in ready.get("told") or ()]


def open_window(window: Window, now: datetime, compress: float, opens: str | None = None) -> OpenWindow:
    """The window as instants. `opens` replaces the plan's; with compress N what is waited for comes N times sooner.

    Raises tui.plan.window.WindowError for a time that does not exist.
    """
    begins, _closes = resolve(window if opens is None else replace(window, opens=opens), now)
    if compress > 1 and begins > now:
        begins = now + (begins - now) / compress
    closes = begins + timedelta(seconds=window.duration + window.buffer)
    return OpenWindow(
        opens=rfc3339(begins.timestamp()), closes=rfc3339(closes.timestamp()), duration_s=window.duration,
        buffer_s=window.buffer, timezone=window.timezone,
    )  # fmt: skip


_RUNS = 20
"""Runs of the work that are looked through, and of all runs those that are for whether they were amended into it."""


def learned(work: str) -> tuple[Past, ...]:
    """The latest runs of this work that teach something, the newest first, however many others lie between them. Runs
    that cannot be read teach nothing."""
    from tui.recording.earlier import opening_of

    found: list[Past] = []
    looked = 0
    for place, paths in enumerate(list_runs()):
        opened = opening_of(paths.journal)
        same = opened is not None and opened.work == work
        looked += same
        if looked > _RUNS:
            break
        if not same and place >= _RUNS:
            continue
        try:
            lines = read_all(paths.journal)
            named = (line for line in lines if line.seq == 0 or line.type == RunAmended.TYPE)
            if not any(work.encode() in bytes(line.data) for line in named):
                continue
            state = fold_all(lines)
        except (OSError, JournalError, ValueError):
            continue
        known = state.opened is not None and state.opened.work == work
        past = past_of(state, changes_of(lines, state)) if known else None
        if past is not None:
            found.append(past)
    return tuple(found)
