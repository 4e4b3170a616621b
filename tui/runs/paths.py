"""Where runs lie on disk, and how a person's word for a run becomes its directory: an id, a unique prefix, a path,
`last`, or nothing at all. Importable by everyone.

Modes are set whatever the umask, the group is inherited from the directory above, and nothing here follows a link
inside the state directory: in a shared `runs/` other accounts may create names.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.files import DIRECTORY, closing, open_regular, reading
from tui.journal.io import lines_backwards
from tui.said import N_, Said

SYSTEM_HOME = Path("/var/lib/virada")
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")
DIRECTORY_MODE = 0o2750
_SHOWN = 5


class RunExists(Exception):
    """The directory of a new run is there already."""


class RunError(Exception):
    """A run that cannot be named; the text is one sentence for people."""


class RunNotFound(RunError):
    pass


class RunNotPermitted(RunNotFound):
    """The operating system does not let the caller read it."""


class AmbiguousRun(RunError):
    """Several runs fit."""


class RunPaths(Struct, frozen=True):
    """The files of one run. `journal_file` is set where only a journal is there, copied away from its run; `claimed` is
    the account that root names as the run's owner, to have it gone on with under that account."""

    directory: Path
    journal_file: Path | None = None
    claimed: str | None = None

    @property
    def id(self) -> str:
        """The run's id by its directory's name; of a journal alone the file's name (its id stands in `run.opened`)."""
        return self.directory.name if self.journal_file is None else self.journal_file.name

    @property
    def alone(self) -> bool:
        """Only a journal: nothing to command, no engine, no output."""
        return self.journal_file is not None

    @property
    def journal(self) -> Path:
        return self.directory / "journal.jsonl" if self.journal_file is None else self.journal_file

    @property
    def plan(self) -> Path:
        return self.directory / "plan"

    @property
    def output(self) -> Path:
        return self.directory / "output"

    @property
    def artifacts(self) -> Path:
        return self.directory / "artifacts"

    @property
    def helm_socket(self) -> Path:
        return self.directory / "helm.sock"

    @property
    def engine_lock(self) -> Path:
        return self.directory / "engine.lock"

    @property
    def engine_log(self) -> Path:
        return self.directory / "engine.log"


def home() -> Path:
    """The state directory: `$VIRADA_HOME`, else the machine's where the caller may use it, else the caller's own."""
    configured = os.environ.get("VIRADA_HOME")
    if configured:
        return Path(configured).absolute()
    if SYSTEM_HOME.is_dir() and (os.access(SYSTEM_HOME, os.R_OK) or os.access(SYSTEM_HOME, os.W_OK)):
        return SYSTEM_HOME
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return base / "virada"


def runs_directory() -> Path:
    return home() / "runs"


def new_run_id(now: datetime) -> str:
    """An id that sorts by time, such as `20261122T060300Z-7f3a`; `now` is aware of its time zone.

    The last four digits are the fraction of the second, so that two runs of one second sort by time as well.
    """
    fraction = now.microsecond * 0x10000 // 1_000_000
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{fraction:04x}"


def create_run_directory(run_id: str) -> RunPaths:
    """The directory of a new run with `plan/`, `output/` and `artifacts/`, made together with what is missing above.

    Raises RunExists, ValueError for a malformed id, and OSError as the operating system says it.
    """
    if not RUN_ID.fullmatch(run_id):
        raise ValueError(f"not a run id: {run_id!r}")
    base = home()
    _make_above(base.parent)
    with (
        closing(os.open(base.parent, DIRECTORY)) as above,
        _made(above, base.name, exist=True, follow=True) as top,
        _made(top, "runs", exist=True) as runs,
        _made(runs, run_id) as run,
    ):
        for name in ("plan", "output", "artifacts"):
            with _made(run, name):
                pass
        os.fsync(run)
        os.fsync(runs)
    return RunPaths(base / "runs" / run_id)


def list_runs(directory: Path | None = None) -> tuple[RunPaths, ...]:
    """All runs the caller can see, newest first by id. Raises PermissionError where `runs/` may not be listed."""
    directory = directory or runs_directory()
    try:
        with os.scandir(directory) as entries:
            names = [e.name for e in entries if RUN_ID.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return ()
    return tuple(RunPaths(directory / name) for name in sorted(names, reverse=True))


class _Line(Struct, frozen=True):
    type: str = ""


class _Opened(Struct, frozen=True):
    id: str = ""


class _First(_Line, frozen=True):
    data: _Opened = _Opened()


def find_run(text: str | None, open_only: bool = False, own: bool = False) -> RunPaths:
    """The run that `text` means: an id, a unique prefix, a path to a run's directory or to a journal file, `last`
    (the newest by id), or with None the newest open run. With `open_only` a closed run is not found. With `own`, for
    what goes on with a run, the newest is this account's, and a prefix means one of its runs where it fits one.

    Raises RunNotFound (RunNotPermitted where the operating system refuses) and AmbiguousRun.
    """
    if text is None:
        return _newest(open_only=True, own=own)
    if text == "last":
        return _newest(open_only, own)
    run = _by_path(text) if "/" in text else _by_id(text, open_only, own)
    if open_only and not is_open(run):
        closed = last_type(run.journal) is not None
        message = N_("The run {run} is closed.") if closed else N_("The run {run} has no journal that can be read.")
        raise RunNotFound(Said(message, run=run.id))
    return run


def owner_uid(run: RunPaths) -> int:
    """The account that the run's directory, or the journal that is alone, belongs to. Raises OSError."""
    return (run.journal if run.alone else run.directory).lstat().st_uid


def is_own(run: RunPaths) -> bool:
    """Whether directory and journal are this account's; `tui.runs.owner` says what else going on with it takes."""
    try:
        journal = run.journal.lstat()
        return stat.S_ISREG(journal.st_mode) and {owner_uid(run), journal.st_uid} == {os.geteuid()}
    except OSError:
        return False


def _is_closed_to_us(run: RunPaths) -> bool:
    """Whether this account may not look whether there is a journal, or may not read it."""
    try:
        os.close(open_regular(run.journal))
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def is_open(run: RunPaths) -> bool:
    """Whether the last complete line of the journal is there and does not close the run."""
    return last_type(run.journal) not in (None, "run.closed")


def last_type(journal: Path) -> str | None:
    """The `type` of the last complete line; None without one or where it may not be read, empty where it is damaged."""
    try:
        with reading(journal) as fd:
            last = next(lines_backwards(fd, os.fstat(fd).st_size), None)
    except OSError:
        return None
    if last is None:
        return None
    try:
        return msgspec.json.decode(last[1], type=_Line).type
    except msgspec.MsgspecError:
        return ""


def opened_id(first: bytes | None) -> str | None:
    """The run's id as the journal's first line has it; None where there is no such line, or it opens no run."""
    try:
        line = msgspec.json.decode(first or b"", type=_First)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return line.data.id if line.type == "run.opened" else None


def _all_runs() -> tuple[RunPaths, ...]:
    try:
        return list_runs()
    except OSError as error:
        message = N_("The runs in {directory} cannot be listed: {reason}.")
        raise RunNotPermitted(Said(message, directory=runs_directory(), reason=error.strerror)) from error


def _newest(open_only: bool, own: bool) -> RunPaths:
    runs = [run for run in _all_runs() if not own or is_own(run)]
    # A directory in which no run has opened is no run; one that may not be read comes behind all that may.
    found = next((run for run in runs if last_type(run.journal) is not None and (not open_only or is_open(run))), None)
    if found is not None:
        return found
    runs = [run for run in runs if last_type(run.journal) is not None or _is_closed_to_us(run)]
    if not runs:
        raise RunNotFound(Said("There is no run in {directory}.", directory=runs_directory()))
    if not open_only:
        return runs[0]
    message = N_("There is no open run in {directory}; the newest one is closed, and its name is: last")
    raise RunNotFound(Said(message, directory=runs_directory()))


def _by_id(text: str, open_only: bool, own: bool) -> RunPaths:
    found = [run for run in _all_runs() if text and run.id.startswith(text)]
    exact = [run for run in found if run.id == text]
    if exact:
        return exact[0]
    if own:
        # What others have put down makes no prefix ambiguous.
        found = [run for run in found if is_own(run)] or found
    if len(found) > 1 and open_only:
        found = [run for run in found if is_open(run)] or found
    if len(found) == 1:
        return found[0]
    if found:
        candidates = tuple(run.id for run in found)
        shown = ", ".join(candidates[:_SHOWN]) + (", ..." if len(candidates) > _SHOWN else "")
        message = N_("{text} fits {count} runs: {runs}. Give more of the id.")
        raise AmbiguousRun(Said(message, text=text, count=len(found), runs=shown))
    if text and os.path.lexists(text):
        return _by_path(text)
    raise RunNotFound(Said("There is no run {text} in {directory}.", text=repr(text), directory=runs_directory()))


def _by_path(text: str) -> RunPaths:
    path = Path(text).absolute()
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) and path.is_dir():
            path = path.resolve()
            mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            path = path.resolve()
            journal = path / "journal.jsonl"
            if stat.S_ISREG(journal.lstat().st_mode):
                return RunPaths(path) if _is_run(path) else RunPaths(path, journal)
        if stat.S_ISREG(mode):
            path = path.resolve()
            in_run = path.name == "journal.jsonl" and _is_run(path.parent)
            return RunPaths(path.parent) if in_run else RunPaths(path.parent, path)
    except PermissionError as error:
        raise RunNotPermitted(Said("{path} may not be read by this account.", path=path)) from error
    except FileNotFoundError as error:
        if path.is_dir():
            message = N_("{path} is not the directory of a run: it has no journal.jsonl.")
        else:
            message = N_("There is no {path}.")
        raise RunNotFound(Said(message, path=path)) from error
    except OSError as error:
        said = Said("{path} cannot be read: {reason}.", path=path, reason=error.strerror)
        raise RunNotFound(said) from error
    raise RunNotFound(Said("{path} is neither the directory of a run nor a journal file.", path=path))


def _is_run(directory: Path) -> bool:
    """A run's own directory, as opposed to one into which a journal was copied."""
    return RUN_ID.fullmatch(directory.name) is not None or (directory / "engine.lock").exists()


def _make_above(path: Path) -> None:
    """The directories above the state directory, as the umask has them but never writable for others."""
    if not path.is_dir():
        _make_above(path.parent)
        try:
            path.mkdir(0o755)
        except FileExistsError:
            if not path.is_dir():
                raise


@contextmanager
def _made(above: int, name: str, exist: bool = False, follow: bool = False) -> Iterator[int]:
    """A descriptor of the directory `name`, new with mode 2750, or with `exist` as it is."""
    made = True
    # Under an open umask a set-group-ID parent gives its group and bit to the new directory at once. fchmod alone
    # cannot restore that bit where the account is no member of the group.
    umask = os.umask(0)
    try:
        os.mkdir(name, DIRECTORY_MODE & 0o777, dir_fd=above)
    except FileExistsError as error:
        if not exist:
            raise RunExists(f"{name} is there already") from error
        made = False
    finally:
        os.umask(umask)
    with closing(os.open(name, DIRECTORY | (0 if follow else os.O_NOFOLLOW), dir_fd=above)) as fd:
        if made and stat.S_IMODE(os.fstat(fd).st_mode) != DIRECTORY_MODE:
            os.fchmod(fd, DIRECTORY_MODE)
        yield fd
