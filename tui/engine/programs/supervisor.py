"""Runs one child and writes down how it ended, so that this can be known after the engine itself is gone.

Executed as a file of its own by an isolated interpreter without site packages; therefore it imports almost nothing, and
nothing of this project. Arguments: where the status goes (an absolute path), user id and group id or `-`, then the
command, its program as a path. Or `--wait`: it is told all that later, through the socket that is its input (see
`supervisors.py`). The status file is there before the child, with room for what will be written into it,
so that a disk that fills up meanwhile keeps nothing from being told. After the child has ended it says, durably, `0` to
`255`, or `-N` for signal N, or `unstarted N` where the command could not be executed; as long as it says anything else
the status is unknown. How the supervisor itself ends tells nothing: its interpreter has exit statuses of its own.

The command may run as another account; the supervisor stays with the engine's, out of the reach of what it runs.
"""

from __future__ import annotations

# `signal` would double the time that starting takes, for the names of its constants.
import _signal as signal  # type: ignore[import-not-found]
import os
import sys
import time

NOT_EXECUTABLE = 126
_TEXT_BUSY, _TRIES, _PAUSE = 26, 40, 0.05
NOT_FOUND = 127
LENGTH = 16
"""Bytes of a status file, from its beginning on."""
# They must not end the supervisor before the child; the child gets its defaults back.
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
# The interpreter ignores these by itself, which the child must not inherit.
_DESCRIPTORS = 16
"""More than any program is given."""
_RESTORED = (*_IGNORED, signal.SIGPIPE, signal.SIGXFSZ)


def main(
    status_path: str | bytes, uid: str, gid: str, argv: list[str], environment: dict[bytes, bytes] | None = None
) -> int:
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    file = os.open(status_path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    # Closed by the very act of executing the command; what comes through it is that this could not be done.
    failed, failing = os.pipe()
    child = os.fork()
    if child == 0:
        _become(uid, gid, argv, environment, failing)
    os.close(failing)
    unstarted = os.read(failed, 1) != b""
    _pid, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    try:
        _write(file, status_path, f"unstarted {code}" if unstarted else str(code))
    except OSError as error:
        _complain(f"virada: the exit status {code} could not be written down: {error}\n".encode())
    if code < 0:
        # The same end for whoever waits for the supervisor, but no second core dump.
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _complain(text: bytes) -> None:
    """Where the output goes, as far as it goes there: the disk may be full."""
    try:
        os.write(2, text)
    except OSError:
        return


def _become(uid: str, gid: str, argv: list[str], environment: dict[bytes, bytes] | None, failing: int) -> None:
    """Turns the forked process into the command; never returns."""
    code = NOT_EXECUTABLE
    try:
        environment = _environment() if environment is None else environment
        for number in _RESTORED:
            signal.signal(number, signal.SIG_DFL)
        if gid != "-":
            os.setgroups([int(gid)])
            os.setgid(int(gid))
        if uid != "-":
            os.setuid(int(uid))
        _execute(argv, environment)
    except FileNotFoundError as error:
        code = NOT_FOUND
        _complain(f"virada: {argv[0]}: {error.strerror}\n".encode("utf-8", "surrogateescape"))
    except BaseException as error:
        _complain(f"virada: {argv[0]}: {error}\n".encode("utf-8", "surrogateescape"))
    finally:
        os.write(failing, b"!")
        os._exit(code)


def _execute(argv: list[str], environment: dict[bytes, bytes]) -> None:
    """A program that was written a moment ago may still be open for that in a process that is about to be another."""
    for _try in range(_TRIES):
        try:
            os.execve(argv[0], argv, environment)
        except OSError as error:
            if error.errno != _TEXT_BUSY:
                raise
        time.sleep(_PAUSE)
    os.execve(argv[0], argv, environment)


def _environment() -> dict[bytes, bytes]:
    """As it was given: the interpreter adds a locale of its own to what os.environ says."""
    with open("/proc/self/environ", "rb") as file:  # noqa: PTH123 - see below
        pairs = (item.partition(b"=") for item in file.read().split(b"\0") if item)
        return {name: value for name, _equals, value in pairs}


def _write(file: int, path: str | bytes, said: str) -> None:
    os.pwrite(file, said.encode().ljust(LENGTH - 1) + b"\n", 0)
    os.fsync(file)
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120 - pathlib would cost time
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _place(wanted: dict[int, int]) -> None:
    """Give these descriptors their numbers, though one may have the number of another."""
    numbers = set(wanted.values())
    sources = {}
    for source, number in wanted.items():
        while source in numbers and source != number:
            source = os.dup(source)
        sources[number] = source
    for number, source in sources.items():
        if source == number:
            os.set_inheritable(number, True)
        else:
            os.dup2(source, number)
            os.close(source)


def _told() -> tuple[bytes, list[str], dict[bytes, bytes]]:
    """What to run, from the socket that is the input; ends the supervisor where its engine does before that.

    From here on the input is empty, and the program's descriptors have the numbers that they are to have."""
    # Without `socket`, whose names would take longer than all the rest.
    import _socket
    import marshal

    said = _socket.socket(fileno=os.dup(0))
    head, handed, _flags, _address = said.recvmsg(8, _socket.CMSG_SPACE(4 * _DESCRIPTORS))
    told = b""
    while len(head) == 8 and len(told) < int.from_bytes(head, "big"):
        part = said.recv(1 << 20)
        if not part:
            break
        told += part
    if len(head) < 8 or len(told) < int.from_bytes(head, "big"):
        os._exit(0)
    status_path, argv, environment, directory, numbers = marshal.loads(told)
    descriptors = [
        int.from_bytes(data[at : at + 4], sys.byteorder) for _, _, data in handed for at in range(0, len(data), 4)
    ]
    # Its number may be one that the program is to have.
    answering = said.detach()
    while answering in numbers:
        answering = os.dup(answering)
    _place({os.open("/dev/null", os.O_RDONLY): 0, **dict(zip(descriptors, (1, *numbers), strict=True))})
    os.dup2(1, 2)
    said = _socket.socket(fileno=answering)
    try:
        os.chdir(directory)
        failed = 0
    except OSError as error:
        failed = error.errno or 1
    said.sendall(failed.to_bytes(4, "big"))
    if failed:
        os._exit(0)
    said.close()
    return status_path, [os.fsdecode(word) for word in argv], environment


if __name__ == "__main__":
    if sys.argv[1] == "--wait":
        status_path, argv, environment = _told()
        status = main(status_path, "-", "-", argv, environment)
    else:
        status = main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
    # Nothing is left to be tidied up, so the interpreter does not.
    os._exit(status)
