"""The N-th call of a kind that this process makes on a run's files fails: EIO, ENOSPC, EMFILE where nobody expects it.

For an engine in the test's own process (`tests.engine.rig`). Counted are the calls on files below `root`, whoever makes
them, the threads of spool and journal included; where descriptors run out (EMFILE), all that would need one.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Operation = Literal["open", "write", "sync", "name"]
CALLS: dict[Operation, tuple[str, ...]] = {
    "open": ("open", "pipe"),
    "write": ("write", "pwrite", "ftruncate", "posix_fallocate"),
    "sync": ("fsync", "fdatasync"),
    "name": ("mkdir", "unlink", "chmod", "fchmod", "rename"),
}


class Failing:
    """While entered, call number `at` (from 1) of `operation` fails with `number`, and `times` - 1 after it."""

    def __init__(self, root: Path, operation: Operation, number: int, at: int, times: int = 1) -> None:
        self.count = 0
        self.failed: list[str] = []
        """What was done when it failed: the call and its file."""
        self._root = str(root)
        self._operation: Operation = operation
        self._number = number
        self._at = at
        self._times = times
        self._lock = threading.Lock()
        self._kept: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> Failing:
        for name in CALLS[self._operation]:
            self._replace(os, name)
        if self._operation == "open":
            self._replace(io, "open")
            self._replace(builtins, "open")
        return self

    def __exit__(self, *_: object) -> None:
        while self._kept:
            module, name, original = self._kept.pop()
            setattr(module, name, original)

    def _replace(self, module: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        def call(*arguments: Any, **options: Any) -> Any:
            about = self._about(name, arguments)
            if about is not None:
                with self._lock:
                    self.count += 1
                    fails = self._at <= self.count < self._at + self._times
                if fails:
                    self.failed.append(f"{name} {about}")
                    raise OSError(self._number, os.strerror(self._number), about)
            return original(*arguments, **options)

        self._kept.append((module, name, original))
        setattr(module, name, call)

    def _about(self, name: str, arguments: tuple[Any, ...]) -> str | None:
        """The file that the call is about; None for one that is not counted."""
        if name == "pipe":
            return "pipe" if self._number == errno.EMFILE else None
        subject = arguments[0]
        if isinstance(subject, int):
            if name == "open":
                # A file object around a descriptor that is there already.
                return None
            try:
                path = str(Path(f"/proc/self/fd/{subject}").readlink())
            except OSError:
                return None
        else:
            path = os.fsdecode(subject)
        return path if path.startswith(self._root) or self._number == errno.EMFILE else None


class Raising:
    """While entered, call number `at` (from 1) of a method of one of the engine's classes raises `error`: before it has
    done anything, or behind what it did, whose result is lost."""

    def __init__(self, owner: type, method: str, at: int, error: Exception, *, behind: bool) -> None:
        self.count = 0
        self.failed: list[str] = []
        self._owner = owner
        self._method = method
        self._original: Callable[..., Any] = getattr(owner, method)
        self._at = at
        self._error = error
        self._behind = behind

    def __enter__(self) -> Raising:
        async def call(subject: Any, *arguments: Any, **options: Any) -> Any:
            self.count += 1
            hit = self.count == self._at
            if hit:
                self.failed.append(f"{self._method} {str(arguments[:1])[:200]}")
                if not self._behind:
                    raise self._error
            result = await self._original(subject, *arguments, **options)
            if hit:
                raise self._error
            return result

        setattr(self._owner, self._method, call)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(self._owner, self._method, self._original)


class FewDescriptors:
    """From `limit` until `relieve` no more than so many further descriptors are to be had: the kernel's own limit,
    which the libraries meet, too."""

    def __init__(self) -> None:
        self._before: tuple[int, int] | None = None

    def limit(self, more: int) -> None:
        spare = os.dup(2)
        os.close(spare)
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare + more, self._before[1]))

    def relieve(self) -> None:
        if self._before is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._before)
            self._before = None
