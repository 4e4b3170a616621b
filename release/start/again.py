"""Starts virada from where its file was unpacked; that file is the first argument.

It lies there as `start.py` and saves a start the reading of the file. Whether it may be believed is asked as before,
and where something is missing the file is started after all. Any Python 3 reads this.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.abspath(sys.argv.pop(1))


def start():
    if (3, 11) <= sys.version_info[:2] <= (3, 14) and sys.implementation.name == "cpython" and "t" not in sys.abiflags:
        try:
            from tui.onefile import held
            from tui.onefile.places import ready

            whole = ready(os.path.basename(ROOT)) == ROOT
        except ImportError:
            whole = False
        if whole:
            sys.argv[0] = FILE
            held.hold(FILE)
            from tui.cli.main import main

            return main()
    return os.execv(sys.executable, [sys.executable, FILE] + sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
