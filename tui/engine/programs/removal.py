"""A program's working directory removed, whatever the program made of it: directories that nobody may enter, a tree
deeper than any path, pipes, files of another account, something mounted. What cannot be removed stays, and keeps
nothing from going on; what lies behind a mount or a link is not touched.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final

from tui.files import DIRECTORY, closing

PATIENCE: Final = 5.0
"""Seconds for which a removal is waited for; it goes on beside what follows."""
_BATCH: Final = 10_000
_LOOK: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


async def patiently(work: Callable[[], object]) -> None:
    """Have it done in a thread, and wait for it a while."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.to_thread(work)), PATIENCE)


def remove(path: Path) -> bool:
    """Remove a directory with what is in it, as far as that can be done; whether it is gone. Raises nothing."""
    with suppress(OSError), closing(os.open(path.parent, DIRECTORY)) as above:
        _Removal(above).directory(path.name)
    return not os.path.lexists(path)


class _Removal:
    """Directories that are not empty are brought up to where the first one lies before they are emptied, so that no
    path becomes long and few of them are open at once."""

    def __init__(self, above: int) -> None:
        self._above = above
        self._mount = _mount(above)

    def directory(self, name: str) -> None:
        with self._inside(self._above, name) as top:
            if top is not None:
                self._empty(top)
        os.rmdir(name, dir_fd=self._above)

    def _empty(self, top: int) -> None:
        stuck: set[str] = set()
        while names := _names(top, stuck):
            stuck.update(name for name in names if not _unlinked(top, name) and not self._emptied(top, name))

    def _emptied(self, top: int, name: str) -> bool:
        """Whether a directory in `top` is gone; those in it are in `top` then."""
        try:
            with self._inside(top, name) as inner:
                if inner is None:
                    return False
                stuck: set[str] = set()
                while names := _names(inner, stuck):
                    stuck.update(child for child in names if not self._taken_out(inner, child, top))
            os.rmdir(name, dir_fd=top)
        except OSError:
            return False
        return True

    def _taken_out(self, inner: int, name: str, top: int) -> bool:
        if _unlinked(inner, name):
            return True
        try:
            with self._inside(inner, name) as found:
                if found is None:
                    return False
            os.rename(name, f"{name[:20]}.{secrets.token_hex(8)}", src_dir_fd=inner, dst_dir_fd=top)
        except OSError:
            return False
        return True

    @contextmanager
    def _inside(self, above: int, name: str) -> Iterator[int | None]:
        """A descriptor of a directory that may be listed and written to from here on; None for one behind a mount.
        Raises OSError."""
        with closing(os.open(name, _LOOK, dir_fd=above)) as looked:
            if _mount(looked) != self._mount:
                yield None
                return
            mode = stat.S_IMODE(os.fstat(looked).st_mode)
            if mode & 0o700 != 0o700:
                with suppress(OSError):
                    os.chmod(f"/proc/self/fd/{looked}", mode | 0o700)  # noqa: PTH101 - of the very directory
            listed = os.open(".", DIRECTORY, dir_fd=looked)
        with closing(listed):
            yield listed


def _names(directory: int, but: set[str]) -> list[str]:
    """Some of the names in a directory."""
    with os.scandir(directory) as entries:
        return list(islice((entry.name for entry in entries if entry.name not in but), _BATCH))


def _unlinked(directory: int, name: str) -> bool:
    """Whether it is gone: it was no directory, or an empty one."""
    for take in (os.unlink, os.rmdir):
        try:
            take(name, dir_fd=directory)
        except FileNotFoundError:
            return True
        except OSError:
            continue
        return True
    return False


def _mount(descriptor: int) -> str:
    """By what is mounted there: the same file system may be mounted at a second place."""
    with suppress(OSError):
        for line in Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii").splitlines():
            if line.startswith("mnt_id:"):
                return line
    return f"dev {os.fstat(descriptor).st_dev}"
