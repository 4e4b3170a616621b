"""Unix sockets in directories of any depth.

An address of a Unix socket has 107 bytes. The directory is therefore opened and the socket named through
`/proc/self/fd/N/helm.sock`; without /proc the process steps into the directory for the moment of the call.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from tui.files import closing

BACKLOG = 128
_chdir_lock = threading.Lock()
_FDS = Path("/proc/self/fd")
_UCRED = "iII"
_SO_PEERPIDFD = 77
"""Of Linux 6.5 and later."""


def listen(path: Path, mode: int = 0o600, *, replace: bool = False) -> socket.socket:
    """A listening, non-blocking socket at `path`, which has `mode` from its first moment.

    A socket left there is removed only with `replace`, which is for the holder of the run's lock; anything that is not
    a socket never is. Raises OSError (FileExistsError where something is in the way).
    """
    with closing(_open_directory(path.parent)) as directory:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if replace:
                remove(path)
            os.fchmod(listener.fileno(), mode)
            umask = os.umask(0o777 & ~mode)
            try:
                _at(directory, path.name, listener.bind)
            except OSError as error:
                if os.path.lexists(path):
                    raise FileExistsError(error.errno, f"{path} is there already") from error
                raise
            finally:
                os.umask(umask)
            if stat.S_IMODE(os.stat(path.name, dir_fd=directory, follow_symlinks=False).st_mode) != mode:
                os.chmod(path.name, mode, dir_fd=directory)
            listener.listen(BACKLOG)
            listener.setblocking(False)
        except BaseException:
            listener.close()
            raise
    return listener


def connect(path: Path, timeout: float | None = None) -> socket.socket:
    """A connected socket. Raises OSError: ENOENT and ECONNREFUSED mean nobody listens, EACCES not permitted."""
    with closing(_open_directory(path.parent)) as directory:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            _at(directory, path.name, connection.connect)
        except BaseException:
            connection.close()
            raise
    return connection


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Process and user id of the other end, as the kernel noted them when it connected, or when it began to listen."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_UCRED))
    pid, uid, _group = struct.unpack(_UCRED, raw)
    return pid, uid


def pidfd_of_peer(connection: socket.socket) -> int:
    """A descriptor of the very process that connected, whoever has its number by now; to be closed by the caller.

    Where the kernel does not give it, it is of the process that has the number now. Raises ProcessLookupError where
    there is none.
    """
    try:
        return connection.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD)
    except OSError as error:
        if error.errno not in (errno.ENOPROTOOPT, errno.EOPNOTSUPP):
            raise ProcessLookupError(error.errno, error.strerror) from error
    try:
        return os.pidfd_open(peer_of(connection)[0])
    except (OSError, AttributeError) as error:
        raise ProcessLookupError(str(error)) from error


def remove(path: Path) -> None:
    """Remove a socket at `path`, where one is. Raises FileExistsError where something else lies there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(f"{path} is not a socket")
    path.unlink(missing_ok=True)


def _open_directory(path: Path) -> int:
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _at(directory: int, name: str, call: Callable[[str], None]) -> None:
    """`call` with an address for `name` in the open directory."""
    if (_FDS / str(directory)).exists():
        call(f"{_FDS}/{directory}/{name}")
        return
    with _chdir_lock, closing(os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)) as here:
        try:
            os.fchdir(directory)
            call(name)
        finally:
            os.fchdir(here)
