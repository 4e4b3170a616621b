"""What a process has of the file that it was started from: how parts of it are started, and made again when missing.

Of an installed program nothing of this applies, and every function answers so. The file itself is held open: while a
process lives, its own version can be had, whatever became of the file that was copied here and of the directory that it
was unpacked into.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final
from zipimport import zipimporter

from tui.onefile import places

_KEPT: Final = ".file"


class _Held:
    def __init__(self, root: str, descriptor: int) -> None:
        self.root = root
        self.descriptor = descriptor
        self.lock = threading.RLock()
        self.mending = False

    def mark(self) -> str:
        """What is there as long as nobody has cleared away."""
        return f"{self.root}/{places.WHOLE}{places.boot()}"


_held: _Held | None = None
_file: str | None = None


def hold(file: str | None = None) -> None:
    """From here on, for the life of this process. `file`: the one that was started, as an absolute path."""
    global _held, _file
    if file is not None and not file.startswith("/proc/"):
        _file = file
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if _held is not None:
        return
    try:
        descriptor = os.open(f"{root}/{_KEPT}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    with suppress(OSError):
        # Builds that nobody has are forgotten some day.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    _held = _Held(root, descriptor)
    sys.meta_path.append(_Missing(_held))


def file() -> Path | None:
    """The file that was started; None where the program is installed, and in parts of it."""
    return None if _file is None else Path(_file)


def whole(wanted: str | os.PathLike[str] | None = None) -> None:
    """Before a part is started or read: `wanted`, or what tells that all is there, is made again where it is gone.

    What cannot be made again stays missing, which whoever needs it says."""
    held = _held
    if held is None or (os.path.exists(held.mark()) and (wanted is None or os.path.exists(wanted))):
        return
    with held.lock:
        # Another thread may have been at it.
        if not (os.path.exists(held.mark()) and (wanted is None or os.path.exists(wanted))):
            _mend(held)


def part(module: str) -> tuple[list[str], tuple[int, ...]]:
    """How another account starts a module of this program, which may not read where it is unpacked: what stands behind
    the interpreter, and the descriptor to be handed on."""
    if _held is None:
        return ["-m", module], ()
    return [f"/proc/self/fd/{_held.descriptor}", "-m", module], (_held.descriptor,)


def is_held() -> bool:
    """Whether this process comes from a file."""
    return _held is not None


def _mend(held: _Held) -> None:
    if held.mending:
        # What mends has asked for something itself.
        return
    held.mending = True
    itself = f"/proc/self/fd/{held.descriptor}"
    try:
        from importlib.util import module_from_spec

        # What mends is taken from there as well: here it may be among what is missing.
        found = zipimporter(f"{itself}/tui/onefile").find_spec("unpacked")
        assert found is not None and found.loader is not None
        unpacked = module_from_spec(found)
        found.loader.exec_module(unpacked)
        with open(itself, "rb") as source:
            unpacked.restore(source, Path(held.root))
        Path(held.mark()).touch(mode=0o600)
    except Exception:
        # No room, no right, a directory of somebody else's in its place: what is missing is told where it is needed.
        pass
    finally:
        held.mending = False


class _Missing:
    """Asked for a module that nobody else has found: it may have been there when the process began."""

    def __init__(self, held: _Held) -> None:
        self._held = held
        # Many a module that is nowhere is only tried for: what is not among these is none of ours.
        self._own = {name.partition(".")[0] for name in os.listdir(held.root)}
        self._all: frozenset[str] | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        held = self._held
        if fullname.partition(".")[0] not in self._own or not self._is_there(fullname):
            return None
        with held.lock:
            _mend(held)
        importlib.invalidate_caches()
        return PathFinder.find_spec(fullname, path, target)

    def _is_there(self, module: str) -> bool:
        """Whether the file has it: many a module is only tried for."""
        if self._all is None:
            self._all = _names(self._held)
        place = module.replace(".", "/")
        return f"{place}.py" in self._all or f"{place}/__init__.py" in self._all


def _names(held: _Held) -> frozenset[str]:
    import io
    import zipfile

    try:
        with zipfile.ZipFile(f"/proc/self/fd/{held.descriptor}") as outer:
            inner = io.BytesIO(outer.read("program.zip"))
        with zipfile.ZipFile(inner) as archive:
            return frozenset(archive.namelist())
    except (OSError, zipfile.BadZipFile, KeyError):
        return frozenset()
