"""A plan that was made, and its files, put where nothing is yet: looked through by the loader first, written whole."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.cli.exit import Exit, Stop
from tui.cli.output import tell
from tui.said import N_, Said, said_of

if TYPE_CHECKING:
    from tui.importer.imported import Imported


IN_THE_WAY = N_("{file} is there already and is not written over; name another place with -o, or say --force.")


def free(plan: Path, *, force: bool) -> None:
    """Raises Stop where a plan is there already, before anything is asked or read."""
    if os.path.lexists(plan) and not force:
        raise Stop(Said(IN_THE_WAY, file=str(plan)), Exit.USAGE)


def put_files(made: Imported, plan: Path, *, force: bool) -> list[Path]:
    """Write what was made; returns what was written, the plan first. Raises Stop: a file is in the way, or the loader
    refuses the plan."""
    wanted = {plan: made.plan.encode(), **{plan.parent / name: content for name, content in made.files.items()}}
    wanted = {path: content for path, content in wanted.items() if not _holds(path, content)}
    for path in wanted:
        if os.path.lexists(path) and not force:
            raise Stop(Said(IN_THE_WAY, file=str(path)), Exit.USAGE)
    look_through(made, plan)
    for path, content in wanted.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content, force=force)
        except OSError as error:
            raise Stop(said_of(error), Exit.FAILED) from error
    return [plan, *(path for path in wanted if path != plan)]


def look_through(made: Imported, plan: Path) -> None:
    """Have the loader read it before anything is written. Raises Stop with every error."""
    from tui.plan.loader import load
    from tui.steps.registry import KINDS

    with tempfile.TemporaryDirectory(prefix="virada-init-") as name:
        place = Path(name, plan.name)
        place.write_bytes(made.plan.encode())
        for file, content in made.files.items():
            path = Path(name, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        loaded = load(place, KINDS)
    if loaded.plan is None:
        for problem in loaded.errors:
            tell(replace(problem, file=_shown(problem.file, Path(name), plan)).said)
        raise Stop(Said("The plan that comes of it is not valid, and nothing was written."), Exit.USAGE)


def _shown(file: str, there: Path, plan: Path) -> str:
    """The name that a file will have, of the one that was looked through."""
    path = Path(file)
    return str(plan.parent / path.relative_to(there)) if path.is_relative_to(there) else file


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _write(path: Path, content: bytes, *, force: bool) -> None:
    """As a whole or not at all; what came meanwhile is not written over without `force`."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        half.write_bytes(content)
        if force:
            half.replace(path)
        else:
            os.link(half, path)
    finally:
        half.unlink(missing_ok=True)
