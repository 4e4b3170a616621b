"""Started as a script by `tui.engine.process.detach`: becomes nobody's child and then the given program.

Usage: daemonize.py READY_FD PROGRAM [ARG...]. Imports nothing but the standard library, because it runs for every start
before anything else does. Its first line on READY_FD is {"pid": N}, or {"error": "..."} when the program is not there.
"""

import json
import os
import signal
import sys


def main(ready: int, argv: list[str]) -> None:
    # The caller made this process the leader of a new session; its child is none, and can thus never come to own a
    # terminal again. When this process ends the child belongs to init, whatever becomes of the caller.
    if os.fork():
        os._exit(0)
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                pass
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.write(ready, json.dumps({"pid": os.getpid()}).encode() + b"\n")
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(ready, json.dumps({"error": f"{argv[0]}: {error.strerror}"}).encode() + b"\n")
        os._exit(127)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
